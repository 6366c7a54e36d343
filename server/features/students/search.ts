/** Letters that no decomposition takes to a plainer one, as people type them without the right keyboard. */
const LETTERS: Record<string, string> = {
  ...{ ı: 'i', ø: 'o', ł: 'l', đ: 'd', ß: 'ss', æ: 'ae', œ: 'oe', þ: 'th' },
  ...{ ү: 'у', ө: 'о', ң: 'н' },
};

/** Folds a text for searching: lower case, without diacritics, dotted and dotless i alike. `Işık` → `isik`. */
export function fold(text: string): string {
  return text
    .toLowerCase()
    .normalize('NFKD')
    .replace(/\p{Mark}+/gu, '')
    .replace(/[ıøłđßæœþүөң]/g, (letter) => LETTERS[letter]!)
    .replace(/\s+/g, ' ')
    .trim();
}

/** Each word of a search as a LIKE pattern; all must be found. */
export function searchPatterns(search: string): string[] {
  return fold(search)
    .split(' ')
    .filter((word) => word !== '')
    .slice(0, 8)
    .map((word) => `%${word.replace(/[\\%_]/g, '\\$&')}%`);
}
