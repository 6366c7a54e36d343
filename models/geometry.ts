/**
 * Plane geometry of faces. Coordinates are pixels of the image with the origin at its top left corner, x to the
 * right and y down. Nothing here looks at pixels.
 */

/** x and y of the top left corner, width, height. */
export type Box = readonly [x: number, y: number, width: number, height: number];

export type Point = readonly [x: number, y: number];

/** Left eye, right eye, nose tip, left and right mouth corner, as they appear in the image. */
export type FivePoints = readonly [Point, Point, Point, Point, Point];

/** Maps (x, y) to (a·x + b·y + tx, c·x + d·y + ty). */
export type Affine = readonly [a: number, b: number, tx: number, c: number, d: number, ty: number];

/** Overlap of two boxes: area of the intersection over area of the union, 0…1. Degenerate boxes overlap nothing. */
export function iou(a: Box, b: Box): number {
  const width = Math.min(a[0] + a[2], b[0] + b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[1] + a[3], b[1] + b[3]) - Math.max(a[1], b[1]);
  if (!(width > 0 && height > 0)) return 0;
  const intersection = width * height;
  return Math.min(1, intersection / (a[2] * a[3] + b[2] * b[3] - intersection));
}

/**
 * Greedy non-maximum suppression: the best scored of every group of boxes that overlap by more than `threshold`,
 * best first. Equal scores keep their order, so that a result does not depend on the sorting algorithm.
 */
export function nonMaximumSuppression<T extends { readonly box: Box; readonly score: number }>(
  candidates: readonly T[],
  threshold: number,
): T[] {
  const kept: T[] = [];
  for (const candidate of [...candidates].sort((a, b) => b.score - a.score)) {
    if (kept.every((other) => iou(other.box, candidate.box) <= threshold)) kept.push(candidate);
  }
  return kept;
}

/** The square about a box's centre whose side is the box's longer side times `scale`. */
export function squareAround(box: Box, scale = 1): Box {
  const side = Math.max(box[2], box[3]) * scale;
  return [box[0] + (box[2] - side) / 2, box[1] + (box[3] - side) / 2, side, side];
}

/** The box grown about its centre to `scale` times its width and height. */
export function scaleBox(box: Box, scale: number): Box {
  const width = box[2] * scale;
  const height = box[3] * scale;
  return [box[0] + (box[2] - width) / 2, box[1] + (box[3] - height) / 2, width, height];
}

/** The smallest box round interleaved x, y coordinates; an empty list gives an empty box at the origin. */
export function boundingBox(points: ArrayLike<number>): Box {
  let left = Number.POSITIVE_INFINITY;
  let top = Number.POSITIVE_INFINITY;
  let right = Number.NEGATIVE_INFINITY;
  let bottom = Number.NEGATIVE_INFINITY;
  for (let i = 0; i + 1 < points.length; i += 2) {
    left = Math.min(left, points[i]!);
    right = Math.max(right, points[i]!);
    top = Math.min(top, points[i + 1]!);
    bottom = Math.max(bottom, points[i + 1]!);
  }
  return right >= left ? [left, top, right - left, bottom - top] : [0, 0, 0, 0];
}

export function applyAffine(m: Affine, [x, y]: Point): Point {
  return [m[0] * x + m[1] * y + m[2], m[3] * x + m[4] * y + m[5]];
}

/** The inverse map. Throws a RangeError where there is none. */
export function invertAffine(m: Affine): Affine {
  const determinant = m[0] * m[4] - m[1] * m[3];
  if (!Number.isFinite(determinant) || determinant === 0)
    throw new RangeError('The affine map cannot be inverted');
  const a = m[4] / determinant;
  const b = -m[1] / determinant;
  const c = -m[3] / determinant;
  const d = m[0] / determinant;
  return [a, b, -(a * m[2] + b * m[5]), c, d, -(c * m[2] + d * m[5])];
}

/**
 * The rotation, uniform scale and shift that takes `from` nearest to `to` in the least-squares sense; it never
 * mirrors. In two dimensions Umeyama's solution (IEEE TPAMI 13(4), 1991) needs no singular value decomposition:
 * with centred points p and q, (a, b) = Σ(p·q, p×q) / Σ|p|². Coinciding points give a pure shift.
 */
export function similarityTransform(from: readonly Point[], to: readonly Point[]): Affine {
  const count = Math.min(from.length, to.length);
  let fromX = 0;
  let fromY = 0;
  let toX = 0;
  let toY = 0;
  for (let i = 0; i < count; i++) {
    fromX += from[i]![0] / count;
    fromY += from[i]![1] / count;
    toX += to[i]![0] / count;
    toY += to[i]![1] / count;
  }
  let dot = 0;
  let cross = 0;
  let spread = 0;
  for (let i = 0; i < count; i++) {
    const x = from[i]![0] - fromX;
    const y = from[i]![1] - fromY;
    const u = to[i]![0] - toX;
    const v = to[i]![1] - toY;
    dot += x * u + y * v;
    cross += x * v - y * u;
    spread += x * x + y * y;
  }
  const a = spread > 0 ? dot / spread : 1;
  const b = spread > 0 ? cross / spread : 0;
  return [a, -b, toX - a * fromX + b * fromY, b, a, toY - b * fromX - a * fromY];
}

/** Maps the pixel centres of a width × height raster onto the part of an image that `box` covers. */
export function cropTransform(box: Box, width: number, height: number): Affine {
  const sx = box[2] / width;
  const sy = box[3] / height;
  return [sx, 0, box[0] + sx / 2 - 0.5, 0, sy, box[1] + sy / 2 - 0.5];
}
