/** Languages by their own names; the server has words in all four. */
export const LOCALES = [
  { value: 'tr', label: 'Türkçe' },
  { value: 'en', label: 'English' },
  { value: 'ru', label: 'Русский' },
  { value: 'ky', label: 'Кыргызча' },
];

/** IANA zones, as the browser knows them. */
export const ZONES = Intl.supportedValuesOf('timeZone');
