import { readdirSync, readFileSync } from 'node:fs';

/** CPU of one process and of its living children, in seconds, from proc(5); Linux only. */
export interface TreeCpu {
  own: number;
  /** By the child's program name, e.g. `ffmpeg`. */
  children: Record<string, number>;
}

const TICKS_PER_SECOND = 100;

interface Stat {
  program: string;
  parent: number;
  /** utime + stime of proc(5). */
  seconds: number;
  /** Of children that have ended. */
  endedSeconds: number;
  residentBytes: number;
}

function statOf(pid: number): Stat | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const end = text.lastIndexOf(')');
    const fields = text.slice(end + 2).split(' ');
    return {
      program: text.slice(text.indexOf('(') + 1, end),
      parent: Number(fields[1]),
      seconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
      endedSeconds: (Number(fields[13]) + Number(fields[14])) / TICKS_PER_SECOND,
      residentBytes: Number(fields[21]) * 4096,
    };
  } catch {
    return null;
  }
}

export function treeCpu(pid: number): TreeCpu {
  const children: Record<string, number> = {};
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const stat = statOf(Number(entry));
    if (stat?.parent !== pid) continue;
    children[stat.program] = (children[stat.program] ?? 0) + stat.seconds;
  }
  return { own: statOf(pid)?.seconds ?? 0, children };
}

/** CPU seconds of a process and of all that it started, also of what has ended since; Linux only. */
export function descendantSeconds(pid: number): number {
  const stats = readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map((entry) => ({ pid: Number(entry), stat: statOf(Number(entry)) }));
  let sum = 0;
  const visit = (of: number): void => {
    for (const { pid: one, stat } of stats) {
      if (one === of) sum += (stat?.seconds ?? 0) + (stat?.endedSeconds ?? 0);
      else if (stat?.parent === of) visit(one);
    }
  };
  visit(pid);
  return sum;
}

/** Cores used between two readings `seconds` apart. */
export function coresBetween(before: TreeCpu, after: TreeCpu, seconds: number): TreeCpu {
  const children: Record<string, number> = {};
  for (const [program, value] of Object.entries(after.children)) {
    children[program] = Math.max(0, value - (before.children[program] ?? 0)) / seconds;
  }
  return { own: (after.own - before.own) / seconds, children };
}

export const residentMiB = (pid: number): number => (statOf(pid)?.residentBytes ?? 0) / 2 ** 20;
