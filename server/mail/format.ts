import { DateTime } from 'luxon';

export const LANGUAGES = ['tr', 'en', 'ru', 'ky'] as const;
export type Language = (typeof LANGUAGES)[number];

/** The first of the locales whose language mails are written in; English where none is. */
export function languageOf(...locales: (string | null | undefined)[]): Language {
  for (const locale of locales) {
    const found = LANGUAGES.find((language) => language === locale?.slice(0, 2).toLowerCase());
    if (found) return found;
  }
  return 'en';
}

/** Dates, numbers and plurals of one language, in the institution's zone. */
export interface Format {
  language: Language;
  /** Day and time of an instant. */
  moment(iso: string): string;
  /** A local day, `YYYY-MM-DD`. */
  day(day: string): string;
  /** The local day of an instant. */
  dayOf(iso: string): string;
  /** 0…1 as whole percent; null as a dash. */
  percent(share: number | null): string;
  /** A difference in percentage points, with its sign; null as a dash. */
  points(difference: number | null): string;
  number(value: number): string;
  /** The form that goes with a number: `one` and `other`, in Russian also `few` and `many`; `#` becomes the number. */
  count(value: number, forms: { one: string; few?: string; many?: string; other: string }): string;
  list(items: string[]): string;
}

export function createFormat(language: Language, timezone: string): Format {
  const moment = new Intl.DateTimeFormat(language, {
    dateStyle: 'full',
    timeStyle: 'short',
    timeZone: timezone,
  });
  const day = new Intl.DateTimeFormat(language, { dateStyle: 'long', timeZone: 'UTC' });
  const dayOf = new Intl.DateTimeFormat(language, { dateStyle: 'long', timeZone: timezone });
  const percent = new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 0 });
  const points = new Intl.NumberFormat(language, { signDisplay: 'exceptZero', maximumFractionDigits: 0 });
  const number = new Intl.NumberFormat(language);
  const plural = new Intl.PluralRules(language);
  const list = new Intl.ListFormat(language);
  return {
    language,
    moment: (iso) => moment.format(new Date(iso)),
    day: (text) => day.format(DateTime.fromISO(text, { zone: 'utc' }).toJSDate()),
    dayOf: (iso) => dayOf.format(new Date(iso)),
    percent: (share) => (share === null ? '–' : percent.format(share)),
    points: (difference) => (difference === null ? '–' : points.format(difference)),
    number: (value) => number.format(value),
    count(value, forms) {
      const rule = plural.select(value);
      const form = rule === 'zero' || rule === 'two' ? undefined : forms[rule];
      return (form ?? forms.other).replace('#', number.format(value));
    },
    list: (items) => list.format(items),
  };
}
