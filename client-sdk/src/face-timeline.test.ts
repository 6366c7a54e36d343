import { describe, expect, it } from 'vitest';
import { createFaceTimeline } from './face-timeline.ts';
import type { FacesEvent, LiveFace } from './types.ts';

const face = (trackId: number, x: number, over: Partial<LiveFace> = {}): LiveFace => ({
  ...{ trackId, box: [x, 100, 40, 40], state: 'pending', studentId: null, name: null },
  ...{ score: 0.9, confidence: 0, attentive: null },
  ...over,
});
const seen = (atMs: number, faces: LiveFace[], width = 1280): FacesEvent => ({
  ...{ sessionId: 's', streamId: 'x', seq: atMs, atMs, width, height: (width * 9) / 16 },
  faces,
});
const timelineOf = (...events: FacesEvent[]) => {
  const timeline = createFaceTimeline();
  for (const event of events) timeline.add(event);
  return timeline;
};
const places = (found: ReturnType<ReturnType<typeof createFaceTimeline>['at']>) =>
  found?.faces.map(({ trackId, box }) => [trackId, Math.round(box[0]!)]);

describe('a timeline of faces', () => {
  it('knows where a face was between two observations, and by its later name', () => {
    const timeline = timelineOf(
      seen(1000, [face(1, 100)]),
      seen(1200, [face(1, 200, { state: 'sure', name: 'Ada' })]),
    );
    expect(timeline.at(1150)).toMatchObject({
      atMs: 1150,
      faces: [{ trackId: 1, box: [175, 100, 40, 40], name: 'Ada', state: 'sure' }],
    });
  });

  it('lets a face that one of the two does not know come and go half way', () => {
    const timeline = timelineOf(seen(1000, [face(1, 100)]), seen(1200, [face(2, 300)]));
    expect(places(timeline.at(1080))).toEqual([[1, 100]]);
    expect(places(timeline.at(1120))).toEqual([[2, 300]]);
  });

  it('moves a face on a little after the last observation, says so, and then forgets it', () => {
    const timeline = timelineOf(seen(1000, [face(1, 100)]), seen(1200, [face(1, 120)]));
    expect(timeline.at(1300)).toMatchObject({ atMs: 1300, faces: [{ box: [130, 100, 40, 40] }] });
    // Beyond what can be said it stays where it was, and the time says that it is old.
    expect(timeline.at(1900)).toMatchObject({ atMs: 1500, faces: [{ box: [150, 100, 40, 40] }] });
    expect(timeline.at(2300)).toBeNull();
  });

  it('holds faces of a camera that is looked at every few seconds until the next look', () => {
    const timeline = timelineOf(seen(0, [face(1, 100)]), seen(2000, [face(1, 300)]), seen(4000, []));
    expect(places(timeline.at(1500))).toEqual([[1, 100]]);
    expect(places(timeline.at(3900))).toEqual([[1, 300]]);
    expect(places(timeline.at(5000))).toEqual([]);
  });

  it('says nothing of times before the first observation', () => {
    const timeline = timelineOf(seen(1000, [face(1, 100)]));
    expect(timeline.at(500)).toBeNull();
    expect(places(timeline.at(950))).toEqual([[1, 100]]);
    expect(createFaceTimeline().at(1)).toBeNull();
  });

  it('takes over a change of the picture’s size', () => {
    const timeline = timelineOf(seen(1000, [face(1, 100)], 640), seen(1200, [face(1, 200)], 1280));
    expect(timeline.at(1100)).toMatchObject({ width: 1280, faces: [{ box: [200, 150, 60, 60] }] });
  });

  it('leaves aside what comes late, and keeps no more than it needs', () => {
    const timeline = createFaceTimeline();
    for (let n = 0; n < 1000; n++) timeline.add(seen(n * 200, [face(1, n)]));
    timeline.add(seen(199_700, [face(1, 7)]));
    expect(timeline.newest()?.atMs).toBe(199_800);
    expect(timeline.periodMs()).toBe(200);
    expect(timeline.at(50_000)).toBeNull();
    // The server's clock was set back.
    timeline.add(seen(1000, [face(1, 7)]));
    expect(places(timeline.at(1000))).toEqual([[1, 7]]);
    timeline.reset();
    expect(timeline.newest()).toBeNull();
  });
});
