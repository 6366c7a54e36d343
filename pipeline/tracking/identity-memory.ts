import { dot } from '../vectors.ts';
import type { Looks } from './looks.ts';

/**
 * What students have looked like in this stream so far: whoever leaves and comes back is the same person within
 * a frame or two, for the camera, the light and the clothes are the same. Nothing here outlives the stream.
 */
export interface IdentityMemory {
  keep(studentId: string, trackId: number, looks: Looks): void;
  /** Cosine to the student's looks on other tracks; -1 when there were none. */
  remembered(studentId: string, vector: Float32Array, exceptTrackId: number): number;
  forgetTrack(trackId: number): void;
  retain(studentIds: ReadonlySet<string>): void;
}

const MOST_TRACKS = 4;

export function createIdentityMemory(): IdentityMemory {
  const students = new Map<string, Map<number, Looks>>();
  return {
    keep(studentId, trackId, looks) {
      const tracks = students.get(studentId) ?? new Map<number, Looks>();
      students.set(studentId, tracks);
      tracks.set(trackId, looks);
      if (tracks.size > MOST_TRACKS) tracks.delete(tracks.keys().next().value!);
    },
    remembered(studentId, vector, exceptTrackId) {
      let best = -1;
      for (const [trackId, looks] of students.get(studentId) ?? []) {
        if (trackId === exceptTrackId) continue;
        const fused = looks.fused();
        if (fused) best = Math.max(best, dot(fused, vector));
        for (const look of looks.all()) {
          if (look.count >= 3) best = Math.max(best, dot(look.vector, vector));
        }
      }
      return best;
    },
    forgetTrack(trackId) {
      for (const tracks of students.values()) tracks.delete(trackId);
    },
    retain(studentIds) {
      for (const id of students.keys()) if (!studentIds.has(id)) students.delete(id);
    },
  };
}
