import { type Day, noon } from './day-steps.ts';
import { timeZone } from './format.ts';
import { language } from './index.ts';

const ISO = { year: 'numeric', month: '2-digit', day: '2-digit' } as const;

export function dayOf(at: Date): Day {
  // Swedish writes dates as ISO 8601 does.
  return new Intl.DateTimeFormat('sv', {
    ...ISO,
    ...(timeZone.value ? { timeZone: timeZone.value } : {}),
  }).format(at);
}

export const today = (): Day => dayOf(new Date());

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
/** "Thursday, 29 October 2026" */
export const dayFull = (day: Day) => format({ dateStyle: 'full' }).format(noon(day));
/** "today", "tomorrow", "in 12 days" */
export function fromToday(day: Day): string {
  const days = Math.round((noon(day).getTime() - noon(today()).getTime()) / 86_400_000);
  return new Intl.RelativeTimeFormat(language.value, { numeric: 'auto' }).format(days, 'day');
}
