import { describe, expect, it } from 'vitest';
import type { StreamReason } from '../messages.ts';
import { type AttemptEnd, keepTrying, type Lost } from './keep-trying.ts';

const limits = { retryMin: 4, retryMax: 16 };
const steady = () => 0.5;

function ended(reason: StreamReason, gave = false, good = false): AttemptEnd {
  return { problem: { reason, detail: reason }, gave, good };
}

/** Goes through a script of endings; the last attempt of it stops everything. */
async function play(script: (AttemptEnd | 'at-once' | Error)[]): Promise<{ lost: Lost[]; attempts: number }> {
  const stopping = new AbortController();
  const lost: Lost[] = [];
  let attempts = 0;
  await keepTrying({
    async attempt() {
      const next = script[attempts++]!;
      if (attempts === script.length) stopping.abort();
      if (next instanceof Error) throw next;
      return next;
    },
    onLost: (one) => lost.push(one),
    ...{ limits, signal: stopping.signal, random: steady },
  });
  return { lost, attempts };
}

describe('keep trying', () => {
  it('waits longer after every failure, and begins anew after a good attempt', async () => {
    const lost = ended('disconnected', true);
    const { lost: told } = await play([lost, lost, lost, ended('disconnected', true, true), lost, lost]);
    expect(told.map(({ waitMs }) => waitMs)).toEqual([4, 8, 16, 4, 8]);
  });

  it('tells nothing of the attempt in which it is stopped', async () => {
    const { lost, attempts } = await play([ended('refused'), ended('refused')]);
    expect([lost.length, attempts]).toEqual([1, 2]);
  });

  it('goes on at once, and tells nothing, where an attempt was only to learn something', async () => {
    const { lost, attempts } = await play(['at-once', ended('refused'), 'at-once', ended('refused')]);
    expect(attempts).toBe(4);
    expect(lost.map(({ waitMs }) => waitMs)).toEqual([4]);
  });

  it('takes an attempt that throws for a failed one', async () => {
    const { lost } = await play([new Error('no ports'), ended('refused')]);
    expect(lost).toMatchObject([{ problem: { reason: 'decoder-failed', detail: 'no ports' }, waitMs: 4 }]);
  });

  it('is not in the way of stopping while it waits for minutes', async () => {
    const stopping = new AbortController();
    const began = performance.now();
    const trying = keepTrying({
      attempt: async () => ended('wrong-credentials'),
      onLost: ({ waitMs }) => {
        expect(waitMs).toBe(30_000);
        setTimeout(() => stopping.abort(), 5);
      },
      ...{ limits, signal: stopping.signal, random: steady },
    });
    await trying;
    expect(performance.now() - began).toBeLessThan(5000);
  });

  it('makes no attempt where it was stopped before', async () => {
    let attempts = 0;
    await keepTrying({
      attempt: async () => {
        attempts++;
        return 'at-once';
      },
      onLost: () => undefined,
      ...{ limits, signal: AbortSignal.abort() },
    });
    expect(attempts).toBe(0);
  });
});

describe('what a person has to mend', () => {
  // Its pauses are seconds: one is enough.
  it('is believed at once of what never gave anything', async () => {
    const stopping = new AbortController();
    let told: Lost | null = null;
    await keepTrying({
      attempt: async () => ended('not-found'),
      onLost(lost) {
        told = lost;
        stopping.abort();
      },
      ...{ limits, signal: stopping.signal, random: steady },
    });
    expect(told).toMatchObject({ needsPerson: true, waitMs: 2000 });
  });

  it('is believed only in the third place of what worked before', async () => {
    const stopping = new AbortController();
    const seen: boolean[] = [];
    const script: AttemptEnd[] = [ended('refused', true), ended('refused'), ended('no-video')];
    await keepTrying({
      attempt: async () => script[seen.length]!,
      onLost({ needsPerson }) {
        seen.push(needsPerson);
        if (seen.length === script.length) stopping.abort();
      },
      ...{ limits, signal: stopping.signal, random: steady },
    });
    expect(seen).toEqual([false, false, true]);
    // After a good attempt the count begins anew.
    const again = new AbortController();
    let last: boolean | null = null;
    await keepTrying({
      attempt: async () => ended('no-video', true, true),
      onLost({ needsPerson }) {
        last = needsPerson;
        again.abort();
      },
      ...{ limits, signal: again.signal, random: steady },
    });
    expect(last).toBe(false);
  });
});
