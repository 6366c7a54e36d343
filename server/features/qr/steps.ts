import { performance } from 'node:perf_hooks';
import { LRUCache } from 'lru-cache';
import { MAX_STEP } from './code.ts';

/** What of a window its steps depend on. */
export interface StepFrame {
  id: string;
  opensAt: Date;
  rotateSeconds: number;
  /** The highest step that any server has shown. */
  lastStep: number;
}

/**
 * Which step of a window it is. Steps follow the clock and never go back: a clock that is set back neither brings
 * codes back that were shown before, nor stops the rotation, because from the highest step on it goes by the time that
 * the process itself has counted.
 */
export interface Steps {
  current(frame: StepFrame, nowMs: number): number;
}

export function createSteps(monotonicMs: () => number = () => performance.now()): Steps {
  const highest = new LRUCache<string, { step: number; atMs: number }>({ max: 10_000 });
  return {
    current({ id, opensAt, rotateSeconds, lastStep }, nowMs) {
      const lengthMs = rotateSeconds * 1000;
      const held = highest.get(id);
      const ticked = held ? held.step + Math.floor((monotonicMs() - held.atMs) / lengthMs) : 0;
      const byClock = Math.floor((nowMs - opensAt.getTime()) / lengthMs);
      const step = Math.min(MAX_STEP, Math.max(0, byClock, lastStep, ticked));
      if (!held || step > held.step) highest.set(id, { step, atMs: monotonicMs() });
      return step;
    },
  };
}

/** A code is good while it is shown and for one step more, which is the time to scan and send it; never before. */
export function isShown(step: number, current: number): boolean {
  return step === current || step === current - 1;
}
