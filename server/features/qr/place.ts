export interface Place {
  /** Degrees, WGS 84. */
  latitude: number;
  longitude: number;
}

/** Mean radius of the earth (IUGG), metres. */
const EARTH_M = 6_371_008.8;
/** A device may be believed to be nearer by what it says about its own error, up to this. */
export const MAX_ACCURACY_CREDIT_M = 50;

/** Great-circle distance by the haversine formula, metres; its error on the ellipsoid is below 0.6 %. */
export function distanceM(a: Place, b: Place): number {
  const radians = (degrees: number) => (degrees * Math.PI) / 180;
  const h =
    Math.sin(radians(b.latitude - a.latitude) / 2) ** 2 +
    Math.cos(radians(a.latitude)) *
      Math.cos(radians(b.latitude)) *
      Math.sin(radians(b.longitude - a.longitude) / 2) ** 2;
  return 2 * EARTH_M * Math.asin(Math.min(1, Math.sqrt(h)));
}

/** A device that says "within 5 km" is not within 50 m: the credit for its error is bounded. */
export function isWithin(distance: number, radiusM: number, accuracyM: number): boolean {
  return distance <= radiusM + Math.min(Math.max(accuracyM, 0), MAX_ACCURACY_CREDIT_M);
}
