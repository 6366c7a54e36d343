import { expect, it } from 'vitest';
import { startOfDay } from './zoned.ts';

const at = (day: string, zone: string) => startOfDay(day, zone).toISOString();

it('begins a day at the midnight of the zone, in summer and in winter', () => {
  expect(at('2026-11-21', 'Europe/Istanbul')).toBe('2026-11-20T21:00:00.000Z');
  expect(at('2026-01-10', 'Europe/Berlin')).toBe('2026-01-09T23:00:00.000Z');
  expect(at('2026-07-10', 'Europe/Berlin')).toBe('2026-07-09T22:00:00.000Z');
  expect(at('2026-07-10', 'America/New_York')).toBe('2026-07-10T04:00:00.000Z');
  expect(at('2026-07-10', 'Pacific/Kiritimati')).toBe('2026-07-09T10:00:00.000Z');
});

it('is right on the days on which the clocks change', () => {
  expect(at('2026-03-29', 'Europe/Berlin')).toBe('2026-03-28T23:00:00.000Z');
  expect(at('2026-03-30', 'Europe/Berlin')).toBe('2026-03-29T22:00:00.000Z');
  expect(at('2026-10-25', 'Europe/Berlin')).toBe('2026-10-24T22:00:00.000Z');
  expect(at('2026-10-26', 'Europe/Berlin')).toBe('2026-10-25T23:00:00.000Z');
});

it('begins with the jump where midnight is skipped', () => {
  // Clocks in Beirut go from 0:00 to 1:00 on the last Sunday of March.
  expect(at('2026-03-29', 'Asia/Beirut')).toBe('2026-03-28T22:00:00.000Z');
});
