/**
 * Whether a face attends, from its head pose and eyes. The formula and its limits: docs/engagement.md.
 *
 * Nobody knows where the board is seen from a seat, so the seat's own habit is the reference: the running
 * median of the head pose of that track or student. The median ignores up to half of outliers, such as a
 * minute spent looking at a neighbour.
 */
export interface HeadPose {
  yaw: number;
  pitch: number;
  roll: number;
}

export interface EyesReading {
  /** P(closed), 0…1. */
  left: number;
  right: number;
}

export interface AttentionOptions {
  /** Half-axes of the cone, degrees. Pitch is tighter: a head bowed over a phone is 25° and more. */
  yawCone: number;
  pitchCone: number;
  /** Readings before there is a baseline; until then nothing is judged. */
  minReadings: number;
  /** Readings the median runs over. */
  window: number;
  /** A pose or an eye reading older than this says nothing about now. */
  poseTtlMs: number;
  eyesTtlMs: number;
  /** Both eyes above this are closed; for so long before it is no blink (100–400 ms). */
  closedAt: number;
  blinkMs: number;
  /**
   * Seen from below, or with narrow lids, open eyes look closed to the model. Eyes are judged only where they were
   * open in this share of the last `eyesWindow` readings, and not before `minEyesReadings`.
   */
  opensAtLeast: number;
  eyesWindow: number;
  minEyesReadings: number;
}

export const attentionDefaults: AttentionOptions = {
  yawCone: 30,
  pitchCone: 22,
  minReadings: 5,
  window: 180,
  poseTtlMs: 3500,
  eyesTtlMs: 2500,
  closedAt: 0.6,
  blinkMs: 900,
  opensAtLeast: 0.2,
  eyesWindow: 600,
  minEyesReadings: 8,
};

/** Heads are never taken to rest beyond this, whatever the median says: who looks away all the time is no baseline. */
const FARTHEST_BASELINE = { yaw: 50, pitch: 30 };

export interface AttentionJudge {
  addPose(pose: HeadPose, atMs: number): void;
  addEyes(eyes: EyesReading, atMs: number): void;
  /** Null: cannot be judged (no baseline yet, or the last reading is too old). */
  attentive(atMs: number): boolean | null;
  /** Null: not judged lately. True only after the eyes were closed longer than a blink. */
  eyesClosed(atMs: number): boolean | null;
  pose(atMs: number): HeadPose | null;
  baseline(): { yaw: number; pitch: number } | null;
}

export function createAttentionJudge(options: Partial<AttentionOptions> = {}): AttentionJudge {
  const o = { ...attentionDefaults, ...options };
  const yaws: number[] = [];
  const pitches: number[] = [];
  let last: { pose: HeadPose; atMs: number } | null = null;
  let eyesAtMs = Number.NEGATIVE_INFINITY;
  let closedSinceMs: number | null = null;
  const opens: boolean[] = [];
  let openCount = 0;
  let baseline: { yaw: number; pitch: number } | null = null;

  const judge: AttentionJudge = {
    addPose(pose, atMs) {
      if (!Number.isFinite(pose.yaw) || !Number.isFinite(pose.pitch)) return;
      last = { pose, atMs };
      yaws.push(pose.yaw);
      pitches.push(pose.pitch);
      if (yaws.length > o.window) {
        yaws.shift();
        pitches.shift();
      }
      baseline =
        yaws.length < o.minReadings
          ? null
          : {
              yaw: clamp(median(yaws), FARTHEST_BASELINE.yaw),
              pitch: clamp(median(pitches), FARTHEST_BASELINE.pitch),
            };
    },
    addEyes(eyes, atMs) {
      // A gap in the readings is not a closed eye.
      if (atMs - eyesAtMs > o.eyesTtlMs) closedSinceMs = null;
      eyesAtMs = atMs;
      const closed = eyes.left >= o.closedAt && eyes.right >= o.closedAt;
      opens.push(!closed);
      if (!closed) openCount++;
      if (opens.length > o.eyesWindow && opens.shift()) openCount--;
      closedSinceMs = closed ? (closedSinceMs ?? atMs) : null;
    },
    eyesClosed(atMs) {
      if (atMs - eyesAtMs > o.eyesTtlMs || opens.length < o.minEyesReadings) return null;
      if (openCount < o.opensAtLeast * opens.length) return null;
      return closedSinceMs !== null && eyesAtMs - closedSinceMs >= o.blinkMs;
    },
    attentive(atMs) {
      const pose = judge.pose(atMs);
      if (!pose || !baseline) return null;
      if (judge.eyesClosed(atMs) === true) return false;
      return insideCone(pose.yaw - baseline.yaw, pose.pitch - baseline.pitch, o);
    },
    pose: (atMs) => (last && atMs - last.atMs <= o.poseTtlMs ? last.pose : null),
    baseline: () => baseline,
  };
  return judge;
}

/** An ellipse in the plane of the two angles. */
function insideCone(yaw: number, pitch: number, o: AttentionOptions): boolean {
  return (yaw / o.yawCone) ** 2 + (pitch / o.pitchCone) ** 2 <= 1;
}

export function median(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

const clamp = (value: number, most: number): number => Math.max(-most, Math.min(most, value));
