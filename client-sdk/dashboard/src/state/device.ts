const BROWSERS: [name: string, pattern: RegExp][] = [
  ['Edge', /\bEdgA?\//],
  ['Opera', /\bOPR\//],
  ['Samsung Internet', /SamsungBrowser\//],
  ['Firefox', /Firefox\/|FxiOS\//],
  ['Chrome', /Chrome\/|CriOS\//],
  ['Safari', /Safari\//],
];
const SYSTEMS: [name: string, pattern: RegExp][] = [
  ['iPhone', /iPhone/],
  ['iPad', /iPad/],
  ['Android', /Android/],
  ['Windows', /Windows/],
  ['ChromeOS', /CrOS/],
  ['macOS', /Mac OS X/],
  ['Linux', /Linux/],
];

const find = (list: typeof BROWSERS, text: string) => list.find(([, pattern]) => pattern.test(text))?.[0];

/** What a person calls a device, from its User-Agent; null where nothing in it is known. */
export function deviceOf(userAgent: string | null): { browser: string; system: string } | null {
  const browser = find(BROWSERS, userAgent ?? '');
  const system = find(SYSTEMS, userAgent ?? '');
  return browser && system ? { browser, system } : null;
}

const STORED_AT = 'yoklama.device';

/** What this browser calls itself when it scans, the same every time. */
export function deviceId(): string {
  const stored = localStorage.getItem(STORED_AT);
  if (stored) return stored;
  // `randomUUID` exists on https and localhost only.
  const id = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) =>
    byte.toString(16).padStart(2, '0'),
  );
  localStorage.setItem(STORED_AT, id.join(''));
  return id.join('');
}
