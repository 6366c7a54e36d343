import { type Box, type FivePoints, nonMaximumSuppression } from './geometry.ts';
import type { RgbImage } from './image.ts';

export interface Detection {
  /** Pixels of the image; may reach a little beyond its edges. */
  readonly box: Box;
  /** 0…1 */
  readonly score: number;
  /** Null where the detector finds none: ask the verifier or the landmark locator. */
  readonly points: FivePoints | null;
}

export interface DetectOptions {
  /** Width in pixels that the image is scaled to first; 0, absent or wider than the image: its own. */
  width?: number;
  /** Default: the pack's calibration. */
  minScore?: number;
  /** Further, smaller widths to look at: faces that fill the picture are found only there. */
  pyramid?: readonly number[];
  /** Faces with a shorter side below this many pixels of the image are left out. */
  minFacePx?: number;
}

export interface FaceDetector {
  /** Faces of the image, best first. The image must stay untouched until the promise settles. */
  detect(image: RgbImage, options?: DetectOptions): Promise<Detection[]>;
}

/** Finds candidates at one size; boxes are pixels of the scaled image, overlapping ones are still in. */
export type DetectLevel = (
  image: RgbImage,
  width: number,
  height: number,
  minScore: number,
) => Promise<Detection[]>;

export interface DetectorDefaults {
  minScore: number;
  nmsIou: number;
}

/** Smaller pictures hold no face that could be used, and a network's last feature map would be empty. */
const MIN_SIDE = 16;
/** A picture made to look like thousands of faces must not make suppression quadratic in them. */
const MAX_CANDIDATES = 4000;

/** What all detectors share: sizes, the pyramid, suppression across its levels, filters. */
export function faceDetector(detectLevel: DetectLevel, defaults: DetectorDefaults): FaceDetector {
  return {
    async detect(image, options = {}) {
      if (image.width < MIN_SIDE || image.height < MIN_SIDE) return [];
      const minScore = options.minScore ?? defaults.minScore;
      const minFace = options.minFacePx ?? 0;
      const candidates: Detection[] = [];
      for (const width of levelWidths(image, options)) {
        const height = Math.max(MIN_SIDE, Math.round((image.height * width) / image.width));
        const scaleX = image.width / width;
        const scaleY = image.height / height;
        for (const found of await detectLevel(image, width, height, minScore)) {
          const scaled = scaleDetection(found, scaleX, scaleY);
          if (Math.min(scaled.box[2], scaled.box[3]) >= minFace) candidates.push(scaled);
        }
      }
      if (candidates.length > MAX_CANDIDATES) {
        candidates.sort((a, b) => b.score - a.score);
        candidates.length = MAX_CANDIDATES;
      }
      return nonMaximumSuppression(candidates, defaults.nmsIou);
    },
  };
}

/** Distinct widths to look at, largest first, none larger than the image. */
export function levelWidths(image: RgbImage, options: DetectOptions): number[] {
  const first = options.width && options.width < image.width ? options.width : image.width;
  const widths = [first, ...(options.pyramid ?? []).filter((width) => width < first)];
  return [...new Set(widths.map((width) => Math.max(MIN_SIDE, Math.round(width))))].sort((a, b) => b - a);
}

function scaleDetection(found: Detection, x: number, y: number): Detection {
  if (x === 1 && y === 1) return found;
  const [left, top, width, height] = found.box;
  return {
    score: found.score,
    box: [left * x, top * y, width * x, height * y],
    points: found.points && (found.points.map(([px, py]) => [px * x, py * y]) as unknown as FivePoints),
  };
}
