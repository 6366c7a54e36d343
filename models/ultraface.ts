import type { Detection, DetectLevel } from './face-detector.ts';
import { resizeInto } from './resize.ts';
import { type ModelSession, ScratchPool } from './runtime.ts';

/**
 * UltraFace RFB (Linzaer, Ultra-Light-Fast-Generic-Face-Detector-1MB) with its post-processing cut off: a fully
 * convolutional SSD with anchors at four strides. Sizes in pixels, in the order of the network's outputs.
 *
 * The network was trained on 320 × 240 pixels with anchor rows spread evenly over the height. That fits strides 8 and
 * 16; at 32 and 64 the map is rounded up to 8 and 4 rows of 30 and 60 pixels, while its features lie 32 and 64 apart:
 * from 1 to 15 pixels off, 8 on average, which the network learned to add. `rowShift` takes that back, or faces of 60
 * to 300 pixels would sit up to a tenth of their height too low.
 */
const SCALES = [
  { stride: 8, sizes: [10, 16, 24], rowShift: 0 },
  { stride: 16, sizes: [32, 48], rowShift: 0 },
  { stride: 32, sizes: [64, 96], rowShift: -8 },
  { stride: 64, sizes: [128, 192, 256], rowShift: -8 },
] as const;

const CENTRE_VARIANCE = 0.1;
const SIZE_VARIANCE = 0.2;

/** Anchors of a picture of this size: feature maps are rounded up at every stride. */
export function anchorCount(width: number, height: number): number {
  return SCALES.reduce(
    (sum, { stride, sizes }) => sum + Math.ceil(width / stride) * Math.ceil(height / stride) * sizes.length,
    0,
  );
}

/**
 * Boxes from raw outputs. `scores` holds (background, face) and `locations` (dx, dy, dw, dh) per anchor, anchors by
 * stride, then row, column and size. With anchor side p: centre = anchor centre + 0.1·d·p, side = p·exp(0.2·d).
 */
export function decodeUltraFace(
  scores: Float32Array,
  locations: Float32Array,
  width: number,
  height: number,
  minScore: number,
): Detection[] {
  const found: Detection[] = [];
  let anchor = 0;
  for (const { stride, sizes, rowShift } of SCALES) {
    const columns = Math.ceil(width / stride);
    const rows = Math.ceil(height / stride);
    const perRow = columns * sizes.length;
    for (let row = 0; row < rows; row++) {
      for (let i = 0; i < perRow; i++, anchor++) {
        const score = scores[2 * anchor + 1]!;
        if (!(score >= minScore)) continue;
        const column = Math.floor(i / sizes.length);
        const side = sizes[i % sizes.length]!;
        const at = 4 * anchor;
        const boxWidth = side * Math.exp(SIZE_VARIANCE * locations[at + 2]!);
        const boxHeight = side * Math.exp(SIZE_VARIANCE * locations[at + 3]!);
        const x = (column + 0.5) * stride + CENTRE_VARIANCE * locations[at]! * side;
        const y = (row + 0.5) * stride + rowShift + CENTRE_VARIANCE * locations[at + 1]! * side;
        found.push({ score, points: null, box: [x - boxWidth / 2, y - boxHeight / 2, boxWidth, boxHeight] });
      }
    }
  }
  return found;
}

/**
 * The network as `cutUltraFace` prepares it: it takes the frame's own bytes, so that a frame of native size is
 * neither copied nor converted here. Outputs: `scores` [1,A,2] after softmax and `locations` [1,A,4].
 */
export function ultraFaceLevel(
  session: ModelSession,
  outputs: { scores: string; locations: string },
): DetectLevel {
  const scratch = new ScratchPool(Uint8Array);
  const names = [outputs.scores, outputs.locations];

  async function run(
    bytes: Uint8Array,
    width: number,
    height: number,
    minScore: number,
  ): Promise<Detection[]> {
    const data = bytes.subarray(0, 3 * width * height);
    const values = await session.run({ data, dims: [1, 1, height, 3 * width] }, names);
    const scores = values[outputs.scores]!.data;
    if (scores.length !== 2 * anchorCount(width, height)) {
      throw new RangeError(`The detector gave ${scores.length / 2} anchors for ${width} × ${height} pixels`);
    }
    return decodeUltraFace(scores, values[outputs.locations]!.data, width, height, minScore);
  }

  return async (image, width, height, minScore) => {
    if (width === image.width && height === image.height) return run(image.data, width, height, minScore);
    return scratch.use(3 * width * height, (bytes) => {
      resizeInto(image, width, height, bytes);
      return run(bytes, width, height, minScore);
    });
  };
}
