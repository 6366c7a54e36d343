import { type Static, Type } from 'typebox';
import { Nullable, OneOf, Uuid } from '../../http.ts';
import { AttendanceRecordSchema, MarkStatusSchema, RECORD } from './schemas.ts';

export const MOST_MARKS = 1000;

const ImportedMark = Type.Object(
  {
    studentId: Type.Optional(Uuid('The student; or the number.')),
    number: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: 'The student’s number.' })),
    status: Type.Union([...MarkStatusSchema.anyOf, Type.Literal('pending')], {
      description: '`pending` takes what the other system said away again.',
    }),
    note: Type.Optional(Nullable(Type.String({ maxLength: 500 }))),
  },
  { additionalProperties: false },
);

export const ImportMarksSchema = Type.Object(
  {
    sessionId: Uuid('The class session; it may be closed.'),
    source: Type.String({
      ...{ minLength: 1, maxLength: 100, pattern: '\\S' },
      description: 'The system that says so; kept in the ledger.',
    }),
    dryRun: Type.Boolean({ default: false, description: 'Only say what would change.' }),
    marks: Type.Array(ImportedMark, { minItems: 1, maxItems: MOST_MARKS }),
  },
  {
    additionalProperties: false,
    title: 'ImportMarks',
    examples: [
      {
        sessionId: RECORD.sessionId,
        source: 'turnstile',
        dryRun: false,
        marks: [{ number: RECORD.studentNumber, status: 'present' }],
      },
    ],
  },
);
export type ImportMarks = Static<typeof ImportMarksSchema>;

export const MARK_PROBLEMS = ['student-unnamed', 'student-unknown', 'student-twice'] as const;

export const ImportedMarksSchema = Type.Object(
  {
    dryRun: Type.Boolean(),
    written: Type.Integer({
      description: 'Marks that say something new; what was said before is not said again.',
    }),
    unchanged: Type.Integer(),
    problems: Type.Array(
      Type.Object({
        mark: Type.Integer({ description: 'Its place in `marks`, from 0.' }),
        code: OneOf(MARK_PROBLEMS),
      }),
      { description: 'Of a dry run; otherwise they are the `details` of `marks-invalid`.' },
    ),
    records: Type.Array(AttendanceRecordSchema, {
      description:
        'The records that the marks are about, as they stand now. A person’s word on one of them holds.',
    }),
  },
  {
    title: 'ImportedMarks',
    examples: [
      {
        ...{ dryRun: false, written: 1, unchanged: 0, problems: [] },
        records: [{ ...RECORD, method: 'import', confidence: null, firstSeenAt: null, lastSeenAt: null }],
      },
    ],
  },
);
export type ImportedMarks = Static<typeof ImportedMarksSchema>;
