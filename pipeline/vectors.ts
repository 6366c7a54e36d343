/** Arithmetic on embeddings: plain Float32Arrays, L2-normalised unless a name says otherwise. */

export function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

export function normalise(vector: Float32Array): Float32Array {
  const length = Math.sqrt(dot(vector, vector));
  const out = new Float32Array(vector.length);
  if (length > 0) for (let i = 0; i < vector.length; i++) out[i] = vector[i]! / length;
  return out;
}

/** Adds `vector · weight` to `sum` in place. */
export function addScaled(sum: Float32Array, vector: Float32Array, weight: number): void {
  for (let i = 0; i < sum.length; i++) sum[i] = sum[i]! + vector[i]! * weight;
}

/** Normalised weighted mean of normalised vectors. */
export function meanOf(vectors: readonly Float32Array[], weights?: readonly number[]): Float32Array {
  const sum = new Float32Array(vectors[0]?.length ?? 0);
  for (const [i, vector] of vectors.entries()) addScaled(sum, vector, weights?.[i] ?? 1);
  return normalise(sum);
}
