import { type Static, Type } from 'typebox';
import { Instant, Nullable, OneOf, Uuid } from '../../http.ts';
import { AttendanceRecordSchema, RECORD } from './schemas.ts';

export const EVENT_TYPES = [
  'session-opened',
  'session-changed',
  'session-closed',
  'marked',
  'seen',
  'qr-scanned',
  'imported',
  'confirmed',
  'rejected',
  'corrected',
  'excused',
  'excuse-withdrawn',
  'split',
  'merged',
  'transfer-undone',
  'contested',
] as const;

const EVENT = {
  id: '0198c1f3-0a0b-7c11-9a20-4c7f0b6f1a77',
  seq: 4711,
  type: 'corrected',
  at: '2026-11-20T09:01:00.000Z',
  recordedAt: '2026-11-20T09:01:00.012Z',
  sessionId: '0198c1f0-11aa-7bbb-8d01-2f9f4b1c2d03',
  studentId: '0198b000-2222-7ccc-9e02-3a0a5c2d3e04',
  method: 'manual',
  status: 'late',
  confidence: null,
  streamId: null,
  trackId: null,
  actorId: '0198a000-3333-7ccc-9e02-3a0a5c2d3e04',
  actorName: 'Ayşe Öğretmen',
  data: { note: 'Came in at 9:20' },
};

export const LedgerEvent = Type.Object(
  {
    id: Uuid('The event; written once however often it is delivered.'),
    seq: Type.Integer({ description: 'Place in the ledger: the order of replay.' }),
    type: Type.String({ description: `One of ${EVENT_TYPES.join(', ')}; later versions may add some.` }),
    at: Instant('When it happened.'),
    recordedAt: Instant('When it was written.'),
    sessionId: Uuid('The session.'),
    studentId: Nullable(Uuid('The student; null: it concerns the whole session.')),
    method: Nullable(OneOf(['face', 'qr', 'manual', 'import'])),
    status: Nullable(OneOf(['pending', 'present', 'late', 'excused', 'absent'])),
    confidence: Nullable(Type.Number()),
    streamId: Nullable(Uuid('The stream that the face was seen in.')),
    trackId: Nullable(Type.Integer()),
    actorId: Nullable(Uuid('Who did it; null: the machine.')),
    actorName: Nullable(Type.String()),
    data: Type.Record(Type.String(), Type.Unknown()),
  },
  { title: 'LedgerEvent', examples: [EVENT] },
);
export type LedgerEvent = Static<typeof LedgerEvent>;

export const EventsQuery = Type.Object({
  sessionId: Type.Optional(Uuid('Only this session.')),
  studentId: Type.Optional(Uuid('Only this student.')),
  type: Type.Optional(OneOf(EVENT_TYPES)),
  from: Type.Optional(Instant('Happened at or after.')),
  to: Type.Optional(Instant('Happened before.')),
  after: Type.Integer({
    ...{ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, default: 0 },
    description: 'Only later places in the ledger.',
  }),
  limit: Type.Integer({ minimum: 1, maximum: 1000, default: 100 }),
});
export type EventsQuery = Static<typeof EventsQuery>;

export const EventPage = Type.Object(
  {
    items: Type.Array(LedgerEvent),
    next: Nullable(
      Type.Integer({ description: 'Give it as `after` for the next page; null: this was the last.' }),
    ),
  },
  { title: 'EventPage', examples: [{ items: [EVENT], next: null }] },
);

export const RebuildSchema = Type.Object(
  {
    scope: Type.Union([
      Type.Object({ sessionId: Uuid('This session.') }, { additionalProperties: false }),
      Type.Object({ courseId: Uuid('All sessions of this course.') }, { additionalProperties: false }),
      Type.Object({ all: Type.Literal(true) }, { additionalProperties: false }),
    ]),
    dryRun: Type.Boolean({ default: true, description: 'Only say what would change.' }),
    after: Type.Optional(Uuid('Go on after this session: `next` of the answer before.')),
    sessions: Type.Integer({
      minimum: 1,
      maximum: 5000,
      default: 1000,
      description: 'At most this many in one request.',
    }),
  },
  {
    additionalProperties: false,
    title: 'Rebuild',
    examples: [{ scope: { courseId: '0198b111-2222-7ccc-9e02-3a0a5c2d3e04' }, dryRun: true }],
  },
);
export type Rebuild = Static<typeof RebuildSchema>;

const Side = Type.Object({
  status: Type.String(),
  method: Nullable(Type.String()),
  firstSeenAt: Nullable(Type.String()),
  secondsSeen: Type.Number(),
  note: Nullable(Type.String()),
  correctedBy: Nullable(Type.String()),
  version: Type.Integer(),
});

const SIDE = {
  status: 'absent',
  method: null,
  firstSeenAt: null,
  secondsSeen: 0,
  note: null,
  correctedBy: null,
  version: 2,
};

export const RebuildResult = Type.Object(
  {
    dryRun: Type.Boolean(),
    sessions: Type.Integer({ description: 'Sessions gone through.' }),
    records: Type.Integer({ description: 'Records gone through.' }),
    missing: Type.Integer({
      description: 'Students with events and no record; made unless it is a dry run.',
    }),
    changed: Type.Integer({ description: 'Records that are not what the ledger says.' }),
    differences: Type.Array(
      Type.Object({
        recordId: Uuid('The record.'),
        sessionId: Uuid('The session.'),
        studentId: Uuid('The student.'),
        before: Side,
        after: Side,
      }),
      { description: 'The first 100.' },
    ),
    next: Nullable(Uuid('There are more sessions: give it as `after`.')),
  },
  {
    title: 'RebuildResult',
    examples: [
      {
        dryRun: true,
        sessions: 14,
        records: 378,
        missing: 0,
        changed: 1,
        differences: [
          {
            recordId: '0198c1f2-5d3e-7c11-9a20-4c7f0b6f1a01',
            sessionId: EVENT.sessionId,
            studentId: EVENT.studentId,
            before: { ...SIDE, status: 'present', version: 3 },
            after: SIDE,
          },
        ],
        next: null,
      },
    ],
  },
);
export type RebuildResult = Static<typeof RebuildResult>;

const IDS = {
  sessionId: EVENT.sessionId,
  fromStudentId: EVENT.studentId,
  intoStudentId: '0198b000-4444-7ccc-9e02-3a0a5c2d3e05',
};

export const MergeSchema = Type.Object(
  {
    sessionId: Uuid('The session.'),
    fromStudentId: Uuid('Whom the faces were taken for.'),
    intoStudentId: Uuid('Whose they are.'),
  },
  { additionalProperties: false, title: 'Merge', examples: [IDS] },
);
export type Merge = Static<typeof MergeSchema>;

export const SplitSchema = Type.Object(
  {
    recordId: Uuid('The record that has tracks of somebody else.'),
    tracks: Type.Array(
      Type.Object(
        { streamId: Uuid('The stream.'), trackId: Type.Integer() },
        { additionalProperties: false },
      ),
      { minItems: 1, maxItems: 500 },
    ),
    toStudentId: Nullable(Uuid('Whose they are; null: nobody’s of the course.')),
  },
  {
    additionalProperties: false,
    title: 'Split',
    examples: [
      {
        recordId: '0198c1f2-5d3e-7c11-9a20-4c7f0b6f1a01',
        tracks: [{ streamId: '0198c1f0-9999-7bbb-8d01-2f9f4b1c2d03', trackId: 17 }],
        toStudentId: null,
      },
    ],
  },
);
export type Split = Static<typeof SplitSchema>;

export const TransferSchema = Type.Object(
  {
    transferId: Uuid('Undo it by this.'),
    tracks: Type.Integer({ description: 'Tracks that were moved.' }),
    from: AttendanceRecordSchema,
    to: Nullable(AttendanceRecordSchema),
  },
  {
    title: 'Transfer',
    examples: [
      {
        transferId: EVENT.id,
        tracks: 3,
        from: { ...RECORD, status: 'pending', method: null, version: 3 },
        to: null,
      },
    ],
  },
);
export type Transfer = Static<typeof TransferSchema>;
