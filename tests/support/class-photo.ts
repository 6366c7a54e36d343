import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { projectRoot } from '../../config/paths.ts';

/** Photos of real people, one folder each; on a developer's machine and in CI only. */
export const FACES = join(projectRoot, '..', 'shared', 'data', 'faces');
export const facesAvailable = existsSync(FACES);

export interface PhotoPerson {
  name: string;
  photos: Buffer[];
}

/** People of the faces at hand, with all their photos. */
export async function loadPeople(from: number, count: number): Promise<PhotoPerson[]> {
  const names = (await readdir(FACES)).sort().slice(from, from + count);
  return Promise.all(
    names.map(async (name) => ({
      name,
      photos: await Promise.all(
        (await readdir(join(FACES, name))).sort().map((file) => readFile(join(FACES, name, file))),
      ),
    })),
  );
}

/**
 * A photo of a class: these portraits in a row, from left to right, on a wall.
 * @param px side of each portrait; the face fills about two thirds of it
 */
export async function classPhoto(portraits: readonly Buffer[], px = 220): Promise<Buffer> {
  const gap = Math.round(px * 0.8);
  const width = gap + portraits.length * (px + gap);
  const composed = await Promise.all(
    portraits.map(async (portrait, i) => ({
      input: await sharp(portrait).resize(px, px).toColourspace('srgb').png().toBuffer(),
      left: gap + i * (px + gap),
      top: gap + (i % 2) * Math.round(px / 3),
    })),
  );
  return sharp({ create: { width, height: px * 3, channels: 3, background: '#8d938c' } })
    .composite(composed)
    .jpeg({ quality: 92 })
    .toBuffer();
}
