import { timeZone } from './format.ts';
import { language } from './index.ts';

/** Days without a time, `YYYY-MM-DD`, as the institution counts them. */
export type Day = string;

const ISO = { year: 'numeric', month: '2-digit', day: '2-digit' } as const;
const noon = (day: Day) => new Date(`${day}T12:00:00Z`);

export function dayOf(at: Date): Day {
  // Swedish writes dates as ISO 8601 does.
  return new Intl.DateTimeFormat('sv', {
    ...ISO,
    ...(timeZone.value ? { timeZone: timeZone.value } : {}),
  }).format(at);
}

export const today = (): Day => dayOf(new Date());

export function addDays(day: Day, days: number): Day {
  const at = noon(day);
  at.setUTCDate(at.getUTCDate() + days);
  return at.toISOString().slice(0, 10);
}

export function addMonths(day: Day, months: number): Day {
  const at = noon(`${day.slice(0, 7)}-01`);
  at.setUTCMonth(at.getUTCMonth() + months);
  return at.toISOString().slice(0, 10);
}

const format = (options: Intl.DateTimeFormatOptions) =>
  new Intl.DateTimeFormat(language.value, { timeZone: 'UTC', ...options });

/** "21 Nov 2026" */
export const dayText = (day: Day) => format({ dateStyle: 'medium' }).format(noon(day));
/** "Sat 21" */
export const dayShort = (day: Day) => format({ weekday: 'short', day: 'numeric' }).format(noon(day));
/** "16 – 22 Nov 2026" */
export const daysText = (from: Day, until: Day) =>
  from === until ? dayText(from) : format({ dateStyle: 'medium' }).formatRange(noon(from), noon(until));
/** 1 is Monday, 7 Sunday. */
export const weekdayText = (weekday: number) =>
  format({ weekday: 'long' }).format(noon(`2024-01-0${weekday}`));
