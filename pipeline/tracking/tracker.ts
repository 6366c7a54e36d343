import type { BoxPx } from '../messages.ts';
import { dot } from '../vectors.ts';
import { assign } from './assignment.ts';

/**
 * Tracks of seated people at 1–10 sampled frames a second.
 *
 * No motion model: between two samples a head sways, it does not travel, and a constant-velocity guess over
 * 0.5 s is worse than the last place. Pairs are made by overlap and by centre distance in units of the face's
 * size, in two passes (confident detections first, weak ones only continue what exists: Zhang et al., ByteTrack,
 * 2022), with the embedding's word where both sides have one.
 */
export interface TrackerDetection {
  box: BoxPx;
  /** 0…1. */
  score: number;
  /** Known only for detections that were embedded because their assignment was in doubt. */
  embedding?: Float32Array | undefined;
}

export interface Track {
  readonly id: number;
  box: BoxPx;
  score: number;
  /** `tentative` until enough frames agree that something is there. */
  state: 'tentative' | 'confirmed';
  /** Whether the newest frame shows it. */
  visible: boolean;
  hits: number;
  /** Frames in a row without it. */
  misses: number;
  firstSeenMs: number;
  lastSeenMs: number;
  /** Mean of what its faces looked like, set by whoever embeds; used to keep assignments right. */
  appearance: Float32Array | null;
  /** Since when it was seen in every frame, without a jump and without a rival: surely the same head. */
  unbrokenSinceMs: number;
  /** The last assignment had a close rival, or jumped: look at the face again. */
  inDoubt: boolean;
}

export interface TrackerOptions {
  firstTrackId: number;
  /** From here on a detection may start a track. */
  highScore: number;
  /** Frames that must show a face before it counts. */
  confirmHits: number;
  /** How long a confirmed track outlives its last sighting. */
  lostMs: number;
  /** How far a centre may move between frames, in face sizes; grows with the time since the last sighting. */
  reach: number;
  /** Cosine under which two known appearances are not joined. */
  differentPerson: number;
}

export const trackerDefaults: TrackerOptions = {
  firstTrackId: 1,
  highScore: 0.6,
  confirmHits: 3,
  lostMs: 2500,
  reach: 1.0,
  differentPerson: 0.15,
};

export interface TrackerUpdate {
  /** Per detection: the track it belongs to, or null (too weak to start one). */
  trackOf: (Track | null)[];
  ended: Track[];
}

export interface Tracker {
  /** Every live track, tentative ones too. */
  tracks(): readonly Track[];
  /** Detections whose assignment is a close call and deserve an embedding before `update`. */
  doubtful(detections: readonly TrackerDetection[], atMs: number): number[];
  update(detections: readonly TrackerDetection[], atMs: number): TrackerUpdate;
  /** Ends a track that turned out to show another person now, and goes on at its place under a new id. */
  split(track: Track, sinceMs: number): Track;
  /** The picture has another size now: last places are those of the new one, by so much in width and height. */
  rescale(byWidth: number, byHeight: number): void;
  /** Ends everything, e.g. when the camera was away too long. */
  clear(): Track[];
}

const UNASSIGNED = 1;
/** A second-best pair this close to the best makes the assignment doubtful. */
const CLOSE_CALL = 0.25;

export function createTracker(options: Partial<TrackerOptions> = {}): Tracker {
  const o = { ...trackerDefaults, ...options };
  let nextId = o.firstTrackId;
  let live: Track[] = [];

  const born = (detection: TrackerDetection, atMs: number): Track => ({
    id: nextId++,
    box: detection.box,
    score: detection.score,
    state: o.confirmHits <= 1 ? 'confirmed' : 'tentative',
    visible: true,
    hits: 1,
    misses: 0,
    firstSeenMs: atMs,
    lastSeenMs: atMs,
    unbrokenSinceMs: atMs,
    appearance: null,
    inDoubt: false,
  });

  const follow = (track: Track, detection: TrackerDetection, atMs: number, doubt: boolean): void => {
    const jump = centreDistance(track.box, detection.box);
    const growth = Math.max(detection.box[2], track.box[2]) / Math.min(detection.box[2], track.box[2]);
    if (doubt || track.misses > 0 || jump > 0.4 || growth > 1.35) track.unbrokenSinceMs = atMs;
    track.inDoubt ||= doubt || jump > 0.6 || (track.misses > 0 && atMs - track.lastSeenMs > 1000);
    track.box = detection.box;
    track.score = detection.score;
    track.visible = true;
    track.hits++;
    track.misses = 0;
    track.lastSeenMs = atMs;
    if (track.state === 'tentative' && track.hits >= confirmHitsAt(track, atMs, o)) track.state = 'confirmed';
  };

  const match = (tracks: Track[], detections: readonly TrackerDetection[], atMs: number) => {
    const costs = tracks.map((track) => detections.map((d) => pairCost(track, d, atMs, o)));
    const chosen = assign(costs, UNASSIGNED);
    const doubt = chosen.map((column, row) => column !== null && hasRival(costs, row, column));
    return { chosen, doubt };
  };

  return {
    tracks: () => live,

    doubtful(detections, atMs) {
      const strong = detections.map((d, i) => ({ d, i })).filter(({ d }) => d.score >= o.highScore);
      const known = live.filter((track) => track.appearance !== null);
      const { chosen, doubt } = match(
        live,
        strong.map(({ d }) => d),
        atMs,
      );
      const out: number[] = [];
      for (const [row, column] of chosen.entries()) {
        if (column !== null && doubt[row] && known.length > 0) out.push(strong[column]!.i);
      }
      return out;
    },

    update(detections, atMs) {
      const trackOf: (Track | null)[] = detections.map(() => null);
      for (const track of live) track.visible = false;
      const pass = (tracks: Track[], indexes: number[]): void => {
        const { chosen, doubt } = match(
          tracks,
          indexes.map((i) => detections[i]!),
          atMs,
        );
        for (const [row, column] of chosen.entries()) {
          if (column === null) continue;
          const index = indexes[column]!;
          follow(tracks[row]!, detections[index]!, atMs, doubt[row]!);
          trackOf[index] = tracks[row]!;
        }
      };
      const indexesWhere = (keep: (d: TrackerDetection) => boolean): number[] =>
        detections.flatMap((d, i) => (keep(d) ? [i] : []));

      pass(
        live.filter((t) => t.state === 'confirmed'),
        indexesWhere((d) => d.score >= o.highScore),
      );
      pass(
        live.filter((t) => t.state === 'confirmed' && !t.visible),
        indexesWhere((d) => d.score < o.highScore),
      );
      pass(
        live.filter((t) => t.state === 'tentative'),
        indexesWhere((d) => d.score >= o.highScore * 0.85).filter((i) => trackOf[i] === null),
      );

      const ended: Track[] = [];
      live = live.filter((track) => {
        if (track.visible) return true;
        track.misses++;
        const away = atMs - track.lastSeenMs;
        const over =
          track.state === 'confirmed'
            ? away > o.lostMs && track.misses >= 2
            : track.misses >= 2 && (track.misses >= track.hits || away > o.lostMs);
        if (over) ended.push(track);
        return !over;
      });
      for (const [index, detection] of detections.entries()) {
        if (trackOf[index] !== null || detection.score < o.highScore) continue;
        const track = born(detection, atMs);
        live.push(track);
        trackOf[index] = track;
      }
      return { trackOf, ended };
    },

    rescale(byWidth, byHeight) {
      for (const track of live) {
        const [x, y, w, h] = track.box;
        track.box = [x * byWidth, y * byHeight, w * byWidth, h * byHeight];
      }
    },

    split(track, sinceMs) {
      const successor: Track = {
        ...track,
        id: nextId++,
        firstSeenMs: sinceMs,
        appearance: null,
        inDoubt: true,
      };
      live = live.map((t) => (t === track ? successor : t));
      return successor;
    },

    clear() {
      const ended = live;
      live = [];
      return ended;
    },
  };
}

/** At one sampled frame in a second or two, waiting for three would take too long: two are enough there. */
function confirmHitsAt(track: Track, atMs: number, o: TrackerOptions): number {
  const perHit = (atMs - track.firstSeenMs) / Math.max(1, track.hits - 1);
  return perHit >= 700 ? Math.min(2, o.confirmHits) : o.confirmHits;
}

function hasRival(costs: readonly (readonly number[])[], row: number, column: number): boolean {
  const best = costs[row]![column]!;
  if (costs[row]!.some((cost, other) => other !== column && cost < best + CLOSE_CALL)) return true;
  return costs.some((costsOfRow, other) => other !== row && costsOfRow[column]! < best + CLOSE_CALL);
}

/** 0 (the same place, the same size) … 1 (as far as one may go); Infinity: not the same face. */
function pairCost(track: Track, detection: TrackerDetection, atMs: number, o: TrackerOptions): number {
  const [, , w1, h1] = track.box;
  const [, , w2, h2] = detection.box;
  const ratio = Math.sqrt((w1 * h1) / (w2 * h2));
  if (ratio > 2 || ratio < 0.5) return Number.POSITIVE_INFINITY;
  // A face that was away for a moment may have moved farther, but never to the neighbour's seat.
  const patience = 1 + Math.min(0.5, (atMs - track.lastSeenMs) / 4000);
  const distance = centreDistance(track.box, detection.box) / (o.reach * patience);
  if (distance >= 1) return Number.POSITIVE_INFINITY;
  const overlap = iou(track.box, detection.box);
  let cost = 0.55 * distance + 0.35 * (1 - overlap) + 0.1 * Math.abs(Math.log2(ratio));
  if (track.appearance && detection.embedding) {
    const cosine = dot(track.appearance, detection.embedding);
    if (cosine < o.differentPerson) return Number.POSITIVE_INFINITY;
    cost = 0.5 * cost + 0.5 * Math.min(1, Math.max(0, 1 - cosine));
  }
  return cost;
}

/** Distance of two boxes' centres in units of their mean size. */
function centreDistance(a: BoxPx, b: BoxPx): number {
  const dx = a[0] + a[2] / 2 - b[0] - b[2] / 2;
  const dy = a[1] + a[3] / 2 - b[1] - b[3] / 2;
  return Math.hypot(dx, dy) / ((a[2] + a[3] + b[2] + b[3]) / 4);
}

function iou(a: BoxPx, b: BoxPx): number {
  const w = Math.min(a[0] + a[2], b[0] + b[2]) - Math.max(a[0], b[0]);
  const h = Math.min(a[1] + a[3], b[1] + b[3]) - Math.max(a[1], b[1]);
  if (w <= 0 || h <= 0) return 0;
  return (w * h) / (a[2] * a[3] + b[2] * b[3] - w * h);
}
