import type { Holiday } from '../../../src/index.ts';
import { addDays, type Day } from '../i18n/day-steps.ts';

/** Days without classes that belong together. */
export interface Break {
  name: string;
  from: Day;
  until: Day;
  days: Holiday[];
}

/** Days in a row under one name are one break; the days come in their order. */
export function breaksOf(days: readonly Holiday[]): Break[] {
  const found: Break[] = [];
  for (const holiday of days) {
    const last = found.at(-1);
    if (last && last.name === holiday.name && addDays(last.until, 1) === holiday.day) {
      last.until = holiday.day;
      last.days.push(holiday);
    } else {
      found.push({ name: holiday.name, from: holiday.day, until: holiday.day, days: [holiday] });
    }
  }
  return found;
}

/** From the first day to the last, both included; no more than `most`. */
export function daysBetween(from: Day, until: Day, most: number): Day[] {
  const days: Day[] = [];
  for (let day = from; day <= until && days.length < most; day = addDays(day, 1)) days.push(day);
  return days;
}
