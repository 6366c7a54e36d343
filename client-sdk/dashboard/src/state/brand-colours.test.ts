import { expect, it } from 'vitest';
import { brandTokens, contrast, parse } from './brand-colours.ts';

const GROUNDS = { light: ['#ffffff', '#f4f6f7', '#eef2f3'], dark: ['#161d21', '#0e1316', '#1e272c'] };

const both = (value: string) =>
  /^light-dark\((#\w{6}), (#\w{6})\)$/.exec(value)!.slice(1) as [light: string, dark: string];
const ratio = (a: string, b: string) => contrast(parse(a)!, parse(b)!);

it('makes any colour readable on every ground, in both appearances', () => {
  for (const primary of ['#000000', '#ffffff', '#ffee00', '#00ff7f', '#b00020', '#1a237e', '#808080']) {
    const tokens = brandTokens({ primary, accent: '#ff8800' });
    const accent = both(tokens['--accent']!);
    const strong = both(tokens['--accent-strong']!);
    const soft = both(tokens['--accent-soft']!);
    const on = both(tokens['--on-accent']!);
    for (const [at, grounds] of [GROUNDS.light, GROUNDS.dark].entries()) {
      for (const ground of grounds)
        expect([primary, ratio(accent[at]!, ground) >= 4.5]).toEqual([primary, true]);
      expect([primary, ratio(on[at]!, accent[at]!) >= 4.5]).toEqual([primary, true]);
      expect([primary, ratio(strong[at]!, soft[at]!) >= 4.5]).toEqual([primary, true]);
    }
    expect([primary, ratio(tokens['--story']!, '#e8f4f5') >= 4.5]).toEqual([primary, true]);
  }
});

it('keeps a colour that can be read as it is', () => {
  expect(both(brandTokens({ primary: '#7a1fa2', accent: '#0f8a6c' })['--accent']!)[0]).toBe('#7a1fa2');
});

it('leaves the product’s own colours where none were chosen', () => {
  expect(brandTokens(null)).toEqual({});
  expect(brandTokens({ primary: '#2f4fd8', accent: '#0f8a6c' })).toEqual({});
  expect(brandTokens({ primary: 'red', accent: '#0f8a6c' })).toEqual({});
});
