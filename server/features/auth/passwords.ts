import { randomBytes } from 'node:crypto';
import { hash, verify } from '@node-rs/argon2';
import { ApiError } from '../../errors.ts';

/** argon2id, 19 MiB, two passes: OWASP's first recommendation. The number is the library's name for argon2id. */
const OPTIONS = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

export function hashPassword(password: string): Promise<string> {
  return hash(password, OPTIONS);
}

let decoy: Promise<string> | null = null;

/** Takes as long for a user who does not exist (`stored` null) as for one who does. */
export async function checkPassword(stored: string | null, password: string): Promise<boolean> {
  decoy ??= hashPassword(randomBytes(16).toString('hex'));
  const right = await verify(stored ?? (await decoy), password).catch(() => false);
  return stored !== null && right;
}

/** Throws `password-too-weak`. */
export function assertPassword(password: string, email: string): void {
  if (password.length < 10 || password.toLowerCase() === email.toLowerCase())
    throw new ApiError('password-too-weak');
}

/** 20 characters that can be read out: no 0/O, 1/l/I. About 114 bits. */
export function generatePassword(): string {
  const letters = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789';
  let password = '';
  while (password.length < 20) {
    for (const byte of randomBytes(32)) {
      // Bytes above the last whole multiple would make the first letters likelier.
      if (byte < 256 - (256 % letters.length) && password.length < 20)
        password += letters[byte % letters.length];
    }
  }
  return password;
}
