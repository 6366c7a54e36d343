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
  const date = parse(day);
  return { from: iso(date.startOf(kind)), until: iso(date.endOf(kind)) };
}

/** The period of the same kind before: the day, week or month that ended when this one began. */
export function previousPeriod(kind: PeriodKind, range: DayRange): DayRange {
  return periodOf(kind, iso(parse(range.from).minus({ days: 1 })));
}

/** As many days as the range has, right before it. */
export function daysBefore(range: DayRange): DayRange {
  const length = daysIn(range);
  const from = parse(range.from);
  return { from: iso(from.minus({ days: length })), until: iso(from.minus({ days: 1 })) };
}

export function daysIn(range: DayRange): number {
  return Math.round(parse(range.until).diff(parse(range.from), 'days').days) + 1;
}

export function addDays(day: string, days: number): string {
  return iso(parse(day).plus({ days }));
}

/** Days are counted in UTC once they are days: no change of clocks makes one of them shorter. */
function parse(day: string): DateTime {
  return DateTime.fromISO(day, { zone: 'utc' });
}

function iso(date: DateTime): string {
  return date.toISODate() ?? '1970-01-01';
}
