import { eq } from 'drizzle-orm';
import sharp from 'sharp';
import { tenants } from '../../../db/schema/index.ts';
import type { Tx } from '../../../db/tenancy.ts';

/** The institution's logo as a small PNG, which PDF knows; null where there is none or it cannot be read. */
export async function institutionLogo(tx: Tx, tenantId: string): Promise<Uint8Array | null> {
  const [row] = await tx.select({ logo: tenants.logo }).from(tenants).where(eq(tenants.id, tenantId));
  if (!row?.logo) return null;
  try {
    const limits = { limitInputPixels: 4096 * 4096 };
    return Uint8Array.from(
      await sharp(row.logo, limits).resize(192, 192, { fit: 'inside' }).png().toBuffer(),
    );
  } catch {
    return null;
  }
}
