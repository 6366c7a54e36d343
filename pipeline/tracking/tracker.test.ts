import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BoxPx } from '../messages.ts';
import { createTracker, type TrackerDetection } from './tracker.ts';

const at = (x: number, y: number, size = 60, score = 0.9): TrackerDetection => ({
  box: [x, y, size, size],
  score,
});

const oneHot = (index: number): Float32Array => {
  const vector = new Float32Array(8);
  vector[index] = 1;
  return vector;
};

describe('tracker', () => {
  it('confirms a face that stays and forgets one that shows once', () => {
    const tracker = createTracker();
    const first = tracker.update([at(100, 100), at(500, 100)], 0).trackOf;
    tracker.update([at(104, 101)], 200);
    tracker.update([at(108, 100)], 400);
    const { trackOf } = tracker.update([at(110, 100)], 600);
    expect(trackOf[0]?.id).toBe(first[0]?.id);
    expect(trackOf[0]?.state).toBe('confirmed');
    expect(trackOf[0]?.firstSeenMs).toBe(0);
    expect(tracker.tracks().map((track) => track.id)).toEqual([first[0]?.id]);
  });

  it('bridges a hand before the face and keeps the id', () => {
    const tracker = createTracker();
    let id: number | undefined;
    for (let t = 0; t <= 1000; t += 200) id = tracker.update([at(100, 100)], t).trackOf[0]?.id;
    for (let t = 1200; t <= 2600; t += 200) tracker.update([], t);
    const track = tracker.update([at(120, 105)], 2800).trackOf[0];
    expect(track?.id).toBe(id);
    expect(track?.inDoubt).toBe(true);
  });

  it('keeps everybody apart when the picture gets another size', () => {
    const tracker = createTracker();
    let before: (number | undefined)[] = [];
    for (let t = 0; t <= 1000; t += 200)
      before = tracker.update([at(200, 100), at(400, 200)], t).trackOf.map((track) => track?.id);
    // In the smaller picture the second one is where the first one was in the larger.
    tracker.rescale(0.5, 0.5);
    const after = tracker.update([at(100, 50, 30), at(200, 100, 30)], 1200).trackOf;
    expect(after.map((track) => track?.id)).toEqual(before);
    expect(after.every((track) => !track?.inDoubt)).toBe(true);
  });

  it('ends a confirmed track some seconds after its last sighting', () => {
    const tracker = createTracker();
    for (let t = 0; t <= 1000; t += 200) tracker.update([at(100, 100)], t);
    const ended = [];
    for (let t = 1200; t <= 8000; t += 200) ended.push(...tracker.update([], t).ended);
    expect(ended).toHaveLength(1);
    expect(ended[0]?.lastSeenMs).toBe(1000);
    expect(tracker.tracks()).toHaveLength(0);
  });

  it('lets weak detections continue a track but never start one', () => {
    const tracker = createTracker();
    expect(tracker.update([at(100, 100, 60, 0.5)], 0).trackOf).toEqual([null]);
    for (let t = 200; t <= 1000; t += 200) tracker.update([at(100, 100)], t);
    expect(tracker.update([at(102, 100, 60, 0.5)], 1200).trackOf[0]).not.toBeNull();
  });

  it('does not join a far larger or a far away face', () => {
    const tracker = createTracker();
    for (let t = 0; t <= 600; t += 200) tracker.update([at(100, 100)], t);
    const [large, far] = tracker.update([at(70, 70, 130), at(300, 100)], 800).trackOf;
    expect(large?.hits).toBe(1);
    expect(far?.hits).toBe(1);
  });

  it('asks for a look when two faces come close, and follows the look rather than the place', () => {
    const tracker = createTracker();
    for (let t = 0; t <= 600; t += 200) tracker.update([at(100, 100), at(190, 100)], t);
    const [left, right] = tracker.tracks();
    left!.appearance = oneHot(0);
    right!.appearance = oneHot(1);
    const crossing: TrackerDetection[] = [at(138, 100), at(150, 100)];
    expect(tracker.doubtful(crossing, 800).length).toBeGreaterThan(0);
    crossing[0]!.embedding = oneHot(1);
    crossing[1]!.embedding = oneHot(0);
    const { trackOf } = tracker.update(crossing, 800);
    expect(trackOf.map((track) => track?.id)).toEqual([right!.id, left!.id]);
  });

  it('is not in doubt about people at their desks', () => {
    const tracker = createTracker();
    const desks = [at(100, 100), at(250, 110), at(400, 95)];
    for (let t = 0; t <= 600; t += 200) tracker.update(desks, t);
    for (const track of tracker.tracks()) track.appearance = oneHot(0);
    expect(tracker.doubtful(desks, 800)).toEqual([]);
  });

  it('goes on under a new id after a split', () => {
    const tracker = createTracker({ firstTrackId: 40 });
    for (let t = 0; t <= 600; t += 200) tracker.update([at(100, 100)], t);
    const [track] = tracker.tracks();
    const next = tracker.split(track!, 500);
    expect(next.id).toBe(41);
    expect(next.firstSeenMs).toBe(500);
    expect(tracker.update([at(100, 100)], 800).trackOf[0]?.id).toBe(41);
  });

  it('confirms after two frames where frames are a second apart', () => {
    const tracker = createTracker();
    tracker.update([at(100, 100)], 0);
    expect(tracker.update([at(100, 100)], 1000).trackOf[0]?.state).toBe('confirmed');
  });

  it('keeps every seat its own id, whatever the noise, misses and false detections', () => {
    const noise = fc.record({
      dx: fc.integer({ min: -12, max: 12 }),
      dy: fc.integer({ min: -12, max: 12 }),
      missed: fc.boolean(),
      ghost: fc.option(fc.integer({ min: 0, max: 2000 }), { freq: 4 }),
    });
    fc.assert(
      fc.property(fc.array(noise, { minLength: 30, maxLength: 60 }), (frames) => {
        const tracker = createTracker();
        const ids = [new Set<number>(), new Set<number>(), new Set<number>()];
        for (const [n, { dx, dy, missed, ghost }] of frames.entries()) {
          const seats: BoxPx[] = [0, 1, 2].map((seat) => [200 + seat * 150 + dx, 300 + dy, 60, 60]);
          // Up to three frames in a row, as behind a hand.
          const shown = n % 6 >= 3 && missed ? seats.slice(1) : seats;
          const detections = shown.map((box) => ({ box, score: 0.9 }));
          if (ghost !== null) detections.push({ box: [ghost, 800, 60, 60], score: 0.7 });
          const { trackOf } = tracker.update(detections, n * 200);
          for (const [i, box] of shown.entries()) ids[seats.indexOf(box)]!.add(trackOf[i]!.id);
        }
        for (const seat of ids) expect(seat.size).toBe(1);
        expect(new Set(ids.flatMap((seat) => [...seat])).size).toBe(3);
      }),
      { numRuns: 60 },
    );
  });
});
