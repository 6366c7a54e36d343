import { type Static, Type } from 'typebox';
import { OneOf } from '../../http.ts';

const id = (description: string) => Type.String({ format: 'uuid', description });
const instant = (description: string) => Type.String({ format: 'date-time', description });
const nullable = <T extends ReturnType<typeof Type.String> | ReturnType<typeof Type.Number>>(schema: T) =>
  Type.Union([schema, Type.Null()]);

export const RECORD = {
  id: '0198c1f2-5d3e-7c11-9a20-4c7f0b6f1a01',
  sessionId: '0198c1f0-11aa-7bbb-8d01-2f9f4b1c2d03',
  studentId: '0198b000-2222-7ccc-9e02-3a0a5c2d3e04',
  studentName: 'Aybüke Çelik',
  studentNumber: '2026-0142',
  status: 'present',
  method: 'face',
  confidence: 0.97,
  firstSeenAt: '2026-11-20T08:02:11.420Z',
  lastSeenAt: '2026-11-20T08:49:57.020Z',
  secondsSeen: 2711.5,
  note: null,
  correctedBy: null,
  version: 2,
} as const;

export const AttendanceStatusSchema = Type.Union(
  [
    Type.Literal('pending'),
    Type.Literal('present'),
    Type.Literal('late'),
    Type.Literal('excused'),
    Type.Literal('absent'),
  ],
  { description: '`pending` only while the session is open and nobody has decided.' },
);

export const AttendanceRecordSchema = Type.Object(
  {
    id: id('The record.'),
    sessionId: id('The class session.'),
    studentId: id('The student.'),
    studentName: Type.String(),
    studentNumber: Type.String(),
    status: AttendanceStatusSchema,
    method: Type.Union([
      Type.Literal('face'),
      Type.Literal('qr'),
      Type.Literal('manual'),
      Type.Literal('import'),
      Type.Null(),
    ]),
    confidence: nullable(Type.Number({ minimum: 0, maximum: 1 })),
    firstSeenAt: nullable(instant('When the face was first on camera.')),
    lastSeenAt: nullable(instant('When the face was last on camera; kept every 10 s.')),
    secondsSeen: Type.Number({ minimum: 0, description: 'Over all cameras, each second once.' }),
    note: nullable(Type.String()),
    correctedBy: nullable(id('The user whose word the status stands on; null: the machine decided.')),
    version: Type.Integer({ minimum: 1, description: 'Rises with every change of the decision.' }),
  },
  { title: 'AttendanceRecord', examples: [RECORD] },
);
export type AttendanceRecord = Static<typeof AttendanceRecordSchema>;

/** What a person may say of somebody. */
export const MarkStatusSchema = Type.Union([
  Type.Literal('present'),
  Type.Literal('late'),
  Type.Literal('excused'),
  Type.Literal('absent'),
]);

export const CorrectionSchema = Type.Object(
  {
    status: Type.Union([...MarkStatusSchema.anyOf, Type.Literal('pending')], {
      description: '`pending` takes a person’s word away again: what the machine knows counts as before.',
    }),
    note: Type.Optional(Type.Union([Type.String({ maxLength: 500 }), Type.Null()])),
    version: Type.Optional(
      Type.Integer({ minimum: 1, description: 'The version that was corrected; or as `If-Match`.' }),
    ),
  },
  {
    additionalProperties: false,
    title: 'Correction',
    examples: [{ status: 'late', note: 'Came in at 9:20', version: 2 }],
  },
);
export type Correction = Static<typeof CorrectionSchema>;

export const ManualMarkSchema = Type.Object(
  {
    sessionId: id('The class session; it may be closed.'),
    studentId: id('A student enrolled in its course.'),
    status: MarkStatusSchema,
    note: Type.Optional(Type.Union([Type.String({ maxLength: 500 }), Type.Null()])),
  },
  {
    additionalProperties: false,
    title: 'ManualMark',
    examples: [
      {
        sessionId: RECORD.sessionId,
        studentId: RECORD.studentId,
        status: 'present',
        note: 'Signed the list',
      },
    ],
  },
);
export type ManualMark = Static<typeof ManualMarkSchema>;

export const RECORD_SORTS = [
  'name',
  '-name',
  'number',
  '-number',
  'status',
  '-status',
  'firstSeenAt',
] as const;

/** A class fits on one page. */
export const AttendanceQuery = Type.Object({
  status: Type.Optional(AttendanceStatusSchema),
  search: Type.Optional(Type.String({ maxLength: 100, description: 'In names and numbers.' })),
  sort: Type.Optional(OneOf(RECORD_SORTS, 'By name where absent.')),
  skip: Type.Integer({ minimum: 0, maximum: 1_000_000, default: 0 }),
  limit: Type.Integer({ minimum: 1, maximum: 1000, default: 500 }),
});
export type AttendanceQuery = Static<typeof AttendanceQuery>;
