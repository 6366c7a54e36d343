import { expect, it } from 'vitest';
import { deviceOf } from './device.ts';

it('names browser and system, the more special ones before those that they pretend to be', () => {
  const webkit = 'AppleWebKit/537.36 (KHTML, like Gecko)';
  const of = (text: string) => Object.values(deviceOf(text) ?? {}).join(', ');
  expect(of(`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${webkit} Chrome/131.0 Safari/537.36 Edg/131.0`)).toBe(
    'Edge, Windows',
  );
  expect(
    of(
      `Mozilla/5.0 (Linux; Android 14; SM-A546B) ${webkit} SamsungBrowser/26.0 Chrome/122.0 Mobile Safari/537.36`,
    ),
  ).toBe('Samsung Internet, Android');
  expect(
    of(
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1',
    ),
  ).toBe('Safari, iPhone');
  expect(of('Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0')).toBe('Firefox, Linux');
});

it('says nothing about what it does not know', () => {
  expect([deviceOf(null), deviceOf('curl/8.9'), deviceOf('node')]).toEqual([null, null, null]);
});
