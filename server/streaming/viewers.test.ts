import { describe, expect, it } from 'vitest';
import { createViewers } from './viewers.ts';

describe('the count of viewers', () => {
  it('is kept for each institution, and gives places back once', () => {
    const viewers = createViewers(2);
    const leave = viewers.admit('a');
    viewers.admit('a');
    expect(() => viewers.admit('a')).toThrow(expect.objectContaining({ code: 'viewers-full' }));
    viewers.admit('b');
    leave();
    leave();
    expect(viewers.count()).toBe(2);
    viewers.admit('a');
    expect(() => viewers.admit('a')).toThrow(expect.objectContaining({ code: 'viewers-full' }));
  });
});
