import { setTimeout as sleep } from 'node:timers/promises';
import { createBackOff, needsPerson } from './back-off.ts';
import type { Problem } from './ffmpeg-log.ts';

/** How one run of ffmpeg ended, from the look at its input to its exit. */
export interface AttemptEnd {
  problem: Problem;
  /** Something came out of it. */
  gave: boolean;
  /** It gave for long enough to be called good: the next pauses are short ones again. */
  good: boolean;
}

export interface Lost {
  problem: Problem;
  /** Until the next attempt. */
  waitMs: number;
  /** It stays that way until a person does something. */
  needsPerson: boolean;
}

export interface Tries {
  /** `at-once`: what was learnt makes the next attempt another one, no pause is needed. Who throws has failed. */
  attempt(): Promise<AttemptEnd | 'at-once'>;
  /** Before each pause. Not called once `signal` is aborted. */
  onLost(lost: Lost): void;
  limits: { retryMin: number; retryMax: number };
  signal: AbortSignal;
  random?: () => number;
}

/** So many failures in a row of what worked before are believed: a camera that starts up may answer strangely. */
const BELIEVED_AFTER = 2;

/**
 * Makes one attempt after the other, with a pause after each that is longer the more of them failed, until `signal` is
 * aborted: that ends a pause at once, the attempt under way is its owner's to end. Resolves when the last is over.
 */
export async function keepTrying({ attempt, onLost, limits, signal, random }: Tries): Promise<void> {
  const backOff = createBackOff(limits, random);
  let everGave = false;
  let failures = 0;
  while (!signal.aborted) {
    const end = await attempt().catch(failed);
    if (signal.aborted) return;
    if (end === 'at-once') continue;
    const { problem } = end;
    everGave ||= end.gave;
    if (end.good) {
      backOff.reset();
      failures = 0;
    }
    const waitMs = backOff.next(problem.reason, everGave);
    const lasting = needsPerson(problem.reason) && (!everGave || failures >= BELIEVED_AFTER);
    failures++;
    onLost({ problem, waitMs, needsPerson: lasting });
    await sleep(waitMs, undefined, { signal }).catch(() => undefined);
  }
}

const failed = (error: unknown): AttemptEnd => ({
  problem: { reason: 'decoder-failed', detail: error instanceof Error ? error.message : String(error) },
  gave: false,
  good: false,
});
