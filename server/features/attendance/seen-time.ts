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

/** Frames are never so late: the clock of the machine was set back. */
const SET_BACK_MS = 60_000;

export function createSeenTime(maxGapMs: number): SeenTime {
  /** `upToMs`: time is counted from here on; behind the last sight where the clock was set back. */
  const tallies = new Map<string, SeenTally & { upToMs: number }>();
  const changed = new Set<string>();
  const tallyOf = (studentId: string): SeenTally | null => {
    const found = tallies.get(studentId);
    if (!found) return null;
    const { upToMs: _, ...tally } = found;
    return tally;
  };
  return {
    saw(studentId, atMs) {
      const tally = tallies.get(studentId);
      changed.add(studentId);
      if (!tally) {
        tallies.set(studentId, { firstSeenAt: atMs, lastSeenAt: atMs, seenMs: 0, upToMs: atMs });
        return;
      }
      const gap = atMs - tally.upToMs;
      if (gap > 0 && gap <= maxGapMs) tally.seenMs += gap;
      if (gap > 0 || gap < -SET_BACK_MS) tally.upToMs = atMs;
      tally.lastSeenAt = Math.max(tally.lastSeenAt, atMs);
      tally.firstSeenAt = Math.min(tally.firstSeenAt, atMs);
    },
    get: (studentId) => tallyOf(studentId),
    takeChanged() {
      const list = [...changed].map((id): [string, SeenTally] => [id, tallyOf(id)!]);
      changed.clear();
      return list;
    },
    restore(studentId, tally) {
      tallies.set(studentId, { ...tally, upToMs: tally.lastSeenAt });
    },
    forget(studentId) {
      tallies.delete(studentId);
      changed.delete(studentId);
    },
  };
}
