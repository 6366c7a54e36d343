import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** What proc(5) tells of this process and those that it started; Linux only. */

export interface FoundProcess {
  pid: number;
  parent: number;
  /** At most 15 characters of it. */
  program: string;
}

/** All below `root`, at any depth. */
export function descendants(root = process.pid): FoundProcess[] {
  const all = readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((entry) => {
      try {
        const stat = readFileSync(`/proc/${entry}/stat`, 'utf8');
        const [, program, state, parent] = /^\d+ \((.*)\) (\S) (\d+)/s.exec(stat)!;
        return state === 'Z' ? [] : [{ pid: Number(entry), parent: Number(parent), program: program! }];
      } catch {
        return [];
      }
    });
  const found: FoundProcess[] = [];
  const visit = (of: number): void => {
    for (const one of all)
      if (one.parent === of) {
        found.push(one);
        visit(one.pid);
      }
  };
  visit(root);
  return found;
}

/** Below `root`, by the program's name. */
export function programs(name: string, root = process.pid): number[] {
  return descendants(root)
    .filter(({ program }) => program === name.slice(0, 15))
    .map(({ pid }) => pid);
}

/** Open files of a process, and how many of them are UDP sockets. */
export function openFiles(pid: number): { files: number; udp: number } {
  const inodes = new Set(
    ['udp', 'udp6'].flatMap((table) => {
      try {
        const lines = readFileSync(`/proc/${pid}/net/${table}`, 'utf8').trim().split('\n').slice(1);
        return lines.map((line) => line.trim().split(/\s+/)[9]!);
      } catch {
        return [];
      }
    }),
  );
  let files = 0;
  let udp = 0;
  try {
    for (const entry of readdirSync(`/proc/${pid}/fd`)) {
      files++;
      try {
        const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${entry}`))?.[1];
        if (inode !== undefined && inodes.has(inode)) udp++;
      } catch {
        // Closed meanwhile.
      }
    }
  } catch {
    // Gone meanwhile.
  }
  return { files, udp };
}
