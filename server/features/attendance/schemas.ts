import { type Static, Type } from 'typebox';

const id = (description: string) => Type.String({ format: 'uuid', description });
const instant = (description: string) => Type.String({ format: 'date-time', description });
const nullable = <T extends ReturnType<typeof Type.String> | ReturnType<typeof Type.Number>>(schema: T) =>
  Type.Union([schema, Type.Null()]);

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
  { title: 'AttendanceRecord' },
);
export type AttendanceRecord = Static<typeof AttendanceRecordSchema>;

/** What a person may say; `pending` is only ever the machine's. */
const MarkStatusSchema = Type.Union([
  Type.Literal('present'),
  Type.Literal('late'),
  Type.Literal('excused'),
  Type.Literal('absent'),
]);

export const CorrectionSchema = Type.Object(
  {
    status: MarkStatusSchema,
    note: Type.Optional(Type.Union([Type.String({ maxLength: 500 }), Type.Null()])),
    version: Type.Optional(
      Type.Integer({ minimum: 1, description: 'The version that was corrected; or as `If-Match`.' }),
    ),
  },
  { additionalProperties: false },
);
export type Correction = Static<typeof CorrectionSchema>;

export const ManualMarkSchema = Type.Object(
  {
    sessionId: id('The class session; it may be closed.'),
    studentId: id('A student enrolled in its course.'),
    status: MarkStatusSchema,
    note: Type.Optional(Type.Union([Type.String({ maxLength: 500 }), Type.Null()])),
  },
  { additionalProperties: false },
);
export type ManualMark = Static<typeof ManualMarkSchema>;

/** A class fits on one page. */
export const AttendanceQuery = Type.Object({
  skip: Type.Integer({ minimum: 0, default: 0 }),
  limit: Type.Integer({ minimum: 1, maximum: 1000, default: 500 }),
});
