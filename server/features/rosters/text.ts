import { ApiError } from '../../errors.ts';

export const ENCODINGS = [
  'utf-8',
  'utf-16le',
  'utf-16be',
  'windows-1254',
  'iso-8859-9',
  'windows-1251',
] as const;
export type Encoding = (typeof ENCODINGS)[number];

export interface DecodedText {
  /** With `\n` as the only line end, without a byte order mark. */
  text: string;
  encoding: Encoding;
}

/**
 * The text of a file in whatever encoding it was saved. Tables come as UTF-8 or UTF-16 with a mark, as UTF-8 without,
 * or as the Turkish or Cyrillic code page of Windows; ISO 8859-9 is a part of the Turkish one. Throws `import-not-text`
 * for anything else.
 */
export function decodeText(bytes: Uint8Array, asked?: Encoding): DecodedText {
  const encoding = asked ?? detectEncoding(bytes);
  let text: string;
  try {
    // `fatal` also where the encoding was asked for: a letter that is lost in a name would not be seen.
    text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new ApiError('import-not-text', { message: `The file is not text in ${encoding}.`, cause });
  }
  if (isBinary(text)) throw new ApiError('import-not-text');
  return { text: text.replace(/\r\n?/g, '\n'), encoding };
}

function detectEncoding(bytes: Uint8Array): Encoding {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  const head = bytes.subarray(0, 4096);
  const zeros = [0, 0];
  for (const [at, byte] of head.entries()) if (byte === 0) zeros[at % 2]!++;
  // Latin letters of UTF-16 have a zero for every second byte.
  if (zeros[1]! > head.length / 5 && zeros[0] === 0) return 'utf-16le';
  if (zeros[0]! > head.length / 5 && zeros[1] === 0) return 'utf-16be';
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return 'utf-8';
  } catch {
    return isCyrillic(bytes) ? 'windows-1251' : 'windows-1254';
  }
}

/** Longest part of a file that is looked at. */
const LOOKED_AT = 1024 * 1024;

/**
 * Every byte is a letter in both code pages. But a Turkish word has few letters beyond ASCII, a Cyrillic one no others: what
 * most words are that have such letters at all. Words of two letters say nothing.
 */
function isCyrillic(bytes: Uint8Array): boolean {
  let whole = 0;
  let mixed = 0;
  let high = 0;
  let ascii = 0;
  for (const byte of bytes.subarray(0, LOOKED_AT)) {
    const letter = byte | 0x20;
    // ё is apart from the others; the rest of the upper half is letters of both.
    if (byte >= 0xc0 || byte === 0xa8 || byte === 0xb8) high++;
    else if (letter >= 0x61 && letter <= 0x7a) ascii++;
    else {
      if (high > 0 && high + ascii > 2) ascii === 0 ? whole++ : mixed++;
      high = 0;
      ascii = 0;
    }
  }
  return whole > mixed;
}

/** Control characters that no table has, in more than a stray place. */
function isBinary(text: string): boolean {
  if (text.includes('\u0000')) return true;
  let odd = 0;
  const length = Math.min(text.length, 65_536);
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if ((code < 0x20 && code !== 0x09 && code !== 0x0a && code !== 0x0d) || (code >= 0x7f && code < 0xa0))
      odd++;
  }
  return odd > Math.max(2, length / 200);
}

export const SEPARATORS = [',', ';', '\t'] as const;
export type Separator = (typeof SEPARATORS)[number];

/** The separator that the header line has most of; what is quoted does not count. */
export function detectSeparator(text: string): Separator {
  const header = (text.split('\n').find((line) => line.trim() !== '') ?? '').replace(/"[^"]*"/g, '');
  const counts = SEPARATORS.map((separator) => header.split(separator).length);
  return SEPARATORS[counts.indexOf(Math.max(...counts))]!;
}

/** What spreadsheets take for a formula at the start of a cell. */
const FORMULA = /^'(?=[=+\-@\t\r＝＋－＠])/;

/**
 * A cell as it is kept: composed letters, single spaces, without the apostrophe that an export puts before what a
 * spreadsheet would take for a formula. A formula stays the text that it is.
 */
export function cleanCell(cell: string): string {
  return cell.replace(FORMULA, '').normalize('NFC').replace(/\s+/g, ' ').trim();
}
