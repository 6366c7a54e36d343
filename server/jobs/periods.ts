import { DateTime } from 'luxon';

/** A time of the day, on every day or on one of the week, in a zone. */
export interface When {
  /** `HH:MM`, local. */
  at: string;
  /** 1 is Monday, 7 Sunday; every day where it is left out. */
  weekday?: number | undefined;
}

export interface Occurrence {
  /** What it is once for: the local day, or the ISO week of one that comes once a week. */
  period: string;
  /** The local day, `YYYY-MM-DD`. */
  day: string;
  atMs: number;
}

/**
 * The latest occurrence at or before `nowMs`. A time that the zone leaves out on a day (clocks put forward) comes as
 * much later as they are put forward; one that the day has twice comes once, since the day is the same.
 */
export function latestOccurrence(when: When, zone: string, nowMs: number): Occurrence {
  return search(when, zone, nowMs, -1, (atMs) => atMs <= nowMs);
}

/** The first occurrence after `nowMs`. */
export function nextOccurrence(when: When, zone: string, nowMs: number): Occurrence {
  return search(when, zone, nowMs, 1, (atMs) => atMs > nowMs);
}

function search(
  when: When,
  zone: string,
  nowMs: number,
  step: 1 | -1,
  fits: (atMs: number) => boolean,
): Occurrence {
  const today = DateTime.fromMillis(nowMs, { zone }).startOf('day');
  if (!today.isValid) throw new TypeError(`${zone} is no time zone.`);
  const [hour = 0, minute = 0] = when.at.split(':').map(Number);
  // A week and both ends of it; days of 23 or 25 hours are days.
  for (let days = 0; days <= 8; days++) {
    const day = today.plus({ days: days * step });
    if (when.weekday !== undefined && day.weekday !== when.weekday) continue;
    const at = day.set({ hour, minute });
    if (fits(at.toMillis()))
      return { period: periodOf(when, day), day: day.toISODate()!, atMs: at.toMillis() };
  }
  throw new RangeError(`${when.at} on weekday ${when.weekday} does not exist.`);
}

function periodOf(when: When, day: DateTime): string {
  return when.weekday === undefined ? day.toISODate()! : day.toFormat("kkkk-'W'WW");
}
