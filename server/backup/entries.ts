import { createHash } from 'node:crypto';
import { createReader, damaged, u32 } from './container.ts';

/**
 * What is packed: entries one after another. An entry is its description as JSON (length u32), its bytes in pieces
 * (length u32 each, 0 ends them), and their SHA-256. The last entry is the manifest.
 */
export type Described =
  | { kind: 'table'; name: string; columns: string[] }
  /** Of the storage, `INSTITUTION/XX/ID`, as encrypted as it lay there. */
  | { kind: 'file'; name: string }
  | { kind: 'manifest'; name: 'manifest' };

export interface Manifest {
  tables: Record<string, { rows: number; sha256: string }>;
  files: { count: number; bytes: number };
}

export interface Packed {
  bytes: number;
  sha256: string;
}

const MAX_DESCRIPTION = 1024 * 1024;
const MAX_PIECE = 256 * 1024 * 1024;

export async function* packEntry(
  described: Described,
  content: AsyncIterable<Buffer>,
  onPacked: (packed: Packed) => void,
): AsyncGenerator<Buffer> {
  const text = Buffer.from(JSON.stringify(described));
  yield Buffer.concat([u32(text.length), text]);
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const piece of content) {
    if (piece.length === 0) continue;
    hash.update(piece);
    bytes += piece.length;
    yield u32(piece.length);
    yield piece;
  }
  const digest = hash.digest();
  yield Buffer.concat([u32(0), digest]);
  onPacked({ bytes, sha256: digest.toString('hex') });
}

export interface OpenEntry {
  described: Described;
  /** Must be read to its end before the next entry; throws where its sum is wrong. */
  content: AsyncGenerator<Buffer>;
}

/** The entries of what was packed; throws where they end without a manifest. */
export async function* unpackEntries(packed: AsyncIterable<Buffer>): AsyncGenerator<OpenEntry> {
  const reader = createReader(packed);
  for (;;) {
    const size = (await reader.take(4))?.readUInt32BE(0);
    if (size === undefined || size > MAX_DESCRIPTION) throw damaged();
    const text = await reader.take(size);
    if (!text) throw damaged();
    const described = JSON.parse(text.toString('utf8')) as Described;
    yield { described, content: contentOf(reader) };
    if (described.kind === 'manifest') break;
  }
  if (!(await reader.atEnd())) throw damaged();
}

async function* contentOf(reader: ReturnType<typeof createReader>): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  for (;;) {
    const size = (await reader.take(4))?.readUInt32BE(0);
    if (size === undefined || size > MAX_PIECE) throw damaged();
    if (size === 0) break;
    const piece = await reader.take(size);
    if (!piece) throw damaged();
    hash.update(piece);
    yield piece;
  }
  const sum = await reader.take(32);
  if (!sum?.equals(hash.digest())) throw damaged();
}

export async function readAll(content: AsyncIterable<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of content) parts.push(part);
  return Buffer.concat(parts);
}
