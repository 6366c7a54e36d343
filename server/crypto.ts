import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

/**
 * Encryption at rest: AES-256-GCM. Each institution has a random data key, kept wrapped by the master key, so that
 * the master key can be changed without touching the data, and an institution can be erased by forgetting its key.
 *
 * Sealed bytes: version (1 byte, 0x01), nonce (12), ciphertext, tag (16). `purpose` is authenticated with them: bytes
 * of one kind, or of one student, cannot be passed off as another's.
 */
export interface Crypto {
  /** A fresh data key of an institution, wrapped. */
  createTenantKey(tenantId: string): Buffer;
  tenant(tenantId: string, wrappedKey: Buffer): TenantCrypto;
  /** A key for one use in this server, derived from the master key by HKDF-SHA-256; 32 bytes. */
  derive(use: string): Buffer;
  /** Encrypts what belongs to no institution, with a key derived for that use. */
  sealer(use: string): TenantCrypto;
}

export interface TenantCrypto {
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

const VERSION = 1;
const NONCE = 12;
const TAG = 16;

export function createCrypto(masterKey: Buffer): Crypto {
  if (masterKey.length !== 32) throw new CryptoError('The master key must have 32 bytes.');
  const derive = (use: string) => Buffer.from(hkdfSync('sha256', masterKey, '', `yoklama/${use}`, 32));
  const wrappingKey = derive('tenant-keys');
  const unwrapped = new Map<string, TenantCrypto>();
  return {
    derive,
    sealer: (use) => createTenantCrypto(derive(use)),
    createTenantKey: (tenantId) => seal(wrappingKey, `tenant:${tenantId}`, randomBytes(32)),
    tenant(tenantId, wrappedKey) {
      const cacheKey = `${tenantId}:${wrappedKey.toString('base64')}`;
      const known = unwrapped.get(cacheKey);
      if (known) return known;
      const made = createTenantCrypto(open(wrappingKey, `tenant:${tenantId}`, wrappedKey));
      unwrapped.set(cacheKey, made);
      return made;
    },
  };
}

function createTenantCrypto(key: Buffer): TenantCrypto {
  return {
    seal: (purpose, plain) => seal(key, purpose, plain),
    open: (purpose, sealed) => open(key, purpose, sealed),
    sealJson: (purpose, value) => seal(key, purpose, Buffer.from(JSON.stringify(value))),
    openJson: (purpose, sealed) => JSON.parse(open(key, purpose, sealed).toString('utf8')),
    sealVector: (purpose, vector) => seal(key, purpose, vectorBytes(vector)),
    openVector: (purpose, sealed) => vectorOf(open(key, purpose, sealed)),
  };
}

function seal(key: Buffer, purpose: string, plain: Uint8Array): Buffer {
  const nonce = randomBytes(NONCE);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG });
  cipher.setAAD(Buffer.from(purpose));
  return Buffer.concat([
    Buffer.of(VERSION),
    nonce,
    cipher.update(plain),
    cipher.final(),
    cipher.getAuthTag(),
  ]);
}

function open(key: Buffer, purpose: string, sealed: Uint8Array): Buffer {
  const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
  if (bytes.length < 1 + NONCE + TAG || bytes[0] !== VERSION) {
    throw new CryptoError(`Encrypted bytes (${purpose}) are damaged or of an unknown version.`);
  }
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(1, 1 + NONCE), { authTagLength: TAG });
  decipher.setAAD(Buffer.from(purpose));
  decipher.setAuthTag(bytes.subarray(bytes.length - TAG));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(1 + NONCE, bytes.length - TAG)), decipher.final()]);
  } catch {
    throw new CryptoError(`Encrypted bytes (${purpose}) cannot be opened: another master key, or damaged.`);
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
