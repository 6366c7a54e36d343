import { type Column, type SQL, sql } from 'drizzle-orm';

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

/**
 * What `fold` does to small letters, for PostgreSQL's `translate`, which drops the letters that have no counterpart: the
 * dot that İ leaves behind. Letters that fold to two (ß, æ) stay as they are. Few, as each costs for each letter read.
 */
const [FROM, TO] = (() => {
  const letters = [...range(0xe0, 0x17f), ...range(0x430, 0x45f), ...'үөң'];
  const pairs = letters.flatMap((letter) => {
    const folded = fold(letter);
    return letter === letter.toLowerCase() && folded.length === 1 && folded !== letter
      ? [[letter, folded]]
      : [];
  });
  return [`${pairs.map(([letter]) => letter).join('')}\u0307`, pairs.map(([, folded]) => folded).join('')];
})();

function range(first: number, last: number): string[] {
  return Array.from({ length: last - first + 1 }, (_, i) => String.fromCharCode(first + i));
}

/**
 * A condition for each word of a search: one of the columns has it, whatever its case and diacritics. For tables that
 * are small enough to be searched without a folded column.
 */
export function searchColumns(search: string | undefined, ...columns: readonly Column[]): SQL[] {
  const text = sql.join(
    columns.map((column) => sql`coalesce(${column}, '')`),
    sql` || ' ' || `,
  );
  const folded = sql`translate(lower((${text}) collate "und-x-icu"), ${FROM}, ${TO})`;
  return searchPatterns(search ?? '').map((pattern) => sql`${folded} like ${pattern}`);
}
