import { describe, expect, it } from 'vitest';
import { type Attempts, afterFailure, waitOf } from './login-guard.ts';

const RULE = { free: 5, forgetMs: 24 * 3_600_000 };

function fail(times: number, at: number, held?: Attempts): Attempts {
  let state = held;
  for (let attempt = 0; attempt < times; attempt++) state = afterFailure(state, RULE, at);
  return state!;
}

describe('waiting after wrong passwords', () => {
  it('begins with the fifth and doubles from there', () => {
    expect(waitOf(fail(4, 0), RULE, 0)).toBe(0);
    expect(waitOf(fail(5, 0), RULE, 0)).toBe(1000);
    expect(waitOf(fail(6, 0), RULE, 0)).toBe(2000);
    expect(waitOf(fail(9, 0), RULE, 0)).toBe(16_000);
    expect(waitOf(fail(9, 0), RULE, 16_000)).toBe(0);
  });

  it('never takes more than 15 minutes', () => {
    expect(waitOf(fail(60, 0), RULE, 0)).toBe(15 * 60_000);
  });

  it('is forgotten after a day without another', () => {
    const held = fail(9, 0);
    expect(afterFailure(held, RULE, RULE.forgetMs + 1).failures).toBe(1);
  });

  it('locks nobody out for ever when the clock is set back', () => {
    const year = 365 * 86_400_000;
    const held = fail(9, year);
    expect(waitOf(held, RULE, 0)).toBe(0);
    // What was counted still counts: the next wrong one waits from now.
    const next = afterFailure(held, RULE, 0);
    expect(waitOf(next, RULE, 0)).toBe(32_000);
    expect(waitOf(next, RULE, 32_000)).toBe(0);
  });
});
