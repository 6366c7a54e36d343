import { eq } from 'drizzle-orm';
import type { AppContext } from '../../context.ts';
import { excuses } from '../../db/schema/index.ts';
import { ApiError } from '../../errors.ts';
import type { StoredFile } from '../../storage/storage.ts';
import type { Caller } from '../auth/tokens.ts';
import type { Excuse } from './schemas.ts';
import { assertMayChange, lockExcuse, readExcuse } from './service.ts';

export const MOST_BYTES = 5 * 1024 * 1024;

const SIGNATURES: [type: string, extension: string, bytes: number[]][] = [
  ['application/pdf', 'pdf', [0x25, 0x50, 0x44, 0x46, 0x2d]],
  ['image/jpeg', 'jpg', [0xff, 0xd8, 0xff]],
  ['image/png', 'png', [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]],
];

/** What a file is by its first bytes, whatever its name says; null: neither PDF, JPEG nor PNG. */
export function sniff(content: Uint8Array): { type: string; extension: string } | null {
  const found = SIGNATURES.find(([, , bytes]) => bytes.every((byte, i) => content[i] === byte));
  return found ? { type: found[0], extension: found[1] } : null;
}

/**
 * Keeps the document of an excuse that nobody has decided, in the place of an earlier one; encrypted, erased with the
 * student. Throws `forbidden`, `excuse-decided`, `document-type`.
 */
export async function putDocument(
  context: AppContext,
  caller: Caller,
  id: string,
  file: { name: string; content: Buffer },
): Promise<Excuse> {
  const kind = sniff(file.content);
  if (!kind) throw new ApiError('document-type');
  const { tenantId } = caller;
  return context.db.tenant(tenantId, async (tx) => {
    const row = await lockExcuse(tx, caller, id);
    await assertMayChange(tx, caller, row);
    if (row.status !== 'open') throw new ApiError('excuse-decided');
    const stored = await context.storage.put(tx, tenantId, {
      kind: 'excuse',
      name: nameOf(file.name, kind.extension),
      type: kind.type,
      content: file.content,
      studentId: row.studentId,
      createdBy: caller.userId,
    });
    await tx.update(excuses).set({ documentId: stored.id }).where(eq(excuses.id, id));
    if (row.documentId) await context.storage.remove(tx, tenantId, [row.documentId]);
    return readExcuse(tx, caller, id);
  });
}

/** Throws `excuse-not-found`, `file-not-found`. */
export async function getDocument(
  context: AppContext,
  caller: Caller,
  id: string,
): Promise<StoredFile & { content: Buffer }> {
  return context.db.tenant(caller.tenantId, async (tx) => {
    const row = await lockExcuse(tx, caller, id);
    if (!row.documentId) throw new ApiError('file-not-found');
    return context.storage.get(tx, caller.tenantId, row.documentId);
  });
}

/** Without folders and signs that a header or a file system would mind, and with the right ending. */
function nameOf(given: string, extension: string): string {
  const base = given
    .replace(/^.*[/\\]/, '')
    .replace(/\.[^.]*$/, '')
    .replace(/[\p{Control}"<>:|?*;]/gu, '')
    .trim()
    .slice(0, 100);
  return `${base || 'document'}.${extension}`;
}
