import { effect, signal } from '@preact/signals';
import i18next from 'i18next';
import { en } from './en.ts';
import type { TextKey } from './messages.ts';
import { tr } from './tr.ts';

export const LANGUAGES = { tr: 'Türkçe', en: 'English' } as const;
export type Language = keyof typeof LANGUAGES;

const STORED_AT = 'yoklama.language';

export const isLanguage = (value: unknown): value is Language =>
  typeof value === 'string' && value in LANGUAGES;

/** What the person chose here before, else what the browser prefers, else Turkish. */
function firstLanguage(): Language {
  const stored = localStorage.getItem(STORED_AT);
  if (isLanguage(stored)) return stored;
  const preferred = navigator.languages.map((tag) => tag.slice(0, 2).toLowerCase());
  return preferred.find(isLanguage) ?? 'tr';
}

/** Read by `t`, so that whatever renders a text renders again when the language changes. */
export const language = signal<Language>(firstLanguage());

i18next.init({
  lng: language.peek(),
  fallbackLng: 'en',
  resources: { en: { translation: en }, tr: { translation: tr } },
  initAsync: false,
  // Texts reach the page as text nodes, never as markup.
  interpolation: { escapeValue: false },
});

effect(() => {
  i18next.changeLanguage(language.value);
  document.documentElement.lang = language.value;
});

/** The text in the current language, with `{{values}}` filled in and its plural form chosen by `count`. */
export function t(key: TextKey, values: Record<string, string | number> = {}): string {
  void language.value;
  return i18next.t(key, values);
}

export function chooseLanguage(next: Language): void {
  localStorage.setItem(STORED_AT, next);
  language.value = next;
}

/** The language of the user's account, unless another was chosen on this device. */
export function adoptLanguage(locale: string | null): void {
  const tag = locale?.slice(0, 2).toLowerCase();
  if (isLanguage(tag) && !localStorage.getItem(STORED_AT)) language.value = tag;
}
