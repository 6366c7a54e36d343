/**
 * How alike is alike enough. All numbers are cosines, derived from the pack's calibration (cosine at a
 * false-accept rate of one comparison) and the number of comparisons that a face goes through.
 *
 * The rates below are per *look* of one stranger against the whole gallery. At three sessions a week over
 * fourteen weeks with one stranger in each and about five looks of that stranger a session, 1e-4 leaves an
 * expected 0.02 wrong marks a term for a single look; several looks that agree multiply their evidence, so
 * each may be weaker.
 */
export interface IdentityPolicy {
  /** Below: nobody of the gallery. From here: worth a person's glance. */
  review: number;
  /** One look is enough from here. */
  sureSingle: number;
  /** Several decorrelated looks taken together are enough from here… */
  sureSeveral: number;
  /** …if at least two of them reach this on their own. */
  lookAgrees: number;
  /** Distance to the runner-up. */
  marginSingle: number;
  marginSeveral: number;
  /** A face known from earlier in the same stream: the same camera and clothes, so much closer than a photo. */
  remembered: number;
}

const RATE_SINGLE = 1e-4;
const RATE_SEVERAL = 5e-4;
const RATE_LOOK = 2e-2;
const RATE_REVIEW = 2e-2;

/** No calibration has enough pairs to have seen 1e-6, so what it is carried on to has a ceiling. */
const HIGHEST = 0.75;

/** @param cosineAtFar cosine at a false-accept rate of one comparison (models' `thresholdAt`). */
export function identityPolicy(cosineAtFar: (far: number) => number, comparisons: number): IdentityPolicy {
  const rows = Math.max(10, comparisons);
  const thresholdAt = (far: number): number => Math.min(HIGHEST, cosineAtFar(far));
  return {
    review: thresholdAt(RATE_REVIEW / rows),
    sureSingle: thresholdAt(RATE_SINGLE / rows),
    sureSeveral: thresholdAt(RATE_SEVERAL / rows),
    lookAgrees: thresholdAt(RATE_LOOK / rows),
    marginSingle: 0.12,
    marginSeveral: 0.1,
    remembered: Math.max(0.6, thresholdAt(1e-7)),
  };
}

/** 0.5 at the threshold of `review`, 0.8 at that of `sure`, 1 well above it. */
export function confidenceOf(score: number, sureAt: number, policy: IdentityPolicy): number {
  const { review } = policy;
  if (score <= 0) return 0;
  if (score < review) return (0.5 * score) / review;
  if (score < sureAt) return 0.5 + (0.3 * (score - review)) / Math.max(1e-6, sureAt - review);
  return Math.min(1, 0.8 + (0.2 * (score - sureAt)) / 0.25);
}
