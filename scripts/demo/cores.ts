/** Processor time of this process and all that descend from it, from /proc: the server, its workers, ffmpeg. */
import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts in hundredths of a second towards programs, whatever the kernel does inside. */
const TICKS_PER_S = 100;

interface ProcessTimes {
  parent: number;
  ticks: number;
}

function readTimes(pid: string): ProcessTimes | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // the name in parentheses may hold anything; fields are counted after it
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const [utime = 0, stime = 0, cutime = 0, cstime = 0] = fields.slice(11, 15).map(Number);
    return { parent: Number(fields[1]), ticks: utime + stime + cutime + cstime };
  } catch {
    return null; // ended meanwhile
  }
}

/** @returns seconds of processor time so far; null where there is no /proc */
export function processorSeconds(root = process.pid): number | null {
  let pids: string[];
  try {
    pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return null;
  }
  const times = new Map<number, ProcessTimes>();
  for (const pid of pids) {
    const read = readTimes(pid);
    if (read) times.set(Number(pid), read);
  }
  let ticks = 0;
  for (const [pid, { ticks: own }] of times) {
    for (let at: number | undefined = pid; at !== undefined && at > 1; at = times.get(at)?.parent) {
      if (at !== root) continue;
      ticks += own;
      break;
    }
  }
  return ticks / TICKS_PER_S;
}
