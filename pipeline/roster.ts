import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import type { FaceModels } from '../models/face-models.ts';
import { enrolPhoto } from './enrolment.ts';
import type { GalleryEntry } from './messages.ts';

export interface RosterPhoto {
  studentId: string;
  file: string;
}

export interface EnrolledRoster {
  gallery: GalleryEntry[];
  /** Photos that could not be used, with the reason. */
  rejected: (RosterPhoto & { message: string })[];
  /** Students none of whose photos could be used. */
  withoutFace: string[];
}

const PHOTO = /\.(jpe?g|png|webp|gif|tiff?|avif|heic|heif|bmp)$/i;

/** Photos in a folder with one folder a student; an empty list where it has none. Throws when it cannot be read. */
export async function listRoster(dir: string): Promise<RosterPhoto[]> {
  const photos: RosterPhoto[] = [];
  for (const studentId of (await readdir(dir)).sort()) {
    const folder = path.join(dir, studentId);
    if (studentId.startsWith('.') || !(await stat(folder)).isDirectory()) continue;
    for (const name of (await readdir(folder)).sort()) {
      if (PHOTO.test(name)) photos.push({ studentId, file: path.join(folder, name) });
    }
  }
  return photos;
}

export async function enrolRoster(
  models: FaceModels,
  photos: readonly RosterPhoto[],
  onPhoto: () => void = () => {},
): Promise<EnrolledRoster> {
  const templates = new Map<string, Float32Array[]>();
  const rejected: EnrolledRoster['rejected'] = [];
  for (const photo of photos) {
    const own = templates.get(photo.studentId) ?? [];
    templates.set(photo.studentId, own);
    const result = await enrolPhoto(models, await readFile(photo.file));
    if (result.ok) own.push(result.face.embedding);
    else rejected.push({ ...photo, message: result.message });
    onPhoto();
  }
  const gallery: GalleryEntry[] = [];
  const withoutFace: string[] = [];
  for (const [studentId, own] of templates) {
    if (own.length === 0) withoutFace.push(studentId);
    else gallery.push({ studentId, templates: own, negatives: [] });
  }
  return { gallery, rejected, withoutFace };
}
