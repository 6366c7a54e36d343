import sharp from 'sharp';
import { PhotoError } from '../models/errors.ts';
import type { FaceModels } from '../models/face-models.ts';
import { type Box, nonMaximumSuppression } from '../models/geometry.ts';
import { padImage, type RgbImage } from '../models/image.ts';
import { decodePhoto } from '../models/photo.ts';
import type { PhotoFace, PhotoProblem, PhotoResult, WorkerFailure } from './messages.ts';
import { encodeJpeg } from './pictures.ts';
import { sharpness } from './sharpness.ts';
import { type DetectedFace, detectFaces } from './stages/detect.ts';
import { embedFaces, facePx } from './stages/identify.ts';
import { locateLandmarks } from './stages/locate.ts';
import { cutFace } from './tracked-face.ts';

/** Photos are looked at in at most this width; a face of a tenth of it is still 160 px. */
const LONGEST_SIDE = 1600;
/** Widths of the padded photo that are searched besides its own: a detector made for small faces in a room misses one that fills the picture. */
const LADDER = [640, 320, 160];
/** Side of the smallest face that makes a useful template. */
const MIN_FACE_PX = 40;
/** Any other face must be this much smaller (in width) than the one that is meant. */
const DOMINANCE = 2.2;
const MAX_YAW = 50;
const MAX_PITCH = 40;
/** Normalised Laplacian energy, see sharpness.ts. */
const MIN_SHARPNESS = 0.012;
const GOOD_SHARPNESS = 0.06;
const THUMBNAIL_PX = 480;

/**
 * From the bytes of a photo to a template: the one face that is meant, checked for size, sharpness and pose.
 * Works on snapshots as well as on tight portrait crops. Never throws for a bad photo: the problem has a code.
 */
export async function enrolPhoto(
  models: FaceModels,
  bytes: Uint8Array,
): Promise<PhotoResult | WorkerFailure> {
  let photo: RgbImage;
  try {
    photo = await shrink(await decodePhoto(bytes));
  } catch (error) {
    if (error instanceof PhotoError) return problem(error.code, error.message);
    throw error;
  }
  const faces = await findFaces(models, photo);
  const found = await describe(models, photo, faces);
  const [face, other] = found;
  if (!face) return problem('no-face', 'No face was found in the photo.');
  const px = facePx(face.box);
  if (other && px < facePx(other.box) * DOMINANCE) {
    return problem('several-faces', 'The photo shows several faces; use one with this person alone.');
  }
  if (px < MIN_FACE_PX) {
    return problem(
      'face-too-small',
      `The face is ${Math.round(px)} px wide; at least ${MIN_FACE_PX} are needed.`,
    );
  }
  const [judged] = await judgeFaces(models, photo, [face]);
  if (judged!.problem === 'face-too-blurred') return problem('face-too-blurred', 'The face is too blurred.');
  if (judged!.problem === 'face-turned-away') {
    return problem('face-turned-away', 'The face is turned away from the camera.');
  }
  return {
    ok: true,
    face: {
      box: face.box,
      embedding: face.vector,
      quality: judged!.quality,
      facePx: Math.round(px),
    },
    thumbnail: await faceThumbnail(photo, face.box),
    width: photo.width,
    height: photo.height,
  };
}

export interface FoundFace extends DetectedFace {
  vector: Float32Array;
}

/** Whether faces make good templates, and how good: size, sharpness, pose, detector score. */
export async function judgeFaces(
  models: FaceModels,
  photo: RgbImage,
  faces: readonly FoundFace[],
): Promise<{ quality: number; problem: PhotoFace['problem'] }[]> {
  const boxes = faces.map(({ box }) => box);
  const poses = models.headPose && faces.length > 0 ? await models.headPose.estimate(photo, boxes) : [];
  return faces.map(({ box, score }, i) => {
    const px = facePx(box);
    const sharp = sharpness(photo, box);
    const pose = poses[i];
    const frontal = pose ? 1 - 0.5 * Math.min(1, Math.hypot(pose.yaw, pose.pitch) / 60) : 0.9;
    const clear = Math.min(1, 0.4 + (0.6 * sharp) / GOOD_SHARPNESS);
    const size = Math.min(1, 0.4 + (0.6 * px) / 112);
    const turned = pose && (Math.abs(pose.yaw) > MAX_YAW || Math.abs(pose.pitch) > MAX_PITCH);
    return {
      quality: Math.min(1, Math.max(0, frontal * clear * size * Math.min(1, score + 0.05))),
      problem:
        px < MIN_FACE_PX
          ? 'face-too-small'
          : sharp < MIN_SHARPNESS
            ? 'face-too-blurred'
            : turned
              ? 'face-turned-away'
              : null,
    };
  });
}

/** The face with a margin: what is kept of a photo. */
export async function faceThumbnail(photo: RgbImage, box: Box): Promise<Uint8Array> {
  return (await encodeJpeg(cutFace(photo, box, 0.4), THUMBNAIL_PX, 85)).jpeg;
}

/**
 * Faces of the photo, largest first: its own size and a ladder of smaller widths, with a margin round the photo.
 * @param ladder widths besides its own that are searched
 */
export async function findFaces(
  models: FaceModels,
  photo: RgbImage,
  ladder: readonly number[] = LADDER,
): Promise<DetectedFace[]> {
  const margin = Math.round(Math.max(photo.width, photo.height) * 0.35);
  const padded = padImage(photo, margin, 128);
  const widths = [0, ...ladder.filter((width) => width < padded.width)];
  const candidates: DetectedFace[] = [];
  for (const width of widths) {
    for (const face of await detectFaces(models, padded, { width, known: [] })) {
      const [x, y, w, h] = face.box;
      candidates.push({
        score: face.score,
        box: [x - margin, y - margin, w, h],
        points: face.points && (face.points.map(([px, py]) => [px - margin, py - margin]) as never),
      });
    }
  }
  const apart = nonMaximumSuppression(candidates, 0.3);
  // The levels may each find a part of the face, or the head round it: what lies inside another is no second person.
  const bySize = [...apart].sort((a, b) => facePx(b.box) - facePx(a.box));
  const kept: DetectedFace[] = [];
  for (const face of bySize) {
    const host = kept.findIndex((other) => coveredBy(face.box, other.box) > 0.6);
    if (host === -1) kept.push(face);
    else if (face.score > kept[host]!.score + 0.05 && facePx(face.box) > 0.5 * facePx(kept[host]!.box)) {
      kept[host] = face;
    }
  }
  return kept;
}

/** Keeps what is a face to the embedder too: prints on shirts and posters' ornaments usually are not. */
export async function describe(
  models: FaceModels,
  photo: RgbImage,
  faces: readonly DetectedFace[],
  most = 8,
): Promise<FoundFace[]> {
  const largest = [...faces].sort((a, b) => facePx(b.box) - facePx(a.box)).slice(0, most);
  const boxes = largest.map(({ box }) => box);
  const landmarks = await locateLandmarks(models, photo, boxes);
  const embedded = await embedFaces(models, photo, largest, landmarks);
  return largest.flatMap((face, i) => {
    const answer = embedded[i];
    return answer?.faceLike ? [{ ...face, vector: answer.vector }] : [];
  });
}

/** Share of `inner` that lies inside `outer`. */
function coveredBy(inner: Box, outer: Box): number {
  const w = Math.min(inner[0] + inner[2], outer[0] + outer[2]) - Math.max(inner[0], outer[0]);
  const h = Math.min(inner[1] + inner[3], outer[1] + outer[3]) - Math.max(inner[1], outer[1]);
  return w <= 0 || h <= 0 ? 0 : (w * h) / (inner[2] * inner[3]);
}

/** The photo with no side longer than `most`. */
export async function shrink(photo: RgbImage, most = LONGEST_SIDE): Promise<RgbImage> {
  const longest = Math.max(photo.width, photo.height);
  if (longest <= most) return photo;
  const { data, info } = await sharp(photo.data, {
    raw: { width: photo.width, height: photo.height, channels: 3 },
  })
    .resize({ width: most, height: most, fit: 'inside' })
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}

const problem = (code: PhotoProblem, message: string): WorkerFailure => ({ ok: false, code, message });
