import { createCipheriv, randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';

/** The disk is full, or so nearly that what is left belongs to the database. */
export class NoSpaceError extends Error {
  override name = 'NoSpaceError';
}

/** `000012.ts` in the recording's folder. */
export const segmentName = (seq: number): string => `${String(seq).padStart(6, '0')}.ts`;

/**
 * Encrypts one segment with AES-128-CBC, the IV being its number as RFC 8216 (5.2) has it, and puts it on the disk:
 * whole under its name, or not at all. Returns the bytes of the file. Throws `NoSpaceError`.
 */
export async function writeSegment(
  dir: string,
  seq: number,
  plain: Uint8Array,
  options: { key: Uint8Array; minFreeBytes: number },
): Promise<number> {
  const iv = Buffer.alloc(16);
  iv.writeUInt32BE(seq, 12);
  const cipher = createCipheriv('aes-128-cbc', options.key, iv);
  const sealed = Buffer.concat([cipher.update(plain), cipher.final()]);
  const aside = join(dir, `${segmentName(seq)}.${randomUUID()}.part`);
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    const { bavail, bsize } = await statfs(dir);
    if (bavail * bsize - sealed.length < options.minFreeBytes) throw new NoSpaceError('too little is free');
    const file = await open(aside, 'wx', 0o600);
    try {
      await file.writeFile(sealed);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(aside, join(dir, segmentName(seq)));
  } catch (error) {
    await rm(aside, { force: true }).catch(() => undefined);
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOSPC' || code === 'EDQUOT') throw new NoSpaceError('the disk is full', { cause: error });
    throw error;
  }
  return sealed.length;
}
