import { describe, expect, it } from 'vitest';
import { afterQuietHours, nextTime } from './quiet-hours.ts';

const ZONE = 'Europe/Berlin';
const at = (time: string) => new Date(time);
const until = (time: string, quiet: { from: string; until: string } | null) =>
  afterQuietHours(at(time), quiet, ZONE).toISOString();

describe('quiet hours', () => {
  const night = { from: '22:00', until: '07:00' };

  it('hold mails until they are over, also over midnight', () => {
    expect(until('2026-11-21T20:59:59Z', night)).toBe('2026-11-21T20:59:59.000Z');
    expect(until('2026-11-21T21:00:00Z', night)).toBe('2026-11-22T06:00:00.000Z');
    expect(until('2026-11-22T05:59:00Z', night)).toBe('2026-11-22T06:00:00.000Z');
    expect(until('2026-11-22T06:00:00Z', night)).toBe('2026-11-22T06:00:00.000Z');
    const lesson = { from: '09:00', until: '12:30' };
    expect(until('2026-11-21T08:30:00Z', lesson)).toBe('2026-11-21T11:30:00.000Z');
    expect(until('2026-11-21T11:30:00Z', lesson)).toBe('2026-11-21T11:30:00.000Z');
    for (const none of [null, { from: '08:00', until: '08:00' }]) {
      expect(until('2026-11-21T07:00:00Z', none)).toBe('2026-11-21T07:00:00.000Z');
    }
  });

  it('go by the wall clock when the clocks change', () => {
    // An hour longer in autumn, an hour shorter in spring.
    expect(until('2026-10-24T20:00:00Z', night)).toBe('2026-10-25T06:00:00.000Z');
    expect(until('2027-03-27T21:00:00Z', night)).toBe('2027-03-28T05:00:00.000Z');
    // They end at a time that never comes, and at one that comes twice.
    const early = { from: '22:00', until: '02:30' };
    expect(until('2027-03-27T22:00:00Z', early)).toBe('2027-03-28T01:30:00.000Z');
    for (const now of ['2026-10-25T00:10:00Z', '2026-10-25T01:10:00Z']) {
      const end = Date.parse(until(now, early));
      expect(end - Date.parse(now)).toBe(20 * 60_000);
    }
  });

  it('know the next evening', () => {
    const next = (time: string) => nextTime(at(time), '18:00', ZONE).toISOString();
    expect(next('2026-10-24T15:59:00Z')).toBe('2026-10-24T16:00:00.000Z');
    expect(next('2026-10-24T16:00:00Z')).toBe('2026-10-25T17:00:00.000Z');
  });
});
