import { DateTime } from 'luxon';

/** Local days of an institution, both ends included. Days are `YYYY-MM-DD`. */
export interface DayRange {
  from: string;
  until: string;
}

export type PeriodKind = 'day' | 'week' | 'month';

/** The day that it is at an instant in an IANA zone. */
export function localDay(epochMs: number, timezone: string): string {
  return DateTime.fromMillis(epochMs, { zone: timezone }).toISODate() ?? '1970-01-01';
}

/** The day, ISO week (from Monday) or month that a day lies in. */
export function periodOf(kind: PeriodKind, day: string): DayRange {
  if (kind === 'day') return { from: day, until: day };
  if (kind === 'month') {
    const from = `${day.slice(0, 7)}-01`;
    const next = new Date(from);
    next.setUTCMonth(next.getUTCMonth() + 1);
    return { from, until: addDays(iso(next.getTime()), -1) };
  }
  const from = addDays(day, -((new Date(day).getUTCDay() + 6) % 7));
  return { from, until: addDays(from, 6) };
}

/** The period of the same kind before: the day, week or month that ended when this one began. */
export function previousPeriod(kind: PeriodKind, range: DayRange): DayRange {
  return periodOf(kind, addDays(range.from, -1));
}

/** As many days as the range has, right before it. */
export function daysBefore(range: DayRange): DayRange {
  return { from: addDays(range.from, -daysIn(range)), until: addDays(range.from, -1) };
}

export function daysIn(range: DayRange): number {
  return (Date.parse(range.until) - Date.parse(range.from)) / DAY_MS + 1;
}

export function addDays(day: string, days: number): string {
  return iso(Date.parse(day) + days * DAY_MS);
}

/** Days are counted in UTC once they are days, which `Date` reads them in: no change of clocks makes one shorter. */
const DAY_MS = 86_400_000;

function iso(utcMs: number): string {
  return new Date(utcMs).toISOString().slice(0, 10);
}
