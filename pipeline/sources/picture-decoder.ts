import sharp, { type Metadata } from 'sharp';
import type { RgbImage } from '../../models/image.ts';

/** A picture that will not be decoded; the message says why. */
export class PictureError extends Error {
  override name = 'PictureError';
}

/** Larger ones are not what a camera sends by pictures; a small file can describe one of gigabytes. */
const MOST_PIXELS = 4096 * 2304;
const SECONDS = 5;

/**
 * A baseline JPEG as rgb24, at most `maxWidth` pixels wide (0: as it is). What a stranger could make expensive is
 * refused before it is decoded: other formats, too many pixels, progressive scans (each costs a pass over the whole
 * picture). Throws `PictureError`.
 */
export async function decodePicture(jpeg: Uint8Array, maxWidth: number): Promise<RgbImage> {
  const head = await readHead(jpeg);
  if (head.format !== 'jpeg') throw new PictureError(`${head.format} is no JPEG`);
  if (head.isProgressive) throw new PictureError('the JPEG is progressive');
  const { width, height } = head;
  if (width * height > MOST_PIXELS) throw new PictureError(`${width} × ${height} pixels are too many`);
  const picture = sharp(jpeg, { limitInputPixels: MOST_PIXELS, failOn: 'error', sequentialRead: true });
  if (maxWidth > 0 && width > maxWidth) picture.resize({ width: maxWidth, kernel: 'linear' });
  try {
    const { data, info } = await picture
      .toColourspace('srgb')
      .timeout({ seconds: SECONDS })
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    if (info.channels !== 3) throw new PictureError(`${info.channels} channels are no colours`);
    return { data, width: info.width, height: info.height };
  } catch (cause) {
    if (cause instanceof PictureError) throw cause;
    throw new PictureError('the picture is damaged', { cause });
  }
}

async function readHead(jpeg: Uint8Array): Promise<Metadata> {
  try {
    return await sharp(jpeg, { limitInputPixels: false, failOn: 'error' }).metadata();
  } catch (cause) {
    throw new PictureError('the picture cannot be read', { cause });
  }
}
