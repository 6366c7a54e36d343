import { describe, expect, it } from 'vitest';
import type { EngagementCounts, StreamMetrics } from '../../../pipeline/messages.ts';
import { createLiveMetrics } from './live-metrics.ts';

const counts = (studentId: string): EngagementCounts => ({
  studentId,
  framesSampled: 100,
  framesSeen: 100,
  framesJudged: 50,
  framesAttentive: 40,
  eyesJudged: 50,
  eyesClosed: 5,
  lastSeenAtMs: 1000,
  emotionSums: [0, 1, 0, 0, 0, 0, 0],
  emotionCount: 1,
});
const metrics = (streamId: string, atMs: number, students: string[]): StreamMetrics => ({
  streamId,
  atMs,
  windowMs: 60_000,
  students: students.map(counts),
  unknownTracks: 0,
  fps: 2,
  load: 'full',
});
const make = (emotion: Parameters<typeof createLiveMetrics>[0]['emotion'] = null) =>
  createLiveMetrics({
    sessionId: 's',
    expected: () => 10,
    isMember: (studentId) => studentId !== 'stranger',
    emotion,
    history: [],
  });

describe('live metrics', () => {
  it('count a student once whom two cameras see, and nobody who is not on the roster', () => {
    const live = make();
    live.add(metrics('x', 1000, ['a', 'b', 'stranger']));
    live.add(metrics('y', 1000, ['a']));
    expect(live.tick(1500)).toMatchObject({
      class: { attention: 0.8, coverage: 0.5, present: 2, expected: 10, band: 'high' },
      students: [{ studentId: 'a', eyesClosedShare: 0.1 }, { studentId: 'b' }],
    });
  });

  it('say nothing of a stream that has gone silent', () => {
    const live = make();
    live.add(metrics('x', 1000, ['a']));
    expect(live.tick(7000)).toBeNull();
  });

  it('keep one point for ten seconds, ten minutes long', () => {
    const live = make();
    for (let at = 0; at < 1_000_000; at += 1000) {
      live.add(metrics('x', at, ['a']));
      live.tick(at);
    }
    const history = live.history();
    expect(history).toHaveLength(60);
    expect(history.at(-1)!.atMs - history[0]!.atMs).toBe(590_000);
  });

  it('have no field for emotion where the policy forbids it, and none below the smallest class', () => {
    const five = ['a', 'b', 'c', 'd', 'e'];
    const off = make();
    off.add(metrics('x', 0, five));
    expect(JSON.stringify(off.tick(0))).not.toContain('emotion');
    const small = make({ minClassSize: 5, mayRead: (studentId) => studentId !== 'a' });
    small.add(metrics('x', 0, five));
    expect(JSON.stringify(small.tick(0))).not.toContain('emotion');
    const whole = make({ minClassSize: 5, mayRead: () => true });
    whole.add(metrics('x', 0, five));
    expect(whole.tick(0)?.class.emotion).toMatchObject({ happy: 1 });
  });
});
