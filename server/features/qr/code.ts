import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * What a QR code says: which window, which step of it, and a signature that only the server can make.
 *
 * Bytes: window (UUID, 16), step (unsigned, big-endian, 2), HMAC-SHA-256 of both under the window's secret, cut to its
 * first 16 bytes (RFC 2104 section 5: no less than half of the hash). As base64url that is 46 characters, so that the
 * code with its address stays readable from the last row.
 */
export interface CodeParts {
  qrSessionId: string;
  step: number;
  signature: Buffer;
}

const ID = 16;
const STEP = 2;
const SIGNATURE = 16;
const LENGTH = ID + STEP + SIGNATURE;
export const MAX_STEP = 0xffff;

export function makeCode(secret: Buffer, qrSessionId: string, step: number): string {
  if (!Number.isInteger(step) || step < 0 || step > MAX_STEP)
    throw new RangeError(`No code has step ${step}.`);
  const head = Buffer.alloc(ID + STEP);
  head.write(qrSessionId.replaceAll('-', ''), 'hex');
  head.writeUInt16BE(step, ID);
  return Buffer.concat([head, sign(secret, head)]).toString('base64url');
}

/** Null where it cannot be a code. Says nothing about the signature; one code has one spelling only. */
export function readCode(text: string): CodeParts | null {
  // Apps that scan by themselves may send the whole address.
  const code = text.slice(text.lastIndexOf('#') + 1);
  const bytes = Buffer.from(code, 'base64url');
  if (bytes.length !== LENGTH || bytes.toString('base64url') !== code) return null;
  const hex = bytes.toString('hex', 0, ID);
  return {
    qrSessionId: [
      hex.slice(0, 8),
      hex.slice(8, 12),
      hex.slice(12, 16),
      hex.slice(16, 20),
      hex.slice(20),
    ].join('-'),
    step: bytes.readUInt16BE(ID),
    signature: bytes.subarray(ID + STEP),
  };
}

/** Takes the same time however much of the signature is right. */
export function isAuthentic(secret: Buffer, parts: CodeParts): boolean {
  const wanted = readCode(makeCode(secret, parts.qrSessionId, parts.step))!.signature;
  return timingSafeEqual(wanted, parts.signature);
}

function sign(secret: Buffer, head: Buffer): Buffer {
  return createHmac('sha256', secret).update('yoklama qr 1\0').update(head).digest().subarray(0, SIGNATURE);
}
