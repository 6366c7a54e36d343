import { eq } from 'drizzle-orm';
import sharp from 'sharp';
import type { AppContext } from '../../context.ts';
import { tenants } from '../../db/schema/index.ts';
import { ApiError } from '../../errors.ts';

export const LOGO_BYTES = 1024 * 1024;
const SMALLEST = 32;
const LARGEST = 4096;
/** What is kept fits into a square of this size. */
const KEPT = 512;

/**
 * Reads a picture and writes it anew, as PNG: what is served was made here, without metadata or anything that was
 * hidden in the file. Throws `logo-invalid`.
 */
export async function readLogo(file: Buffer): Promise<Buffer> {
  try {
    const picture = sharp(file, { limitInputPixels: LARGEST * LARGEST, failOn: 'error' });
    const { format, width = 0, height = 0 } = await picture.metadata();
    const known = format === 'png' || format === 'jpeg' || format === 'webp';
    const fits = Math.min(width, height) >= SMALLEST && Math.max(width, height) <= LARGEST;
    if (!known || !fits) throw new ApiError('logo-invalid');
    return await picture
      .rotate()
      .resize({ width: KEPT, height: KEPT, fit: 'inside', withoutEnlargement: true })
      .png({ compressionLevel: 9 })
      .toBuffer();
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw new ApiError('logo-invalid', { cause: error });
  }
}

export async function keepLogo(context: AppContext, tenantId: string, logo: Buffer | null): Promise<void> {
  await context.db.tenant(tenantId, (tx) =>
    tx
      .update(tenants)
      .set({ logo, logoType: logo === null ? null : 'image/png', updatedAt: new Date(context.clock.now()) })
      .where(eq(tenants.id, tenantId)),
  );
}
