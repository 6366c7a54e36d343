import { describe, expect, it } from 'vitest';
import type { EngagementBucket, EngagementCounts } from '../../../pipeline/messages.ts';
import { emotionRows } from './store.ts';

const counts = (studentId: string, happy = 1): EngagementCounts => ({
  studentId,
  framesSampled: 20,
  framesSeen: 20,
  framesJudged: 20,
  framesAttentive: 20,
  eyesJudged: 0,
  eyesClosed: 0,
  lastSeenAtMs: 0,
  emotionSums: [0, happy, 0, 0, 0, 0, 0],
  emotionCount: 1,
});
const bucket = (streamId: string, students: EngagementCounts[]): EngagementBucket => ({
  streamId,
  startMs: 0,
  lengthMs: 10_000,
  students,
});
const five = ['a', 'b', 'c', 'd', 'e'].map((id) => counts(id));
const rules = { minClassSize: 5, mayRead: () => true };

describe('what is kept of emotions', () => {
  it('is nothing where the policy says off, whatever the pipeline sends', () => {
    expect(emotionRows('s', [bucket('x', five)], { ...rules, mode: 'off' })).toEqual([]);
  });

  it('is the class alone in the mode class, of five people and more', () => {
    const rows = emotionRows('s', [bucket('x', five)], { ...rules, mode: 'class' });
    expect(rows).toMatchObject([{ studentId: null, people: 5, samples: 5 }]);
    expect(emotionRows('s', [bucket('x', five.slice(1))], { ...rules, mode: 'class' })).toEqual([]);
  });

  it('does not make five people of one who is seen by five cameras', () => {
    const cameras = ['1', '2', '3', '4', '5'].map((id) => bucket(id, [counts('a')]));
    expect(emotionRows('s', cameras, { ...rules, mode: 'class' })).toEqual([]);
  });

  it('leaves out students without consent, in single rows and in the class', () => {
    const mayRead = (studentId: string): boolean => studentId !== 'e';
    const rows = emotionRows('s', [bucket('x', five)], { ...rules, mayRead, mode: 'individual' });
    expect(rows.map((row) => row.studentId)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('weighs people equally however often they were seen', () => {
    const often = { ...counts('a', 0), emotionSums: [100, 0, 0, 0, 0, 0, 0], emotionCount: 100 };
    const [row] = emotionRows('s', [bucket('x', [often, ...five.slice(1)])], { ...rules, mode: 'class' });
    expect(row!.scores[1]).toBeCloseTo(0.8);
  });
});
