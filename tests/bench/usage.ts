import { readFileSync } from 'node:fs';
import { descendants } from '../support/processes.ts';
import { residentMiB, treeCpu } from './process-cpu.ts';

/** CPU seconds and memory of a server's processes, by what they are; what several share is divided. Linux only. */
export type Usage = Record<string, { seconds: number; mib: number }>;

const KINDS: [RegExp, string][] = [
  [/^mediasoup/, 'media worker'],
  [/^ffmpeg/, 'ffmpeg'],
  [/^postgres/, 'database'],
  [/chrom|headless/i, 'browser'],
];

/** Of a process and everything below it. */
export function usageOf(root: number): Usage {
  const usage: Usage = {};
  const all = [{ pid: root, program: 'node' }, ...descendants(root)];
  for (const { pid, program } of all) {
    const kind = KINDS.find(([pattern]) => pattern.test(program))?.[1] ?? nodeKind(pid);
    const sum = usage[kind] ?? { seconds: 0, mib: 0 };
    usage[kind] = { seconds: sum.seconds + treeCpu(pid).own, mib: sum.mib + shareMiB(pid) };
  }
  return usage;
}

/** Cores by kind between two readings; memory as it is at the second. */
export function usedBetween(
  before: Usage,
  after: Usage,
  seconds: number,
): Record<string, { cores: number; mib: number }> {
  return Object.fromEntries(
    Object.entries(after).map(([kind, { seconds: used, mib }]) => [
      kind,
      { cores: Math.max(0, used - (before[kind]?.seconds ?? 0)) / seconds, mib },
    ]),
  );
}

function nodeKind(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('pipeline/main.ts') ? 'pipeline' : 'server';
  } catch {
    return 'server';
  }
}

/** Proportional set size of proc(5): twenty decoders have the same libraries. */
function shareMiB(pid: number): number {
  try {
    const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    return Number(/^Pss: +(\d+) kB/m.exec(rollup)?.[1] ?? 0) / 1024;
  } catch {
    return residentMiB(pid);
  }
}
