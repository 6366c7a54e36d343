import { type Static, Type } from 'typebox';
import { Instant, ListOf, Nullable, OneOf, PageQuery, Uuid } from '../../http.ts';
import { IMPORT_ENTITIES } from './columns.ts';

const STATUSES = ['checking', 'checked', 'applying', 'applied', 'failed'] as const;
const OUTCOMES = ['create', 'update', 'unchanged', 'archive', 'error'] as const;
const LINE_ENTITIES = ['student', 'teacher', 'course', 'enrolment', 'teaching'] as const;

const exampleImport = {
  id: '0192f0c4-5d1e-7a3b-9c55-0d8f2b6a1801',
  format: 'csv',
  entity: 'students',
  name: 'students.csv',
  status: 'checked',
  progress: 1,
  counts: { lines: 31, create: 29, update: 1, unchanged: 0, archive: 0, error: 1 },
  entities: { student: { create: 29, update: 1, unchanged: 0, archive: 0, error: 1 } },
  details: {
    encoding: 'windows-1254',
    separator: ';',
    columns: ['number', 'name'],
    ignoredColumns: ['Şube'],
  },
  error: null,
  createdBy: null,
  createdAt: '2026-09-14T07:30:00.000Z',
  appliedAt: null,
  expiresAt: '2026-09-21T07:30:00.000Z',
};

const Counts = Type.Record(Type.String(), Type.Integer());

export const Import = Type.Object(
  {
    id: Uuid('The import.'),
    format: OneOf(['csv', 'oneroster']),
    entity: Nullable(OneOf(IMPORT_ENTITIES, 'What a CSV table is of.')),
    name: Nullable(Type.String({ description: 'The file, as it was called.' })),
    status: OneOf(
      STATUSES,
      'checking: being read. checked: nothing was changed yet, the lines say what would be. applying, applied. failed: ' +
        'the file cannot be read, `error` says why.',
    ),
    progress: Type.Number({ description: '0 to 1, of what is under way.' }),
    counts: Type.Unsafe<Record<string, number>>({
      ...Counts,
      description: '`lines`, and how many of them create, update, archive, are unchanged or have an error.',
    }),
    entities: Type.Record(Type.String(), Counts, {
      description:
        'The same by entity: student, teacher, course, enrolment, teaching (who teaches a course).',
    }),
    details: Type.Record(Type.String(), Type.Unknown(), {
      description:
        'What was found out about the file: encoding, separator, columns; or the OneRoster version.',
    }),
    error: Nullable(Type.String({ description: 'Code of why it failed, or was not applied.' })),
    createdBy: Nullable(Uuid('Who imported it.')),
    createdAt: Instant('When the file was handed in.'),
    appliedAt: Nullable(Instant('When it was applied.')),
    expiresAt: Nullable(Instant('When the import and its lines are forgotten.')),
  },
  { title: 'Import', examples: [exampleImport] },
);
export type Import = Static<typeof Import>;

export const ImportList = ListOf(Import, 'ImportList');
Object.assign(ImportList, { examples: [{ total: 1, skip: 0, limit: 50, items: [exampleImport] }] });

const exampleLine = {
  seq: 1,
  file: 'students.csv',
  line: 3,
  entity: 'student',
  key: '20260017',
  outcome: 'error',
  code: 'duplicate-in-file',
  message: 'Line 2 has the same number.',
  targetId: null,
};

export const ImportLine = Type.Object(
  {
    seq: Type.Integer({ description: 'Order in the import, over all its files.' }),
    file: Type.String(),
    line: Type.Integer({ description: 'Line of the file that it starts on.' }),
    entity: OneOf(LINE_ENTITIES),
    key: Type.String({ description: 'Number, e-mail or code that the line is about.' }),
    outcome: Nullable(OneOf(OUTCOMES, 'What the line would do, or did.')),
    code: Nullable(Type.String({ description: 'Of an error; stable.' })),
    message: Nullable(Type.String({ description: 'English.' })),
    targetId: Nullable(Uuid('The student, teacher or course that the line is about.')),
  },
  { title: 'ImportLine', examples: [exampleLine] },
);
export type ImportLine = Static<typeof ImportLine>;

export const ImportLineList = ListOf(ImportLine, 'ImportLineList');
Object.assign(ImportLineList, { examples: [{ total: 1, skip: 0, limit: 50, items: [exampleLine] }] });

export const ImportLineQuery = Type.Object({
  outcome: Type.Optional(OneOf(OUTCOMES)),
  entity: Type.Optional(OneOf(LINE_ENTITIES)),
  code: Type.Optional(Type.String({ maxLength: 64, description: 'Only lines with this code.' })),
  ...PageQuery,
});
export type ImportLineQuery = Static<typeof ImportLineQuery>;

export const ApplyBody = Type.Object(
  {
    skipErrors: Type.Boolean({
      default: false,
      description:
        'Leave out the lines that have errors; otherwise one of them keeps all from being applied.',
    }),
  },
  { title: 'ApplyImport', examples: [{ skipErrors: true }] },
);

export const ImportQuery = Type.Object({ status: Type.Optional(OneOf(STATUSES)), ...PageQuery });
export type ImportQuery = Static<typeof ImportQuery>;
