import { linkSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { say } from './report.mjs';

/** A lock file without a process id in it is one being written, unless it is older than this. */
const UNREADABLE_AFTER_MS = 10_000;

/**
 * Runs `work` while holding a lock file that names our process: two commands started at once do not install
 * into the same folder. The lock of a process that is gone is taken over.
 */
export async function withLock(path, work) {
  let told = false;
  while (!take(path)) {
    if (!told) say('another command is setting up; waiting for it');
    told = true;
    await sleep(500);
  }
  const release = () => rmSync(path, { force: true });
  process.once('exit', release);
  try {
    return await work();
  } finally {
    process.removeListener('exit', release);
    release();
  }
}

function take(path) {
  try {
    writeFileSync(path, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
  const holder = readHolder(path);
  if (holder.alive) return false;
  // Moving is atomic, so only one of several waiters gets the stale file; whoever caught a fresh one gives it back.
  const aside = `${path}.${process.pid}`;
  try {
    renameSync(path, aside);
    if (readHolder(aside).alive) linkSync(aside, path);
  } catch {
    // someone else was faster
  } finally {
    rmSync(aside, { force: true });
  }
  return false;
}

function readHolder(path) {
  let text;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return { alive: true }; // just released: the next round takes it
  }
  const pid = Number(text);
  if (!Number.isInteger(pid) || pid <= 0) {
    return { alive: Date.now() - statSync(path).mtimeMs < UNREADABLE_AFTER_MS };
  }
  try {
    process.kill(pid, 0);
    return { alive: true };
  } catch (error) {
    return { alive: error.code === 'EPERM' };
  }
}
