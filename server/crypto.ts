import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

/**
 * Encryption at rest: AES-256-GCM. Each institution has a random data key, kept wrapped by the master key, so that
 * the master key can be changed without touching the data, and an institution can be erased by forgetting its key.
 *
 * Sealed bytes: version (1 byte, 0x02), id of the key (4), nonce (12), ciphertext, tag (16); version 0x01 had no key id.
 * `purpose` is authenticated with them: bytes of one kind, or of one student, cannot be passed off as another's.
 */
export interface Crypto {
  /** A fresh data key of an institution, wrapped. */
  createTenantKey(tenantId: string): Buffer;
  /** Seals with `wrappedKey`; opens also what a key sealed that was in use before and is not destroyed yet. */
  tenant(tenantId: string, wrappedKey: Buffer, retired?: readonly Buffer[]): TenantCrypto;
  /** The same data key, wrapped by this master key instead of `previous`'s. */
  rewrapTenantKey(tenantId: string, wrappedKey: Buffer, previous: Crypto): Buffer;
  /** The data key itself; for wrapping it anew only. */
  unwrapTenantKey(tenantId: string, wrappedKey: Buffer): Buffer;
  /** A key for one use in this server, derived from the master key by HKDF-SHA-256; 32 bytes. */
  derive(use: string): Buffer;
  /** Encrypts what belongs to no institution, with a key derived for that use. */
  sealer(use: string): TenantCrypto;
}

export interface TenantCrypto {
  /** What sealed bytes of the current key begin with: version and id of the key. */
  readonly prefix: Buffer;
  seal(purpose: string, plain: Uint8Array): Buffer;
  /** Throws a `CryptoError` where the bytes are damaged, of another purpose or under another key. */
  open(purpose: string, sealed: Uint8Array): Buffer;
  sealJson(purpose: string, value: unknown): Buffer;
  openJson<T>(purpose: string, sealed: Uint8Array): T;
  /** Embeddings travel as Float32, little-endian. */
  sealVector(purpose: string, vector: Float32Array): Buffer;
  openVector(purpose: string, sealed: Uint8Array): Float32Array;
}

export class CryptoError extends Error {
  override name = 'CryptoError';
}

const FIRST_VERSION = 1;
const VERSION = 2;
const KEY_ID = 4;
const NONCE = 12;
const TAG = 16;

export function createCrypto(masterKey: Buffer): Crypto {
  if (masterKey.length !== 32) throw new CryptoError('The master key must have 32 bytes.');
  const derive = (use: string) => Buffer.from(hkdfSync('sha256', masterKey, '', `yoklama/${use}`, 32));
  const wrapping = createSealer(derive('tenant-keys'));
  const wrapPurpose = (tenantId: string) => `tenant:${tenantId}`;
  // One an institution: a key that is no longer in its row is forgotten here too.
  const unwrapped = new Map<string, { of: string; crypto: TenantCrypto }>();
  const unwrapTenantKey = (tenantId: string, wrappedKey: Buffer) =>
    wrapping.open(wrapPurpose(tenantId), wrappedKey);
  return {
    derive,
    unwrapTenantKey,
    sealer: (use) => createSealer(derive(use)),
    createTenantKey: (tenantId) => wrapping.seal(wrapPurpose(tenantId), randomBytes(32)),
    rewrapTenantKey: (tenantId, wrappedKey, previous) =>
      wrapping.seal(wrapPurpose(tenantId), previous.unwrapTenantKey(tenantId, wrappedKey)),
    tenant(tenantId, wrappedKey, retired = []) {
      const of = [wrappedKey, ...retired].map((key) => key.toString('base64')).join();
      const known = unwrapped.get(tenantId);
      if (known?.of === of) return known.crypto;
      const keys = [wrappedKey, ...retired].map((key) => unwrapTenantKey(tenantId, key));
      const crypto = createSealer(keys[0]!, keys.slice(1));
      unwrapped.set(tenantId, { of, crypto });
      return crypto;
    },
  };
}

interface Key {
  bytes: Buffer;
  id: Buffer;
}

/** The id says which key bytes were sealed with, and nothing of the key. */
function keyOf(bytes: Buffer): Key {
  return { bytes, id: createHmac('sha256', bytes).update('yoklama/key-id').digest().subarray(0, KEY_ID) };
}

function createSealer(current: Buffer, retired: readonly Buffer[] = []): TenantCrypto {
  const key = keyOf(current);
  const keys = [key, ...retired.map(keyOf)];
  const sealBytes = (purpose: string, plain: Uint8Array) => seal(key, purpose, plain);
  const openBytes = (purpose: string, sealed: Uint8Array) => open(keys, purpose, sealed);
  return {
    prefix: Buffer.concat([Buffer.of(VERSION), key.id]),
    seal: sealBytes,
    open: openBytes,
    sealJson: (purpose, value) => sealBytes(purpose, Buffer.from(JSON.stringify(value))),
    openJson: (purpose, sealed) => JSON.parse(openBytes(purpose, sealed).toString('utf8')),
    sealVector: (purpose, vector) => sealBytes(purpose, vectorBytes(vector)),
    openVector: (purpose, sealed) => vectorOf(openBytes(purpose, sealed)),
  };
}

function seal(key: Key, purpose: string, plain: Uint8Array): Buffer {
  const nonce = randomBytes(NONCE);
  const cipher = createCipheriv('aes-256-gcm', key.bytes, nonce, { authTagLength: TAG });
  cipher.setAAD(Buffer.from(purpose));
  return Buffer.concat([
    Buffer.of(VERSION),
    key.id,
    nonce,
    cipher.update(plain),
    cipher.final(),
    cipher.getAuthTag(),
  ]);
}

function open(keys: readonly Key[], purpose: string, sealed: Uint8Array): Buffer {
  const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
  const version = bytes[0];
  const start = version === VERSION ? 1 + KEY_ID : 1;
  if ((version !== VERSION && version !== FIRST_VERSION) || bytes.length < start + NONCE + TAG) {
    throw new CryptoError(`Encrypted bytes (${purpose}) are damaged or of an unknown version.`);
  }
  const candidates =
    version === VERSION ? keys.filter((key) => key.id.equals(bytes.subarray(1, start))) : keys;
  for (const key of candidates) {
    const plain = tryOpen(key, purpose, bytes, start);
    if (plain) return plain;
  }
  throw new CryptoError(`Encrypted bytes (${purpose}) cannot be opened: another master key, or damaged.`);
}

function tryOpen(key: Key, purpose: string, bytes: Buffer, start: number): Buffer | null {
  const nonce = bytes.subarray(start, start + NONCE);
  const decipher = createDecipheriv('aes-256-gcm', key.bytes, nonce, { authTagLength: TAG });
  decipher.setAAD(Buffer.from(purpose));
  decipher.setAuthTag(bytes.subarray(bytes.length - TAG));
  try {
    return Buffer.concat([
      decipher.update(bytes.subarray(start + NONCE, bytes.length - TAG)),
      decipher.final(),
    ]);
  } catch {
    return null;
  }
}

function vectorBytes(vector: Float32Array): Buffer {
  const bytes = Buffer.alloc(vector.length * 4);
  for (let i = 0; i < vector.length; i++) bytes.writeFloatLE(vector[i]!, i * 4);
  return bytes;
}

function vectorOf(bytes: Buffer): Float32Array {
  const vector = new Float32Array(bytes.length / 4);
  for (let i = 0; i < vector.length; i++) vector[i] = bytes.readFloatLE(i * 4);
  return vector;
}
