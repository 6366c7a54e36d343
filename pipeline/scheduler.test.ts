import { describe, expect, it } from 'vitest';
import { type Candidate, createLoadGauge, plan, ratesAt, SMALLEST_FACES, type Task } from './scheduler.ts';

const all = new Set<Task>(['embed', 'pose', 'eyes', 'emotion']);
const smallest = { ...SMALLEST_FACES, pose: 24, eyes: 48, emotion: 32 };
const face = (trackId: number, more: Partial<Candidate> = {}): Candidate => ({
  trackId,
  facePx: 60,
  quality: 0.9,
  decided: true,
  settled: false,
  inDoubt: false,
  hasBaseline: true,
  lastMs: {},
  ...more,
});

/** Runs the plan for a number of seconds and counts the runs of each task. */
function simulate(faces: Candidate[], seconds: number, fps: number, rates = ratesAt('full')) {
  const runs: Record<string, number> = {};
  let most = 0;
  for (let frame = 0; frame < seconds * fps; frame++) {
    const atMs = (frame * 1000) / fps;
    const due = plan(faces, rates, all, smallest, atMs);
    most = Math.max(most, due.embed.length);
    for (const [task, ids] of Object.entries(due) as [Task, number[]][]) {
      for (const id of ids) {
        faces.find((f) => f.trackId === id)!.lastMs[task] = atMs;
        runs[task] = (runs[task] ?? 0) + 1;
      }
    }
  }
  return { runs, most };
}

describe('plan', () => {
  it('keeps thirty decided faces within the budget', () => {
    const { runs, most } = simulate(
      Array.from({ length: 30 }, (_, i) => face(i)),
      60,
      2,
    );
    expect(most).toBeLessThanOrEqual(10);
    // Six embeddings, fifteen poses a second at most: the budget of the design.
    expect(runs.embed! / 60).toBeLessThanOrEqual(7);
    expect(runs.pose! / 60).toBeLessThanOrEqual(16);
    expect(runs.embed! / 60).toBeGreaterThan(5);
  });

  it('embeds new and doubtful faces before others', () => {
    const due = plan(
      [
        face(1, { lastMs: { embed: 0 } }),
        face(2, { decided: false }),
        face(3, { inDoubt: true, lastMs: { embed: 1500 } }),
      ],
      ratesAt('full'),
      all,
      smallest,
      2000,
    );
    expect(due.embed).toEqual([3, 2]);
  });

  it('looks at an undecided face at every frame of 2 a second, at a decided one every five seconds', () => {
    const { runs } = simulate([face(1, { decided: false })], 10, 2);
    expect(runs.embed).toBe(20);
    expect(simulate([face(1)], 20, 2).runs.embed).toBe(4);
  });

  it('reads the pose of a new seat quicker', () => {
    expect(simulate([face(1, { hasBaseline: false })], 12, 5).runs.pose).toBeGreaterThanOrEqual(14);
    expect(simulate([face(1)], 12, 5).runs.pose).toBeLessThanOrEqual(7);
  });

  it('leaves small faces out where they say nothing', () => {
    const due = plan([face(1, { facePx: 30 })], ratesAt('full'), all, smallest, 0);
    expect(due).toMatchObject({ embed: [1], pose: [1], eyes: [], emotion: [] });
  });

  it('runs nothing that is not wanted', () => {
    expect(plan([face(1)], ratesAt('full'), new Set<Task>(['embed']), smallest, 0)).toMatchObject({
      pose: [],
      emotion: [],
    });
  });

  it('lets work fall in the fixed order', () => {
    const levels = [
      'full',
      'less-emotion',
      'less-pose',
      'less-embedding',
      'smaller-detection',
      'fewer-frames',
    ] as const;
    const [f, emotion, pose, embedding, detection, frames] = levels.map(ratesAt);
    expect(emotion!.emotionMs).toBeGreaterThan(f!.emotionMs);
    expect(emotion!.poseMs).toBe(f!.poseMs);
    expect(pose!.poseMs).toBeGreaterThan(f!.poseMs);
    expect(pose!.embedAgainMs).toBe(f!.embedAgainMs);
    expect(embedding!.embedAgainMs).toBeGreaterThan(f!.embedAgainMs);
    expect(embedding!.detectScale).toBe(1);
    expect(detection!.detectScale).toBeLessThan(1);
    expect(detection!.everyNth).toBe(1);
    expect(frames!.everyNth).toBe(2);
  });
});

describe('load gauge', () => {
  it('sheds work step by step when frames take too long, and takes it back when calm', () => {
    const gauge = createLoadGauge();
    const seen = new Set<string>();
    let t = 0;
    for (let i = 0; i < 40; i++, t += 500) seen.add(gauge.add(600, 500, t));
    expect([...seen]).toEqual([
      'full',
      'less-emotion',
      'less-pose',
      'less-embedding',
      'smaller-detection',
      'fewer-frames',
    ]);
    for (let i = 0; i < 200; i++, t += 500) gauge.add(100, 500, t);
    expect(gauge.level()).toBe('full');
  });

  it('is not moved by one slow frame, nor by a slow start', () => {
    const gauge = createLoadGauge();
    gauge.add(5000, 500, 0);
    for (let i = 1; i < 20; i++) gauge.add(i === 10 ? 900 : 200, 500, i * 500);
    expect(gauge.level()).toBe('full');
  });
});
