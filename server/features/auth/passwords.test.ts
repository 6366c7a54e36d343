import { describe, expect, it } from 'vitest';
import { ApiError } from '../../errors.ts';
import { assertPassword, checkPassword, generatePassword, hashPassword } from './passwords.ts';

describe('passwords', () => {
  it('are kept as argon2id with the recommended cost, and checked', async () => {
    const stored = await hashPassword('uzun bir parola');
    expect(stored).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(await checkPassword(stored, 'uzun bir parola')).toBe(true);
    expect(await checkPassword(stored, 'uzun bir parolA')).toBe(false);
  });

  it('do the same work for a user who does not exist', async () => {
    const stored = await hashPassword('uzun bir parola');
    await checkPassword(null, 'x');
    const median = async (hash: string | null) => {
      const times: number[] = [];
      for (let i = 0; i < 5; i++) {
        const start = performance.now();
        await checkPassword(hash, 'wrong');
        times.push(performance.now() - start);
      }
      return times.sort((a, b) => a - b)[2]!;
    };
    const [unknown, known] = [await median(null), await median(stored)];
    expect(await checkPassword(null, 'wrong')).toBe(false);
    // Skipping the work would be a hundred times faster; a busy machine is not.
    expect(unknown).toBeGreaterThan(known / 5);
  });

  it('of fewer than 10 characters, or the address itself, are refused', () => {
    expect(() => assertPassword('short', 'a@b.c')).toThrow(ApiError);
    expect(() => assertPassword('Long@Example.com', 'long@example.com')).toThrow(ApiError);
    expect(() => assertPassword('long enough', 'a@b.c')).not.toThrow();
  });

  it('are generated long and all different', () => {
    const made = Array.from({ length: 200 }, generatePassword);
    expect(new Set(made).size).toBe(200);
    for (const password of made) expect(password).toMatch(/^[a-zA-Z2-9]{20}$/);
  });
});
