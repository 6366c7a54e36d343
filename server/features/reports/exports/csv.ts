import { stringify } from 'csv-stringify/sync';
import { type Cell, type CellKind, type FileWriter, type ReportDocument, wallClock } from './document.ts';

/**
 * One section as CSV (RFC 4180) that a spreadsheet opens as it is: UTF-8 with a byte order mark, and the separator and
 * decimal sign that the language's spreadsheets expect. A text that such a program would take for a formula gets an
 * apostrophe in front.
 */
export function createCsvWriter(document: ReportDocument, sectionId: string): FileWriter {
  const section = document.sections.find(({ id }) => id === sectionId) ?? document.sections[0];
  const columns = section?.columns ?? [];
  const comma = document.locale !== 'en';
  const options = { delimiter: comma ? ';' : ',', record_delimiter: '\r\n' as const };
  const chunks: Buffer[] = [
    Buffer.from('\ufeff'),
    Buffer.from(stringify([columns.map(({ title }) => title)], options)),
  ];
  const write = (rows: Cell[][]) => {
    if (rows.length === 0) return;
    const lines = rows.map((row) =>
      columns.map(({ kind }, at) => textOf(kind, row[at] ?? null, comma, document.timezone)),
    );
    chunks.push(Buffer.from(stringify(lines, options)));
  };
  write(section?.rows ?? []);
  return {
    add: async (rows) => {
      if (section?.streamed) write(rows);
    },
    end: async () => Buffer.concat(chunks),
  };
}

function textOf(kind: CellKind, value: Cell, comma: boolean, timezone: string): string {
  if (value === null) return '';
  if (kind === 'instant' && typeof value === 'number')
    return new Date(wallClock(value, timezone)).toISOString().slice(0, 19).replace('T', ' ');
  if (typeof value === 'number') {
    const text = kind === 'integer' ? String(value) : String(Math.round(value * 1e4) / 1e4);
    return comma ? text.replace('.', ',') : text;
  }
  return kind === 'text' ? neutral(value) : value;
}

/** https://owasp.org/www-community/attacks/CSV_Injection */
export function neutral(text: string): string {
  return /^[\s]*[=+\-@\t\r＝＋－＠]/.test(text) ? `'${text}` : text;
}
