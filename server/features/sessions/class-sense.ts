import type { StreamSpec } from '../../../pipeline/messages.ts';

/** Whether what a camera sees is a class: enough faces for long enough. */
export interface ClassSense {
  /** A frame. True from when it is a class. */
  saw(faces: number, atMs: number): boolean;
}

/** A frame or two with fewer faces, heads down or somebody in the way, does not begin it anew. */
const LAPSE_FRAMES = 3;
const SHORTEST_LAPSE_MS = 3000;
/** Keyframes may be ten seconds apart. */
const KEYFRAME_LAPSE_MS = 30_000;

export function lapseOf(sampling: StreamSpec['sampling']): number {
  return sampling.mode === 'keyframes'
    ? KEYFRAME_LAPSE_MS
    : Math.max(SHORTEST_LAPSE_MS, (LAPSE_FRAMES * 1000) / sampling.fps);
}

export function createClassSense(rule: { faces: number; seconds: number; lapseMs: number }): ClassSense {
  let since: { first: number; last: number } | null = null;
  return {
    saw(faces, atMs) {
      // Also where the clock was set back: what was seen before says nothing about how long it was.
      const lapsed = since !== null && (atMs < since.last || atMs - since.last > rule.lapseMs);
      if (lapsed) since = null;
      if (faces < rule.faces) return false;
      since = { first: since?.first ?? atMs, last: atMs };
      return atMs - since.first >= rule.seconds * 1000;
    },
  };
}
