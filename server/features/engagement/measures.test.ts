import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EngagementCounts } from '../../../pipeline/messages.ts';
import { bandOf, classEmotion, classMeasure, mergeCounts } from './measures.ts';

const counts = (changes: Partial<EngagementCounts>): EngagementCounts => ({
  studentId: 'a',
  framesSampled: 100,
  framesSeen: 0,
  framesJudged: 0,
  framesAttentive: 0,
  eyesJudged: 0,
  eyesClosed: 0,
  lastSeenAtMs: 0,
  ...changes,
});

describe('one student', () => {
  it('pools judged frames over the cameras and takes the coverage of the better one', () => {
    const measure = mergeCounts(
      [
        counts({ framesSeen: 90, framesJudged: 80, framesAttentive: 60, lastSeenAtMs: 5 }),
        counts({ framesSeen: 20, framesJudged: 20, framesAttentive: 20, lastSeenAtMs: 9 }),
      ],
      60_000,
    );
    expect(measure).toMatchObject({
      attention: 0.8,
      coverage: 0.8,
      presence: 0.9,
      band: 'high',
      lastSeenAt: 9,
    });
  });

  it('says nothing about attention when hardly a frame could be judged', () => {
    const measure = mergeCounts([counts({ framesSeen: 100, framesJudged: 9, framesAttentive: 9 })], 60_000);
    expect(measure).toMatchObject({ attention: null, band: null, coverage: 0.09 });
  });

  it('publishes closed eyes only over a minute and more', () => {
    const view = [counts({ framesSeen: 100, framesJudged: 50, eyesJudged: 40, eyesClosed: 10 })];
    expect(mergeCounts(view, 10_000).eyesClosedShare).toBeNull();
    expect(mergeCounts(view, 60_000).eyesClosedShare).toBe(0.25);
  });

  it('stays between 0 and 1 for every possible count', () => {
    const view = fc
      .tuple(fc.nat(500), fc.nat(500), fc.nat(500), fc.nat(500))
      .map((parts) => parts.sort((a, b) => b - a) as [number, number, number, number])
      .map(([framesSampled, framesSeen, framesJudged, framesAttentive]) =>
        counts({ framesSampled, framesSeen, framesJudged, framesAttentive }),
      );
    fc.assert(
      fc.property(fc.array(view, { minLength: 1, maxLength: 4 }), (views) => {
        const { attention, coverage, presence } = mergeCounts(views, 60_000);
        for (const value of [attention ?? 0, coverage, presence]) {
          expect(value).toBeGreaterThanOrEqual(0);
          expect(value).toBeLessThanOrEqual(1);
        }
        expect(presence).toBeGreaterThanOrEqual(coverage);
      }),
    );
  });
});

describe('the class', () => {
  it('weights attention with coverage', () => {
    const students = [
      mergeCounts([counts({ framesSeen: 100, framesJudged: 90, framesAttentive: 90 })], 60_000),
      mergeCounts([counts({ framesSeen: 100, framesJudged: 30, framesAttentive: 0 })], 60_000),
    ];
    const measure = classMeasure(students, 30);
    expect(measure.attention).toBeCloseTo(0.75);
    expect(measure.coverage).toBeCloseTo(0.6);
    expect(measure).toMatchObject({ present: 2, expected: 30, band: 'high' });
  });

  it('has no attention while nobody was seen', () => {
    expect(classMeasure([mergeCounts([counts({})], 60_000)], 3)).toEqual({
      attention: null,
      coverage: 0,
      present: 0,
      expected: 3,
      band: null,
    });
  });

  it('shows emotions of five people and more only', () => {
    const happy = { sums: [0, 2, 0, 0, 0, 0, 0], count: 2 };
    const absent = { sums: [0, 0, 0, 0, 0, 0, 0], count: 0 };
    expect(classEmotion([happy, happy, happy, happy, absent], 5)).toBeNull();
    expect(classEmotion([happy, happy, happy, happy, happy], 5)).toMatchObject({ happy: 1, sad: 0 });
    expect(classEmotion([], 0)).toBeNull();
  });
});

describe('bands', () => {
  it('have three steps', () => {
    expect([0, 0.39, 0.4, 0.69, 0.7, 1, null].map(bandOf)).toEqual([
      'low',
      'low',
      'middle',
      'middle',
      'high',
      'high',
      null,
    ]);
  });
});
