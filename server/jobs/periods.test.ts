import { describe, expect, it } from 'vitest';
import { latestOccurrence, nextOccurrence } from './periods.ts';

const at = (text: string) => Date.parse(text);
const iso = (ms: number) => new Date(ms).toISOString();

describe('times of the day in a zone', () => {
  it('finds the latest at or before, and the next after, a moment', () => {
    const when = { at: '18:00' };
    expect(latestOccurrence(when, 'Europe/Istanbul', at('2026-11-21T15:00:00Z'))).toMatchObject({
      period: '2026-11-21',
      atMs: at('2026-11-21T15:00:00Z'),
    });
    expect(latestOccurrence(when, 'Europe/Istanbul', at('2026-11-21T14:59:59Z')).period).toBe('2026-11-20');
    expect(nextOccurrence(when, 'Europe/Istanbul', at('2026-11-21T15:00:00Z')).period).toBe('2026-11-22');
    // The day is the institution's: it is tomorrow in Bishkek already.
    expect(latestOccurrence({ at: '00:30' }, 'Asia/Bishkek', at('2026-11-21T18:45:00Z')).day).toBe(
      '2026-11-22',
    );
  });

  it('names a weekly one by its ISO week, also at the turn of the year', () => {
    const sunday = { at: '18:00', weekday: 7 };
    expect(latestOccurrence(sunday, 'Europe/Berlin', at('2026-11-22T17:00:00Z'))).toMatchObject({
      period: '2026-W47',
      day: '2026-11-22',
    });
    expect(latestOccurrence(sunday, 'Europe/Berlin', at('2027-01-04T00:00:00Z'))).toMatchObject({
      period: '2026-W53',
      day: '2027-01-03',
    });
    expect(nextOccurrence(sunday, 'Europe/Berlin', at('2026-11-22T17:00:00Z')).day).toBe('2026-11-29');
  });

  it('comes once on a day that leaves the time out, and once on one that has it twice', () => {
    const night = { at: '02:30' };
    // 28 March 2027: 02:00 becomes 03:00.
    const spring = latestOccurrence(night, 'Europe/Berlin', at('2027-03-28T12:00:00Z'));
    expect([spring.period, iso(spring.atMs)]).toEqual(['2027-03-28', '2027-03-28T01:30:00.000Z']);
    // 31 October 2027: 03:00 becomes 02:00.
    const seen = new Set<string>();
    for (let ms = at('2027-10-30T12:00:00Z'); ms < at('2027-11-01T12:00:00Z'); ms += 600_000)
      seen.add(latestOccurrence(night, 'Europe/Berlin', ms).period);
    expect([...seen]).toEqual(['2027-10-30', '2027-10-31', '2027-11-01']);
    for (const day of ['2027-03-28', '2027-10-31']) {
      const evening = latestOccurrence({ at: '18:00' }, 'Europe/Berlin', at(`${day}T20:00:00Z`));
      expect(evening.period).toBe(day);
    }
  });
});
