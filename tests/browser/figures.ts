/** The value that this share of the values is below. */
export function percentile(values: number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

export function spread(values: number[]): string {
  const [p5, p50, p95, max] = [0.05, 0.5, 0.95, 1].map((share) => Math.round(percentile(values, share)));
  return `p5 ${p5}, p50 ${p50}, p95 ${p95}, max ${max} ms (${values.length})`;
}
