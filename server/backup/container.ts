import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';

/**
 * The outside of a backup: a header that anybody can read, then what was packed, in encrypted pieces. A piece is its
 * length (u32, big-endian), ciphertext and tag (AES-256-GCM). The nonce is the piece's number; header and whether it
 * is the last one are authenticated with it, so that nothing can be cut off, left out or put in another order. The
 * key is derived from the master key and the header's salt (HKDF-SHA-256).
 */
export interface Header {
  format: 1;
  createdAt: string;
  /** The newest migration of the database that was copied. */
  migration: { tag: string; when: number };
  salt: string;
  /** Tells another master key from damage. */
  keyCheck: string;
}

export class BackupError extends Error {
  override name = 'BackupError';
  /** For the command line, which shows messages that are meant for people without a stack. */
  readonly code = 'backup';
}

const MAGIC = Buffer.from('YOKLAMA-BACKUP\n');
const PIECE = 1024 * 1024;
const TAG = 16;
const MAX_HEADER = 64 * 1024;

export function newHeader(masterKey: Buffer, given: Pick<Header, 'createdAt' | 'migration'>): Header {
  const salt = randomBytes(16).toString('base64');
  return { format: 1, ...given, salt, keyCheck: keysOf(masterKey, salt).check };
}

/** `masterKey` is derived for backups alone; see `Crypto.derive`. */
export async function* seal(
  masterKey: Buffer,
  header: Header,
  packed: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer> {
  const head = headBytes(header);
  yield head;
  const { key } = keysOf(masterKey, header.salt);
  const digest = createHash('sha256').update(head).digest();
  let parts: Buffer[] = [];
  let held = 0;
  let number = 0;
  const piece = (plain: Buffer, last: boolean): Buffer => {
    const cipher = createCipheriv('aes-256-gcm', key, nonce(number++), { authTagLength: TAG });
    cipher.setAAD(Buffer.concat([digest, Buffer.of(last ? 1 : 0)]));
    const sealed = Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
    return Buffer.concat([u32(sealed.length), sealed]);
  };
  for await (const bytes of packed) {
    parts.push(bytes);
    held += bytes.length;
    // One byte at least stays for the last piece.
    while (held > PIECE) {
      const all = Buffer.concat(parts);
      yield piece(all.subarray(0, PIECE), false);
      parts = [all.subarray(PIECE)];
      held -= PIECE;
    }
  }
  yield piece(Buffer.concat(parts), true);
}

/** Reads the header and gives what was packed; throws a `BackupError` at the first byte that is not as it was. */
export async function open(
  masterKey: Buffer,
  source: AsyncIterable<Buffer>,
): Promise<{ header: Header; packed: AsyncGenerator<Buffer> }> {
  const reader = createReader(source);
  const magic = await reader.take(MAGIC.length);
  if (!magic?.equals(MAGIC)) throw new BackupError('This is no backup of yoklama.');
  const size = (await reader.take(4))?.readUInt32BE(0) ?? 0;
  if (size === 0 || size > MAX_HEADER) throw damaged();
  const text = await reader.take(size);
  if (!text) throw damaged();
  let header: Header;
  try {
    header = JSON.parse(text.toString('utf8')) as Header;
  } catch {
    throw damaged();
  }
  if (header.format !== 1) throw new BackupError('The backup was made by a newer version of yoklama.');
  const { key, check } = keysOf(masterKey, header.salt);
  if (check !== header.keyCheck) {
    throw new BackupError('The backup was made with another master key: set MASTER_KEY to that one.');
  }
  const digest = createHash('sha256')
    .update(Buffer.concat([MAGIC, u32(size), text]))
    .digest();
  return { header, packed: unseal(reader, key, digest) };
}

async function* unseal(reader: Reader, key: Buffer, digest: Buffer): AsyncGenerator<Buffer> {
  for (let number = 0; ; number++) {
    const size = (await reader.take(4))?.readUInt32BE(0);
    if (size === undefined || size < TAG || size > PIECE + TAG) throw damaged();
    const sealed = await reader.take(size);
    if (!sealed) throw damaged();
    const last = await reader.atEnd();
    const decipher = createDecipheriv('aes-256-gcm', key, nonce(number), { authTagLength: TAG });
    decipher.setAAD(Buffer.concat([digest, Buffer.of(last ? 1 : 0)]));
    decipher.setAuthTag(sealed.subarray(size - TAG));
    let plain: Buffer;
    try {
      plain = Buffer.concat([decipher.update(sealed.subarray(0, size - TAG)), decipher.final()]);
    } catch {
      throw damaged();
    }
    yield plain;
    if (last) return;
  }
}

export const damaged = () => new BackupError('The backup is damaged or cut off; nothing was changed.');

function headBytes(header: Header): Buffer {
  const text = Buffer.from(JSON.stringify(header));
  return Buffer.concat([MAGIC, u32(text.length), text]);
}

function keysOf(masterKey: Buffer, salt: string): { key: Buffer; check: string } {
  const bytes = Buffer.from(
    hkdfSync('sha256', masterKey, Buffer.from(salt, 'base64'), 'yoklama/backup-file', 48),
  );
  return { key: bytes.subarray(0, 32), check: bytes.subarray(32).toString('base64') };
}

function nonce(number: number): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt32BE(Math.floor(number / 2 ** 32), 4);
  bytes.writeUInt32BE(number % 2 ** 32, 8);
  return bytes;
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export interface Reader {
  /** Null where fewer bytes are left. */
  take(size: number): Promise<Buffer | null>;
  atEnd(): Promise<boolean>;
}

export function createReader(source: AsyncIterable<Buffer>): Reader {
  const iterator = source[Symbol.asyncIterator]();
  let parts: Buffer[] = [];
  let held = 0;
  async function more(): Promise<boolean> {
    const { value, done } = await iterator.next();
    if (done) return false;
    parts.push(value);
    held += value.length;
    return true;
  }
  return {
    async take(size) {
      while (held < size) if (!(await more())) return null;
      const all = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
      parts = [all.subarray(size)];
      held -= size;
      return all.subarray(0, size);
    },
    async atEnd() {
      while (held === 0) if (!(await more())) return true;
      return false;
    },
  };
}
