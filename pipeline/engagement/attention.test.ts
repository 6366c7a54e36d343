import { describe, expect, it } from 'vitest';
import { type AttentionJudge, createAttentionJudge, median } from './attention.ts';

const pose = (yaw: number, pitch = 0) => ({ yaw, pitch, roll: 0 });
const open = { left: 0.05, right: 0.1 };
const closed = { left: 0.95, right: 0.9 };

function seated(yaw: number, pitch: number): AttentionJudge {
  const judge = createAttentionJudge();
  for (let i = 0; i < 10; i++) {
    judge.addPose(pose(yaw, pitch), i * 1000);
    judge.addEyes(open, i * 1000 - 1000);
  }
  return judge;
}

describe('attention', () => {
  it('judges nothing before there is a baseline', () => {
    const judge = createAttentionJudge();
    for (let i = 0; i < 4; i++) judge.addPose(pose(0), i * 1000);
    expect(judge.attentive(3000)).toBeNull();
    judge.addPose(pose(0), 4000);
    expect(judge.attentive(4000)).toBe(true);
  });

  it('takes the seat’s own direction for attentive, wherever the camera hangs', () => {
    const judge = seated(35, -10);
    expect(judge.attentive(9000)).toBe(true);
    judge.addPose(pose(0, -10), 10_000);
    expect(judge.attentive(10_000)).toBe(false);
    judge.addPose(pose(35, -38), 11_000);
    expect(judge.attentive(11_000)).toBe(false);
  });

  it('is not moved by a minority of other directions', () => {
    const judge = createAttentionJudge();
    for (let i = 0; i < 100; i++) judge.addPose(pose(i % 5 < 2 ? 60 : 0), i * 1000);
    expect(judge.baseline()?.yaw).toBe(0);
  });

  it('does not accept looking far away for a baseline', () => {
    expect(seated(85, 0).attentive(9000)).toBe(false);
  });

  it('forgets a reading after a while', () => {
    const judge = seated(0, 0);
    expect(judge.attentive(9000 + 3000)).toBe(true);
    expect(judge.attentive(9000 + 4000)).toBeNull();
    expect(judge.pose(9000 + 4000)).toBeNull();
  });

  it('tells closed eyes from a blink', () => {
    const judge = seated(0, 0);
    judge.addEyes(closed, 8500);
    judge.addEyes(open, 9000);
    expect(judge.eyesClosed(9000)).toBe(false);
    judge.addEyes(closed, 9500);
    expect(judge.eyesClosed(9500)).toBe(false);
    judge.addEyes(closed, 10_500);
    expect(judge.eyesClosed(10_500)).toBe(true);
    expect(judge.attentive(10_500)).toBe(false);
  });

  it('does not count a gap in the readings as closed eyes', () => {
    const judge = seated(0, 0);
    judge.addEyes(closed, 9000);
    judge.addEyes(closed, 19_000);
    expect(judge.eyesClosed(19_000)).toBe(false);
  });

  it('does not judge eyes that never look open from where the camera hangs', () => {
    const judge = createAttentionJudge();
    for (let i = 0; i < 60; i++) {
      judge.addPose(pose(0), i * 1000);
      judge.addEyes(i % 10 === 0 ? open : closed, i * 1000);
    }
    expect(judge.eyesClosed(59_000)).toBeNull();
    expect(judge.attentive(59_000)).toBe(true);
  });

  it('goes on saying that a sleeper sleeps', () => {
    const judge = createAttentionJudge();
    for (let i = 0; i < 300; i++) {
      judge.addPose(pose(0), i * 1000);
      judge.addEyes(i < 100 ? open : closed, i * 1000);
    }
    expect(judge.eyesClosed(299_000)).toBe(true);
  });

  it('ignores readings that are no numbers', () => {
    const judge = seated(0, 0);
    judge.addPose(pose(Number.NaN), 10_000);
    expect(judge.attentive(10_000)).toBe(true);
  });

  it('computes medians', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
  });
});
