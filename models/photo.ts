import sharp from 'sharp';
import { PhotoError } from './errors.ts';
import type { RgbImage } from './image.ts';

/** Formats that cameras and phones write. Vector and document formats are not photos, and can refer to other files. */
const FORMATS: ReadonlySet<string> = new Set(['jpeg', 'png', 'webp', 'gif', 'tiff', 'heif', 'avif']);

export interface PhotoLimits {
  /** Of the file. Default 32 MiB. */
  maxBytes?: number;
  /** Of the picture that the file describes. Default 80 million: a small file can describe a picture of gigabytes. */
  maxPixels?: number;
  /** Larger pictures are scaled down to this many pixels. Default 12 million. */
  targetPixels?: number;
}

const SECONDS = 20;

/**
 * A photo as the camera saw it: turned as its EXIF says, in sRGB, on grey where it is transparent, the first frame of
 * an animation. Throws a PhotoError: `photo-too-large`, or `not-a-photo` for other formats and damaged files.
 */
export async function decodePhoto(bytes: Uint8Array, limits: PhotoLimits = {}): Promise<RgbImage> {
  const { maxBytes = 32 * 1024 * 1024, maxPixels = 80e6, targetPixels = 12e6 } = limits;
  if (bytes.length > maxBytes) {
    throw new PhotoError(
      'photo-too-large',
      `The photo has ${megabytes(bytes.length)} MB; at most ${megabytes(maxBytes)} MB are taken`,
    );
  }
  const { width, height, format } = await header(bytes);
  if (!FORMATS.has(format)) throw new PhotoError('not-a-photo', `A file of type ${format} is not a photo`);
  if (width * height > maxPixels) {
    throw new PhotoError(
      'photo-too-large',
      `The photo has ${width} × ${height} pixels; at most ${maxPixels / 1e6} million are taken`,
    );
  }
  try {
    const pipeline = sharp(bytes, {
      failOn: 'error',
      limitInputPixels: maxPixels,
      sequentialRead: true,
    }).rotate();
    const scale = Math.sqrt(targetPixels / (width * height));
    if (scale < 1) {
      // Rotation may swap the sides; a square limit of the longer one holds for both.
      const side = Math.floor(Math.max(width, height) * scale);
      pipeline.resize({ width: side, height: side, fit: 'inside' });
    }
    const { data, info } = await pipeline
      .flatten({ background: { r: 128, g: 128, b: 128 } })
      .toColourspace('srgb')
      .timeout({ seconds: SECONDS })
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    return { data: threeChannels(data, info.channels), width: info.width, height: info.height };
  } catch (cause) {
    throw new PhotoError('not-a-photo', `The photo is damaged: ${firstLine(cause)}`, { cause });
  }
}

async function header(bytes: Uint8Array): Promise<{ width: number; height: number; format: string }> {
  try {
    const { width, height, format } = await sharp(bytes, {
      failOn: 'error',
      limitInputPixels: false,
    }).metadata();
    return { width, height, format };
  } catch (cause) {
    throw new PhotoError('not-a-photo', 'The file is not a photo in a known format', { cause });
  }
}

function threeChannels(data: Buffer, channels: number): Uint8Array {
  if (channels === 3) return data;
  const count = data.length / channels;
  const rgb = new Uint8Array(count * 3);
  for (let i = 0; i < count; i++) rgb.fill(data[i * channels]!, 3 * i, 3 * i + 3);
  return rgb;
}

function megabytes(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(1);
}

function firstLine(cause: unknown): string {
  return (cause instanceof Error ? cause.message : String(cause)).split('\n')[0] ?? '';
}
