import { PhotoError } from '../models/errors.ts';
import type { FaceModels } from '../models/face-models.ts';
import type { RgbImage } from '../models/image.ts';
import { decodePhoto } from '../models/photo.ts';
import { describe, faceThumbnail, findFaces, judgeFaces, shrink } from './enrolment.ts';
import type { PhotoFacesOptions, PhotoFacesResult, WorkerFailure } from './messages.ts';
import { matchFaces } from './photo-match.ts';
import { encodeJpeg } from './pictures.ts';
import { facePx } from './stages/identify.ts';

/** Photos of a class are looked at in at most this width: somebody in the last row is a hundredth of it. */
const LONGEST_SIDE = 4096;
/** Widths that are searched besides the photo's own, for the faces of the first row. */
const LADDER = [1600, 640];

/**
 * Every face of a photo of several people, from left to right, each with its embedding and what keeps it from being a
 * template. Never throws for a bad photo: the problem has a code. A photo that shows nobody has no faces.
 */
export async function readPhotoFaces(
  models: FaceModels,
  bytes: Uint8Array,
  options: PhotoFacesOptions,
): Promise<PhotoFacesResult | WorkerFailure> {
  let photo: RgbImage;
  try {
    photo = await shrink(await decodePhoto(bytes), LONGEST_SIDE);
  } catch (error) {
    if (error instanceof PhotoError) return { ok: false, code: error.code, message: error.message };
    throw error;
  }
  const candidates = await findFaces(models, photo, LADDER);
  const found = await describe(models, photo, candidates, candidates.length);
  const kept = found
    .sort((a, b) => facePx(b.box) - facePx(a.box))
    .slice(0, options.maxFaces)
    .sort((a, b) => a.box[0] + a.box[2] / 2 - (b.box[0] + b.box[2] / 2));
  const judged = await judgeFaces(models, photo, kept);
  const thumbnails = await Promise.all(kept.map(({ box }) => faceThumbnail(photo, box)));
  const { pictureWidth } = options;
  const matches = matchFaces(
    models,
    kept.map(({ vector }, i) => ({ vector, problem: judged[i]!.problem })),
    options.gallery ?? [],
  );
  return {
    ok: true,
    faces: kept.map((face, i) => ({
      box: face.box,
      embedding: face.vector,
      facePx: Math.round(facePx(face.box)),
      thumbnail: thumbnails[i]!,
      ...judged[i]!,
      match: matches[i] ?? null,
    })),
    found: found.length,
    width: photo.width,
    height: photo.height,
    picture: pictureWidth === null ? null : (await encodeJpeg(photo, pictureWidth, 85)).jpeg,
  };
}
