import { describe, expect, it } from 'vitest';
import { newBackupCode, newTypedCode, readBackupCode, readTypedCode } from './codes.ts';

describe('codes that people type', () => {
  it('find every single mistyped character and most swapped neighbours', () => {
    let swaps = 0;
    let found = 0;
    for (let round = 0; round < 200; round++) {
      const code = newTypedCode().replaceAll('-', '');
      expect(readTypedCode(code)).toBe(code);
      for (let at = 0; at < code.length; at++) {
        const wrong = code[at] === '7' ? '8' : '7';
        expect(readTypedCode(code.slice(0, at) + wrong + code.slice(at + 1))).toBeNull();
        if (at + 1 < code.length && code[at] !== code[at + 1]) {
          swaps++;
          const swapped = code.slice(0, at) + code[at + 1] + code[at] + code.slice(at + 2);
          if (readTypedCode(swapped) === null) found++;
        }
      }
    }
    expect(found / swaps).toBeGreaterThan(0.99);
  });

  it('forgive case, spaces, hyphens and letters that look like digits', () => {
    for (let round = 0; round < 50; round++) {
      const code = newTypedCode();
      const typed = ` ${code.toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o').replaceAll('1', 'i')} `;
      expect(readTypedCode(typed)).toBe(code.replaceAll('-', ''));
      expect(readTypedCode(`${code}0`)).toBeNull();
    }
    expect(readTypedCode('')).toBeNull();
    expect(readTypedCode('UUUU-UUUU-UUUU')).toBeNull();
    expect(readBackupCode(newBackupCode())).toMatch(/^[0-9A-HJKMNP-TV-Z]{10}$/);
  });
});
