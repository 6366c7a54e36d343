import { addScaled, dot, meanOf, normalise } from '../vectors.ts';

/**
 * What one track's face has looked like so far, as a few *looks*.
 *
 * Frames of one pose and light are one piece of evidence however many there are: a stranger who resembles a
 * student in one look does so in every frame of it. So embeddings that are nearly the same are averaged into
 * one look, and looks (not frames) are counted and fused.
 */
export interface Look {
  /** Normalised weighted mean of its embeddings. */
  vector: Float32Array;
  sum: Float32Array;
  weight: number;
  count: number;
  lastMs: number;
}

export interface Looks {
  add(vector: Float32Array, quality: number, atMs: number): void;
  all(): readonly Look[];
  /** Normalised mean of the looks, each weighted by its mean quality; null before the first. */
  fused(): Float32Array | null;
  /** Number of looks that differ from one another and are more than a passing frame. */
  decorrelated(): number;
  count(): number;
}

/** Embeddings at least this alike are one look; two photos of one person are about 0.6 ± 0.1 apart. */
const SAME_LOOK = 0.75;
const MOST_LOOKS = 12;

export function createLooks(): Looks {
  let looks: Look[] = [];
  let fused: Float32Array | null = null;
  let total = 0;

  const nearest = (vector: Float32Array): { look: Look | null; cosine: number } => {
    let look: Look | null = null;
    let cosine = -1;
    for (const candidate of looks) {
      const value = dot(candidate.vector, vector);
      if (value > cosine) {
        cosine = value;
        look = candidate;
      }
    }
    return { look, cosine };
  };

  const extend = (look: Look, sum: Float32Array, weight: number, count: number, atMs: number): void => {
    addScaled(look.sum, sum, 1);
    look.weight += weight;
    look.count += count;
    look.lastMs = Math.max(look.lastMs, atMs);
    look.vector = normalise(look.sum);
  };

  /** Makes room by joining the two looks that differ least. */
  const shrink = (): void => {
    let pair: [number, number] = [0, 1];
    let closest = -2;
    for (let i = 0; i < looks.length; i++) {
      for (let j = i + 1; j < looks.length; j++) {
        const cosine = dot(looks[i]!.vector, looks[j]!.vector);
        if (cosine > closest) {
          closest = cosine;
          pair = [i, j];
        }
      }
    }
    const absorbed = looks[pair[1]]!;
    extend(looks[pair[0]]!, absorbed.sum, absorbed.weight, absorbed.count, absorbed.lastMs);
    looks = looks.filter((look) => look !== absorbed);
  };

  return {
    add(vector, quality, atMs) {
      const weight = Math.max(0.05, Math.min(1, quality));
      const weighted = new Float32Array(vector.length);
      addScaled(weighted, vector, weight);
      const { look, cosine } = nearest(vector);
      if (look && cosine >= SAME_LOOK) extend(look, weighted, weight, 1, atMs);
      else looks.push({ vector, sum: weighted, weight, count: 1, lastMs: atMs });
      if (looks.length > MOST_LOOKS) shrink();
      total++;
      fused = null;
    },
    all: () => looks,
    fused() {
      if (looks.length === 0) return null;
      fused ??= meanOf(
        looks.map((look) => look.vector),
        // A look seen once may be a blend or a blur: it counts half.
        looks.map((look) => (look.weight / look.count) * Math.min(1, look.count / 2)),
      );
      return fused;
    },
    decorrelated() {
      const kept: Look[] = [];
      for (const look of [...looks].sort((a, b) => b.weight - a.weight)) {
        if (look.count < 2) continue;
        if (kept.every((other) => dot(other.vector, look.vector) < SAME_LOOK)) kept.push(look);
      }
      return kept.length;
    },
    count: () => total,
  };
}
