import type { LoadLevel } from './messages.ts';

/**
 * Which face gets which model in this frame, and what is left out when the CPU is short.
 *
 * Detection runs on every sampled frame; everything else goes round the faces at a rate. When frames take
 * longer than they are apart, the rates fall in the fixed order of `LoadLevel` and rise again one step at a
 * time, so that the stream is late by one frame at most and never by a queue.
 */
export type Task = 'embed' | 'pose' | 'eyes' | 'emotion' | 'liveness';

export interface Candidate {
  trackId: number;
  facePx: number;
  /** Better faces first: 0…1. */
  quality: number;
  decided: boolean;
  /** Too many votes without a decision: an unknown face, looked at again from time to time. */
  settled: boolean;
  inDoubt: boolean;
  /** Has a baseline of the head's pose; without one nothing can be judged, so the first readings come quicker. */
  hasBaseline: boolean;
  lastMs: Partial<Record<Task, number>>;
}

export interface Rates {
  /** Milliseconds between two runs on one face. */
  embedNewMs: number;
  embedAgainMs: number;
  poseMs: number;
  eyesMs: number;
  emotionMs: number;
  livenessMs: number;
  /** Embeddings a frame at most: a class that walks in together must not stop the stream. */
  embedsPerFrame: number;
  posesPerFrame: number;
  /** Share of the detection width. */
  detectScale: number;
  /** Every n-th sampled frame is looked at. */
  everyNth: number;
}

const order: readonly LoadLevel[] = [
  'full',
  'less-emotion',
  'less-pose',
  'less-embedding',
  'smaller-detection',
  'fewer-frames',
];

const full: Rates = {
  embedNewMs: 450,
  embedAgainMs: 5000,
  poseMs: 2000,
  eyesMs: 1000,
  emotionMs: 2000,
  livenessMs: 20_000,
  embedsPerFrame: 10,
  posesPerFrame: 12,
  detectScale: 1,
  everyNth: 1,
};

export function ratesAt(level: LoadLevel): Rates {
  const step = order.indexOf(level);
  const rates = { ...full };
  if (step >= 1) rates.emotionMs = 8000;
  if (step >= 2) Object.assign(rates, { poseMs: 5000, eyesMs: 2500, posesPerFrame: 4 });
  if (step >= 3) Object.assign(rates, { embedNewMs: 900, embedAgainMs: 15_000, embedsPerFrame: 3 });
  if (step >= 4) rates.detectScale = 2 / 3;
  if (step >= 5) rates.everyNth = 2;
  return rates;
}

/** Shorter side in pixels from which a face says something about a task. */
export type SmallestFaces = Record<Task, number>;

/** Of tasks whose limits no model pack states. */
export const SMALLEST_FACES = { embed: 18, liveness: 40 } as const;

/** @returns ids of the tracks for each task, most urgent first, within the rates. */
export function plan(
  candidates: readonly Candidate[],
  rates: Rates,
  tasks: ReadonlySet<Task>,
  smallest: SmallestFaces,
  atMs: number,
): Record<Task, number[]> {
  const due = (task: Task, everyMs: (c: Candidate) => number, most: number): number[] => {
    if (!tasks.has(task)) return [];
    return candidates
      .map((candidate) => {
        const last = candidate.lastMs[task];
        // Half a frame early is on time: otherwise every rate would drift to the next multiple of the interval.
        const overdue = last === undefined ? 2 : (atMs - last + 60) / everyMs(candidate);
        return { candidate, overdue };
      })
      .filter(({ candidate, overdue }) => overdue >= 1 && candidate.facePx >= smallest[task])
      .sort((a, b) => b.overdue - a.overdue || b.candidate.quality - a.candidate.quality)
      .slice(0, most)
      .map(({ candidate }) => candidate.trackId);
  };
  const embedEvery = (c: Candidate): number => {
    if (c.inDoubt) return Math.min(rates.embedNewMs, 200);
    if (c.decided) return rates.embedAgainMs;
    return c.settled ? Math.min(rates.embedAgainMs, rates.embedNewMs * 4) : rates.embedNewMs;
  };
  return {
    embed: due('embed', embedEvery, rates.embedsPerFrame),
    pose: due('pose', (c) => (c.hasBaseline ? rates.poseMs : rates.poseMs / 3), rates.posesPerFrame),
    eyes: due('eyes', () => rates.eyesMs, 24),
    emotion: due('emotion', () => rates.emotionMs, 16),
    liveness: due('liveness', () => rates.livenessMs, 2),
  };
}

export interface LoadGauge {
  level(): LoadLevel;
  /** @param busyMs work on the frame; @param intervalMs time until the next one is due. */
  add(busyMs: number, intervalMs: number, atMs: number): LoadLevel;
}

/** How long a step is given to show before the next one. */
const STEP_MS = 2000;

/** Sheds work from 85% of the interval on; takes it back after ten calm seconds under 50%. */
export function createLoadGauge(): LoadGauge {
  let step = 0;
  let share = 0;
  let samples = 0;
  let calmSinceMs: number | null = null;
  let stepAtMs = Number.NEGATIVE_INFINITY;
  return {
    level: () => order[step]!,
    add(busyMs, intervalMs, atMs) {
      const now = busyMs / Math.max(1, intervalMs);
      // The first frames pay for warming up; one slow frame is no shortage.
      share = samples < 3 ? Math.min(now, 0.5) : share + 0.3 * (Math.min(now, 3) - share);
      samples++;
      if (share > 0.85 && step < order.length - 1) {
        calmSinceMs = null;
        if (atMs - stepAtMs < STEP_MS) return order[step]!;
        step++;
        share = 0.6;
        stepAtMs = atMs;
      } else if (share < 0.5 && step > 0) {
        calmSinceMs ??= atMs;
        if (atMs - calmSinceMs >= 10_000) {
          step--;
          calmSinceMs = atMs;
        }
      } else {
        calmSinceMs = null;
      }
      return order[step]!;
    },
  };
}
