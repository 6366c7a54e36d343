/**
 * How long each student has been seen, over all cameras. Time between two sights counts when they are no further apart
 * than `maxGapMs`, so a face lost for a moment is bridged and a student seen by two cameras is counted once.
 */
export interface SeenTally {
  firstSeenAt: number;
  lastSeenAt: number;
  /** Milliseconds. */
  seenMs: number;
}

export interface SeenTime {
  /** A student was recognised in a frame captured at `atMs`. Frames of several cameras may arrive out of order. */
  saw(studentId: string, atMs: number): void;
  get(studentId: string): SeenTally | null;
  /** Students whose tally changed since the last call. */
  takeChanged(): [studentId: string, tally: SeenTally][];
  /** Continues from what was kept before a restart. */
  restore(studentId: string, tally: SeenTally): void;
  forget(studentId: string): void;
}

export function createSeenTime(maxGapMs: number): SeenTime {
  const tallies = new Map<string, SeenTally>();
  const changed = new Set<string>();
  return {
    saw(studentId, atMs) {
      const tally = tallies.get(studentId);
      changed.add(studentId);
      if (!tally) {
        tallies.set(studentId, { firstSeenAt: atMs, lastSeenAt: atMs, seenMs: 0 });
        return;
      }
      const gap = atMs - tally.lastSeenAt;
      if (gap > 0) {
        if (gap <= maxGapMs) tally.seenMs += gap;
        tally.lastSeenAt = atMs;
      } else if (atMs < tally.firstSeenAt) {
        tally.firstSeenAt = atMs;
      }
    },
    get: (studentId) => tallies.get(studentId) ?? null,
    takeChanged() {
      const list = [...changed].map((id): [string, SeenTally] => [id, { ...tallies.get(id)! }]);
      changed.clear();
      return list;
    },
    restore(studentId, tally) {
      tallies.set(studentId, { ...tally });
    },
    forget(studentId) {
      tallies.delete(studentId);
      changed.delete(studentId);
    },
  };
}
