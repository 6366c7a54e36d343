import { Readable } from 'node:stream';
import { stringify } from 'csv-stringify';
import type { ImportEntity } from './columns.ts';
import type { CourseRow, LinkRow, rosterPages, StudentRow, TeacherRow } from './pages.ts';
import type { Separator } from './text.ts';

type Pages = ReturnType<typeof rosterPages>;
type Cells = Record<string, string | null>;

const status = (archived: boolean) => (archived ? 'archived' : 'active');

const TABLES: Record<
  ImportEntity,
  { columns: readonly string[]; rows: (pages: Pages) => AsyncIterable<Cells> }
> = {
  students: {
    columns: [
      ...[
        'number',
        'name',
        'email',
        'department',
        'guardianName',
        'guardianEmail',
        'locale',
        'externalId',
        'status',
      ],
    ],
    rows: (pages) =>
      each(pages.students(), ({ id: _, archived, ...row }: StudentRow) => ({
        ...row,
        status: status(archived),
      })),
  },
  teachers: {
    columns: ['name', 'email', 'title', 'department', 'externalId', 'status'],
    rows: (pages) =>
      each(pages.teachers(), ({ id, archived, ...row }: TeacherRow) => ({
        ...row,
        // Who has neither is known by the id that this system gave them.
        externalId: row.externalId ?? (row.email === null ? id : null),
        status: status(archived),
      })),
  },
  courses: {
    columns: ['code', 'name', 'semester', 'department', 'teachers', 'externalId', 'status'],
    rows: (pages) =>
      each(pages.courses(), ({ id: _, archived, teachers, ...row }: CourseRow) => ({
        ...row,
        teachers: teachers.join(' '),
        status: status(archived),
      })),
  },
  enrolments: {
    columns: ['number', 'name', 'code', 'semester'],
    rows: (pages) =>
      each(pages.enrolments(), ({ number, name, code, semester }: LinkRow) => ({
        number,
        name,
        code,
        semester,
      })),
  },
};

/**
 * A table as CSV in UTF-8 with a byte order mark, as spreadsheets need it, and CRLF. What they would take for a formula
 * gets an apostrophe (OWASP, CSV injection); importing takes it off again.
 */
export function csvExport(entity: ImportEntity, pages: Pages, separator: Separator): Readable {
  const { columns, rows } = TABLES[entity];
  const table = stringify({
    header: true,
    columns: [...columns],
    bom: true,
    delimiter: separator,
    record_delimiter: 'windows',
    escape_formulas: true,
  });
  const source = Readable.from(rows(pages));
  source.on('error', (error) => table.destroy(error));
  return source.pipe(table);
}

async function* each<Row>(rows: AsyncIterable<Row>, cells: (row: Row) => Cells): AsyncGenerator<Cells> {
  for await (const row of rows) yield cells(row);
}
