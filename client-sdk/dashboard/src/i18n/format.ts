import { computed, signal } from '@preact/signals';
import { language } from './index.ts';

/** The institution's IANA zone: a teacher abroad still reads the classroom's clock. */
export const timeZone = signal<string | undefined>(undefined);

const formats = computed(() => {
  const zone = timeZone.value ? { timeZone: timeZone.value } : {};
  const locale = language.value;
  return {
    clock: new Intl.DateTimeFormat(locale, { hour: 'numeric', minute: '2-digit', ...zone }),
    dateTime: new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short', ...zone }),
    date: new Intl.DateTimeFormat(locale, { dateStyle: 'medium', ...zone }),
    percent: new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 0 }),
    number: new Intl.NumberFormat(locale),
    list: new Intl.ListFormat(locale, { style: 'short' }),
    collator: new Intl.Collator(locale, { sensitivity: 'base', numeric: true }),
  };
});

type Instant = string | number | Date;

export const clock = (at: Instant) => formats.value.clock.format(new Date(at));
export const dateTime = (at: Instant) => formats.value.dateTime.format(new Date(at));
/** "21 Nov 2026, 09:00 – 12:00" */
export const dateTimeRange = (from: Instant, until: Instant) =>
  formats.value.dateTime.formatRange(new Date(from), new Date(until));
export const date = (at: Instant) => formats.value.date.format(new Date(at));
/** A share of 0…1, as whole per cent. */
export const percent = (share: number) => formats.value.percent.format(share);
export const number = (value: number) => formats.value.number.format(value);
export const list = (names: string[]) => formats.value.list.format(names);
export const compare = (a: string, b: string) => formats.value.collator.compare(a, b);

/** Folds case and accents by the rules of the language, so that "ışık" finds "IŞIK". */
export const foldForSearch = (text: string) =>
  text.toLocaleLowerCase(language.value).normalize('NFD').replace(/\p{M}/gu, '').replaceAll('ı', 'i');

/** Minutes and seconds, with hours once there are any: a running clock, read the same in every language. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const parts = [Math.floor(seconds / 60) % 60, seconds % 60].map((part) => String(part).padStart(2, '0'));
  const hours = Math.floor(seconds / 3600);
  return hours ? `${hours}:${parts.join(':')}` : parts.join(':');
}
