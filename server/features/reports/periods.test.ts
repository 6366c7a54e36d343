import { describe, expect, it } from 'vitest';
import { daysBefore, daysIn, localDay, periodOf, previousPeriod } from './periods.ts';

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

  it('know the day in the institution’s zone', () => {
    const evening = Date.parse('2026-11-21T21:30:00Z');
    expect(localDay(evening, 'Europe/Istanbul')).toBe('2026-11-22');
    expect(localDay(evening, 'America/New_York')).toBe('2026-11-21');
    expect(localDay(evening, 'Asia/Bishkek')).toBe('2026-11-22');
  });
});
