import type { FacesEvent, LiveFace } from './types.ts';

/** Faces as they stood at one instant. */
export interface FacesAt {
  /** The instant that the boxes stand for, epoch milliseconds on the server's clock. */
  atMs: number;
  width: number;
  height: number;
  faces: LiveFace[];
}

export interface FaceTimeline {
  add(faces: FacesEvent): void;
  /** Where the faces were at that instant; null: nothing is known of it. */
  at(atMs: number): FacesAt | null;
  /** The last that was seen, for who does not know what instant is shown. */
  newest(): FacesEvent | null;
  /** Usual time from one observation to the next; null while there are fewer than two. */
  periodMs(): number | null;
  reset(): void;
}

const KEPT = 40;
/** An observation that is so much older is not late: the server's clock was set. */
const CLOCK_SET_MS = 10_000;
/** Between observations further apart than this a face may have gone anywhere. */
const LONGEST_GAP_MS = 1500;
/** A face goes on as it moved for so long after the last observation, then it stays. */
const ONWARD_MS = 300;
/** After the last observation faces are shown for this many periods of the camera, but not for longer than `HELD_MS`. */
const HELD_PERIODS = 2.5;
const HELD_MS = 6000;
const LEAST_HELD_MS = 1000;
/** Pictures are as old as this before the first observation at most. */
const EARLY_MS = 100;

/**
 * Where faces were between two observations: a camera is looked at a few times a second, its picture moves more often.
 * A face that both observations know by its track moves evenly from one place to the other.
 */
export function createFaceTimeline(): FaceTimeline {
  let events: FacesEvent[] = [];

  function periodMs(): number | null {
    const gaps = events.slice(1).map((event, index) => event.atMs - events[index]!.atMs);
    gaps.sort((a, b) => a - b);
    return gaps[Math.floor(gaps.length / 2)] ?? null;
  }

  return {
    add(event) {
      const last = events.at(-1);
      if (last && event.atMs <= last.atMs) {
        if (last.atMs - event.atMs < CLOCK_SET_MS) return;
        events = [];
      }
      events.push(event);
      if (events.length > KEPT) events = events.slice(-KEPT);
    },
    at(atMs) {
      const index = events.findLastIndex((event) => event.atMs <= atMs);
      const before = events[index];
      const after = events[index + 1];
      if (!before) return after && after.atMs - atMs <= EARLY_MS ? held(after, after.atMs) : null;
      const age = atMs - before.atMs;
      if (after && after.atMs - before.atMs <= LONGEST_GAP_MS) return between(before, after, atMs);
      const heldMs = Math.min(HELD_MS, Math.max(LEAST_HELD_MS, HELD_PERIODS * (periodMs() ?? 0)));
      if (age > heldMs) return null;
      const earlier = events[index - 1];
      if (earlier && before.atMs - earlier.atMs <= LONGEST_GAP_MS) {
        return onward(earlier, before, before.atMs + Math.min(age, ONWARD_MS));
      }
      return held(before, before.atMs);
    },
    newest: () => events.at(-1) ?? null,
    periodMs,
    reset() {
      events = [];
    },
  };
}

const held = ({ width, height, faces }: FacesEvent, atMs: number): FacesAt => ({
  atMs,
  width,
  height,
  faces,
});

function between(before: FacesEvent, after: FacesEvent, atMs: number): FacesAt {
  const share = (atMs - before.atMs) / (after.atMs - before.atMs);
  const ahead = byTrack(after);
  const scale = before.width > 0 ? after.width / before.width : 1;
  const faces: LiveFace[] = [];
  for (const face of before.faces) {
    const next = ahead.get(face.trackId);
    ahead.delete(face.trackId);
    // Who it is, the later observation knows better.
    if (next) faces.push({ ...next, box: mixed(scaled(face.box, scale), next.box, share) });
    else if (share < 0.5) faces.push({ ...face, box: scaled(face.box, scale) });
  }
  if (share >= 0.5) faces.push(...ahead.values());
  return { atMs, width: after.width, height: after.height, faces };
}

/** As `between`, beyond the later one; sizes stay, for a face does not grow as evenly as it moves. */
function onward(earlier: FacesEvent, last: FacesEvent, atMs: number): FacesAt {
  const share = (atMs - last.atMs) / (last.atMs - earlier.atMs);
  const behind = byTrack(earlier);
  const scale = earlier.width > 0 ? last.width / earlier.width : 1;
  const faces = last.faces.map((face) => {
    const past = behind.get(face.trackId);
    if (!past) return face;
    const from = centre(scaled(past.box, scale));
    const to = centre(face.box);
    const [x, y, w, h] = face.box as Box;
    return { ...face, box: [x + (to[0] - from[0]) * share, y + (to[1] - from[1]) * share, w, h] };
  });
  return { atMs, width: last.width, height: last.height, faces };
}

type Box = [x: number, y: number, width: number, height: number];

const byTrack = ({ faces }: FacesEvent) => new Map(faces.map((face) => [face.trackId, face]));
const scaled = (box: number[], by: number) => (by === 1 ? box : box.map((value) => value * by));
const mixed = (a: number[], b: number[], share: number) =>
  a.map((value, index) => value + ((b[index] ?? value) - value) * share);
const centre = (box: number[]): [number, number] => {
  const [x, y, w, h] = box as Box;
  return [x + w / 2, y + h / 2];
};
