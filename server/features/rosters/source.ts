import { ApiError } from '../../errors.ts';
import { type ImportEntity, readHeader } from './columns.ts';
import {
  BadLine,
  badLine,
  csvLines,
  type LineEntity,
  type LineOptions,
  type Row,
  type StagedLine,
} from './lines.ts';
import { readManifest, readOneRoster } from './oneroster.ts';
import { readRecords } from './records.ts';
import { decodeText, detectSeparator, type Encoding } from './text.ts';
import { isZip, openZip } from './zip.ts';

export interface SourceOptions extends LineOptions {
  /** What a CSV table is of; not needed for a zip. */
  entity: ImportEntity | null;
  encoding?: Encoding | undefined;
}

export interface RosterSource {
  format: 'csv' | 'oneroster';
  /** What was found out about the file: encoding, separator, columns, version. */
  details: Record<string, unknown>;
  lines: AsyncIterable<StagedLine>;
}

const LINE_ENTITIES: Record<ImportEntity, LineEntity> = {
  students: 'student',
  teachers: 'teacher',
  courses: 'course',
  enrolments: 'enrolment',
};

/**
 * A file that was handed in, as lines. Throws what is wrong with the file as a whole: `import-not-text`,
 * `import-columns-missing`, `import-zip-unsafe`, `import-not-oneroster`, `import-too-large`, `invalid-request`.
 */
export async function openSource(name: string, bytes: Buffer, options: SourceOptions): Promise<RosterSource> {
  if (isZip(bytes)) {
    const zip = await openZip(bytes);
    const facts = await readManifest(zip);
    return { format: 'oneroster', details: { ...facts }, lines: readOneRoster(zip, options) };
  }
  const { entity } = options;
  if (entity === null) {
    throw new ApiError('invalid-request', {
      message: 'Say in the field `entity` what the table is of: students, teachers, courses or enrolments.',
    });
  }
  const { text, encoding } = decodeText(bytes, options.encoding);
  const separator = detectSeparator(text);
  const records = readRecords(text, separator)[Symbol.asyncIterator]();
  const first = await records.next();
  const header = first.done || first.value.broken ? [] : first.value.cells;
  const { fields, ignored, missing } = readHeader(entity, header);
  if (missing.length > 0) {
    const found = header.slice(0, 50).map((cell) => cell.trim().slice(0, 60));
    throw new ApiError('import-columns-missing', { details: { missing, found } });
  }
  const columns = fields.filter((field) => field !== null);
  return {
    format: 'csv',
    details: { encoding, separator, columns, ignoredColumns: ignored },
    lines: tableLines(name, entity, fields, records, options),
  };
}

async function* tableLines(
  file: string,
  entity: ImportEntity,
  fields: readonly (string | null)[],
  records: AsyncIterator<{ line: number; cells: string[]; broken: boolean }>,
  options: LineOptions,
): AsyncGenerator<StagedLine> {
  const keyAt = Math.max(
    0,
    fields.findIndex((field) => ['number', 'code', 'email'].includes(field ?? '')),
  );
  for (let next = await records.next(); !next.done; next = await records.next()) {
    const { line, cells, broken } = next.value;
    try {
      if (broken) throw new BadLine('quote-open', 'A quote that opens on this line is not closed.');
      assertCount(cells, fields.length);
      const row: Row = {};
      for (const [i, field] of fields.entries()) if (field !== null) row[field] = cells[i] ?? '';
      yield* csvLines(entity, file, line, row, options);
    } catch (error) {
      if (!(error instanceof BadLine)) throw error;
      yield badLine(file, line, LINE_ENTITIES[entity], cells[keyAt] ?? cells[0] ?? '', error);
    }
  }
}

/** Empty cells at the end are what spreadsheets leave there; anything else means that cells have slipped. */
function assertCount(cells: readonly string[], expected: number): void {
  if (cells.length === expected) return;
  if (cells.length > expected && cells.slice(expected).every((cell) => cell.trim() === '')) return;
  throw new BadLine('column-count', `The line has ${cells.length} cells, the header ${expected}.`);
}
