import sharp from 'sharp';
import type { RgbImage } from '../models/image.ts';

/** JPEG of an image, at most `width` pixels wide. */
export async function encodeJpeg(image: RgbImage, width: number, quality = 75): Promise<EncodedPicture> {
  const { data, info } = await sharp(image.data, {
    raw: { width: image.width, height: image.height, channels: 3 },
  })
    .resize({ width: Math.min(width, image.width), kernel: 'linear', fastShrinkOnLoad: true })
    .jpeg({ quality, mozjpeg: false })
    .toBuffer({ resolveWithObject: true });
  return { jpeg: data, width: info.width, height: info.height };
}

export interface EncodedPicture {
  jpeg: Uint8Array;
  width: number;
  height: number;
}
