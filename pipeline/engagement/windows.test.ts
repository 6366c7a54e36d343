import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classEngagement, engagementOf } from './index.ts';
import { createEngagementWindows, emptyCounts } from './windows.ts';

const reading = (studentId: string, attentive: boolean | null = true) => ({
  studentId,
  attentive,
  eyesClosed: null,
});

describe('engagement windows', () => {
  it('counts a minute of frames and lets older ones go', () => {
    const windows = createEngagementWindows();
    for (let t = 0; t < 120_000; t += 500)
      windows.add(t, t < 60_000 ? [reading('a'), reading('b', false)] : [reading('b', null)]);
    const [a, b] = windows.rolling(119_500);
    expect(a).toMatchObject({ studentId: 'b', framesSampled: 120, framesSeen: 120, framesJudged: 0 });
    expect(b).toBeUndefined();
  });

  it('hands out each bucket once, aligned to the clock', () => {
    const windows = createEngagementWindows();
    const start = 1_700_000_004_000;
    const buckets = [];
    for (let t = start; t < start + 30_000; t += 500) {
      windows.add(t, [reading('a')]);
      buckets.push(...windows.finished(t));
    }
    buckets.push(...windows.flush());
    expect(buckets.map((b) => b.startMs % 10_000)).toEqual(buckets.map(() => 0));
    expect(buckets.map((b) => b.students[0]!.framesSeen)).toEqual([12, 20, 20, 8]);
    expect(windows.flush()).toEqual([]);
  });

  it('sums emotions only where they were given', () => {
    const windows = createEngagementWindows();
    windows.add(0, [{ ...reading('a'), emotion: [1, 0, 0, 0, 0, 0, 0] }, reading('b')]);
    windows.add(500, [{ ...reading('a'), emotion: [0, 1, 0, 0, 0, 0, 0] }, reading('b')]);
    const [a, b] = windows.rolling(500);
    expect(a).toMatchObject({ emotionSums: [1, 1, 0, 0, 0, 0, 0], emotionCount: 2 });
    expect(b).not.toHaveProperty('emotionSums');
  });

  it('does not walk through the hour in which a camera was away', () => {
    const windows = createEngagementWindows();
    windows.add(0, [reading('a')]);
    windows.add(86_400_000, [reading('a')]);
    expect(windows.finished(86_400_000)).toHaveLength(1);
  });

  it('keeps sampled ≥ seen ≥ judged ≥ attentive, whatever comes', () => {
    const frame = fc.record({
      gap: fc.integer({ min: 50, max: 15_000 }),
      seen: fc.array(
        fc.record({
          studentId: fc.constantFrom('a', 'b', 'c'),
          attentive: fc.constantFrom(true, false, null),
          eyesClosed: fc.constantFrom(true, false, null),
        }),
        { maxLength: 3 },
      ),
    });
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 80 }), (frames) => {
        const windows = createEngagementWindows();
        let t = 1_000_000;
        let seen = 0;
        let counted = 0;
        for (const { gap, seen: readings } of frames) {
          t += gap;
          const once = readings.filter(
            (r, i) => readings.findIndex((o) => o.studentId === r.studentId) === i,
          );
          windows.add(t, once);
          seen += once.length;
          for (const bucket of windows.finished(t)) for (const c of bucket.students) counted += check(c);
          for (const c of windows.rolling(t)) check(c);
        }
        for (const bucket of windows.flush()) for (const c of bucket.students) counted += check(c);
        expect(counted).toBe(seen);
      }),
    );
    function check(c: ReturnType<typeof emptyCounts>): number {
      expect(c.framesSampled).toBeGreaterThanOrEqual(c.framesSeen);
      expect(c.framesSeen).toBeGreaterThanOrEqual(c.framesJudged);
      expect(c.framesJudged).toBeGreaterThanOrEqual(c.framesAttentive);
      expect(c.eyesJudged).toBeGreaterThanOrEqual(c.eyesClosed);
      return c.framesSeen;
    }
  });
});

describe('engagement index', () => {
  const counts = (framesJudged: number, framesAttentive: number) => ({
    ...emptyCounts('a'),
    framesSampled: 100,
    framesSeen: 90,
    framesJudged,
    framesAttentive,
  });

  it('is a share of what could be judged, in bands', () => {
    expect(engagementOf(counts(80, 60))).toEqual({
      attention: 0.75,
      coverage: 0.8,
      presence: 0.9,
      band: 'high',
    });
    expect(engagementOf(counts(80, 40)).band).toBe('middle');
    expect(engagementOf(counts(80, 10)).band).toBe('low');
  });

  it('says nothing where too little was seen', () => {
    expect(engagementOf(counts(10, 10))).toMatchObject({ attention: null, band: null, coverage: 0.1 });
    expect(engagementOf(emptyCounts('a'))).toMatchObject({ attention: null, coverage: 0, presence: 0 });
  });

  it('weighs the class by coverage', () => {
    const of = (attention: number | null, coverage: number) => ({
      attention,
      coverage,
      presence: 1,
      band: null,
    });
    const { attention, coverage } = classEngagement([of(1, 0.9), of(0, 0.3), of(null, 0)]);
    expect(attention).toBeCloseTo(0.75);
    expect(coverage).toBeCloseTo(0.4);
    expect(classEngagement([])).toEqual({ attention: null, coverage: 0, band: null });
  });
});
