import { effect, signal } from '@preact/signals';

export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

const STORED_AT = 'yoklama.theme';

const stored = localStorage.getItem(STORED_AT);
export const theme = signal<Theme>(stored === 'light' || stored === 'dark' ? stored : 'system');

effect(() => {
  const root = document.documentElement;
  if (theme.value === 'system') {
    delete root.dataset.theme;
    localStorage.removeItem(STORED_AT);
  } else {
    root.dataset.theme = theme.value;
    localStorage.setItem(STORED_AT, theme.value);
  }
});

const systemDark = matchMedia('(prefers-color-scheme: dark)');
const prefersDark = signal(systemDark.matches);
systemDark.addEventListener('change', (event) => {
  prefersDark.value = event.matches;
});

/** For what is painted by hand (charts): CSS follows by itself. */
export const isDark = () => (theme.value === 'system' ? prefersDark.value : theme.value === 'dark');
