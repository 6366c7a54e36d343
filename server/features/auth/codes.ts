import { createHash, createHmac, randomBytes } from 'node:crypto';

/** Random secrets and how they are kept. */

/** 256 random bits for a link or a header. */
export function newToken(): string {
  return randomBytes(32).toString('base64url');
}

/** The tokens are 256 random bits: a fast hash keeps them as safe as a slow one. */
export function hashToken(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/** For codes that people type, which are too short to be kept as a plain hash: keyed by what is not in the database. */
export function hashCode(key: Buffer, code: string): Buffer {
  return createHmac('sha256', key).update(code).digest();
}

/** Crockford's base 32: no I, L, O, U; and his five further symbols for the check character. */
const DIGITS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const CHECK_DIGITS = `${DIGITS}*~$=U`;
const CODE_LENGTH = 11;
const BACKUP_LENGTH = 10;

/**
 * 55 random bits as three groups of four, the last character checking the others (value modulo 37, Crockford). Codes
 * whose check character would be a symbol are thrown away: what is left can be typed on any keyboard.
 */
export function newTypedCode(): string {
  for (;;) {
    const body = randomDigits(CODE_LENGTH);
    const check = checkDigit(body);
    if (DIGITS.includes(check)) return groups(body + check);
  }
}

/** What was typed, in one form: case, spaces and hyphens do not count, O is 0, I and L are 1. Null: mistyped. */
export function readTypedCode(typed: string): string | null {
  const code = normalise(typed);
  if (code.length !== CODE_LENGTH + 1 || ![...code].every((digit) => DIGITS.includes(digit))) return null;
  return checkDigit(code.slice(0, -1)) === code.at(-1) ? code : null;
}

/** 50 random bits for the day that the second factor is lost. */
export function newBackupCode(): string {
  const code = randomDigits(BACKUP_LENGTH);
  return `${code.slice(0, 5)}-${code.slice(5)}`;
}

export function readBackupCode(typed: string): string {
  return normalise(typed);
}

function normalise(typed: string): string {
  return typed.toUpperCase().replace(/[\s-]/g, '').replaceAll('O', '0').replace(/[IL]/g, '1');
}

function randomDigits(length: number): string {
  // 256 is a multiple of 32: every digit is as likely as the others.
  return [...randomBytes(length)].map((byte) => DIGITS[byte % 32]).join('');
}

function checkDigit(body: string): string {
  const value = [...body].reduce((sum, digit) => (sum * 32 + DIGITS.indexOf(digit)) % 37, 0);
  return CHECK_DIGITS[value]!;
}

function groups(code: string): string {
  return code.match(/.{4}/g)!.join('-');
}
