import type { Detection, DetectLevel } from './face-detector.ts';
import type { FivePoints, Point } from './geometry.ts';
import type { PixelFormat, RgbImage } from './image.ts';
import { resizeInto, writePlanes } from './resize.ts';
import { type ModelSession, ScratchPool, type TensorValue } from './runtime.ts';

const STRIDES = [8, 16, 32] as const;
/** The network halves five times: sides are padded up to the next multiple. */
const ALIGNMENT = 32;

/**
 * Boxes from YuNet's outputs `cls_S`, `obj_S` [1,C,1], `bbox_S` [1,C,4] and `kps_S` [1,C,10] for strides S of 8, 16
 * and 32 (OpenCV's FaceDetectorYN, cells by row and column): score = √(cls · obj), centre = (cell + offset) · S,
 * side = exp(·) · S, points = (cell + offset) · S in the order of `FivePoints`.
 */
export function decodeYuNet(
  outputs: Readonly<Record<string, Pick<TensorValue, 'data'>>>,
  paddedWidth: number,
  paddedHeight: number,
  minScore: number,
): Detection[] {
  const found: Detection[] = [];
  for (const stride of STRIDES) {
    const columns = paddedWidth / stride;
    const cells = columns * (paddedHeight / stride);
    const classes = outputs[`cls_${stride}`]!.data;
    const objects = outputs[`obj_${stride}`]!.data;
    const boxes = outputs[`bbox_${stride}`]!.data;
    const points = outputs[`kps_${stride}`]!.data;
    for (let cell = 0; cell < cells; cell++) {
      const score = Math.sqrt(clampUnit(classes[cell]!) * clampUnit(objects[cell]!));
      if (!(score >= minScore)) continue;
      const column = cell % columns;
      const row = Math.floor(cell / columns);
      const x = (column + boxes[4 * cell]!) * stride;
      const y = (row + boxes[4 * cell + 1]!) * stride;
      const width = Math.exp(boxes[4 * cell + 2]!) * stride;
      const height = Math.exp(boxes[4 * cell + 3]!) * stride;
      const at = (k: number): Point => [
        (column + points[10 * cell + 2 * k]!) * stride,
        (row + points[10 * cell + 2 * k + 1]!) * stride,
      ];
      const five: FivePoints = [at(0), at(1), at(2), at(3), at(4)];
      found.push({ score, box: [x - width / 2, y - height / 2, width, height], points: five });
    }
  }
  return found;
}

function clampUnit(value: number): number {
  return Math.min(1, Math.max(0, value));
}

export function yuNetLevel(session: ModelSession, format: PixelFormat): DetectLevel {
  const bytes = new ScratchPool(Uint8Array);
  const floats = new ScratchPool(Float32Array);
  const names = STRIDES.flatMap((s) => [`cls_${s}`, `obj_${s}`, `bbox_${s}`, `kps_${s}`]);

  async function run(image: RgbImage, minScore: number): Promise<Detection[]> {
    const width = Math.ceil(image.width / ALIGNMENT) * ALIGNMENT;
    const height = Math.ceil(image.height / ALIGNMENT) * ALIGNMENT;
    return floats.use(3 * width * height, async (data) => {
      // The margin is black: scratch memory holds whatever the last picture left there.
      if (width !== image.width || height !== image.height) data.fill(0);
      writePlanes(image, data, format, width, height);
      return decodeYuNet(
        await session.run({ data, dims: [1, 3, height, width] }, names),
        width,
        height,
        minScore,
      );
    });
  }

  return async (image, width, height, minScore) => {
    if (width === image.width && height === image.height) return run(image, minScore);
    return bytes.use(3 * width * height, (scratch) =>
      run(resizeInto(image, width, height, scratch), minScore),
    );
  };
}
