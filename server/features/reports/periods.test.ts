import fc from 'fast-check';
import { DateTime } from 'luxon';
import { describe, expect, it } from 'vitest';
import { addDays, daysBefore, daysIn, localDay, periodOf, previousPeriod } from './periods.ts';

describe('periods', () => {
  it('are days, ISO weeks and months', () => {
    expect(periodOf('day', '2026-11-21')).toEqual({ from: '2026-11-21', until: '2026-11-21' });
    expect(periodOf('week', '2026-11-22')).toEqual({ from: '2026-11-16', until: '2026-11-22' });
    expect(periodOf('week', '2027-01-01')).toEqual({ from: '2026-12-28', until: '2027-01-03' });
    expect(periodOf('month', '2028-02-10')).toEqual({ from: '2028-02-01', until: '2028-02-29' });
  });

  it('have one of the same kind before them, over the ends of years and short months', () => {
    const prior = (kind: 'day' | 'week' | 'month', day: string) => previousPeriod(kind, periodOf(kind, day));
    expect(prior('day', '2026-03-01')).toEqual({ from: '2026-02-28', until: '2026-02-28' });
    expect(prior('week', '2027-01-05')).toEqual({ from: '2026-12-28', until: '2027-01-03' });
    expect(prior('month', '2026-03-31')).toEqual({ from: '2026-02-01', until: '2026-02-28' });
  });

  it('count days, not hours: a change of clocks makes none of them shorter', () => {
    expect(daysIn({ from: '2026-03-29', until: '2026-03-30' })).toBe(2);
    expect(daysBefore({ from: '2026-10-25', until: '2026-10-31' })).toEqual({
      from: '2026-10-18',
      until: '2026-10-24',
    });
  });

  it('are those of the calendar', () => {
    const first = Date.parse('1970-01-01');
    const days = fc.integer({ min: 0, max: 80_000 }).map((n) => addDays('1970-01-01', n));
    fc.assert(
      fc.property(days, fc.integer({ min: -800, max: 800 }), (day, n) => {
        const date = DateTime.fromISO(day, { zone: 'utc' });
        expect(date.toMillis() - first).toBe((daysIn({ from: '1970-01-01', until: day }) - 1) * 86_400_000);
        expect(addDays(day, n)).toBe(date.plus({ days: n }).toISODate());
        for (const kind of ['day', 'week', 'month'] as const) {
          const range = { from: date.startOf(kind).toISODate(), until: date.endOf(kind).toISODate() };
          expect(periodOf(kind, day)).toEqual(range);
          expect(previousPeriod(kind, periodOf(kind, day)).until).toBe(addDays(range.from!, -1));
        }
      }),
    );
  });

  it('know the day in the institution’s zone', () => {
    const evening = Date.parse('2026-11-21T21:30:00Z');
    expect(localDay(evening, 'Europe/Istanbul')).toBe('2026-11-22');
    expect(localDay(evening, 'America/New_York')).toBe('2026-11-21');
    expect(localDay(evening, 'Asia/Bishkek')).toBe('2026-11-22');
  });
});
