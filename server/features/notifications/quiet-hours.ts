import { DateTime } from 'luxon';
import type { QuietHours } from './preferences.ts';

/**
 * When a mail may go out: now, or when the quiet hours that it is have ended. Wall times of the zone: over a change of
 * the clock the hours are an hour longer or shorter.
 */
export function afterQuietHours(now: Date, quiet: QuietHours | null, zone: string): Date {
  if (quiet === null || quiet.from === quiet.until) return now;
  const local = DateTime.fromJSDate(now, { zone });
  const minute = local.hour * 60 + local.minute;
  const from = minutesOf(quiet.from);
  const until = minutesOf(quiet.until);
  const inside = from < until ? minute >= from && minute < until : minute >= from || minute < until;
  if (!inside) return now;
  const day = from < until || minute < until ? local : local.plus({ days: 1 });
  return day.set({ hour: Math.floor(until / 60), minute: until % 60, second: 0, millisecond: 0 }).toJSDate();
}

/** The next time that the clock shows `at` (`HH:MM`). */
export function nextTime(now: Date, at: string, zone: string): Date {
  const local = DateTime.fromJSDate(now, { zone });
  const minutes = minutesOf(at);
  const set = (day: DateTime) =>
    day.set({ hour: Math.floor(minutes / 60), minute: minutes % 60, second: 0, millisecond: 0 });
  const today = set(local);
  return (today > local ? today : set(local.plus({ days: 1 }))).toJSDate();
}

function minutesOf(time: string): number {
  const [hour = '0', minute = '0'] = time.split(':');
  return Number(hour) * 60 + Number(minute);
}
