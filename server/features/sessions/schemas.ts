import { type Static, Type } from 'typebox';
import { OneOf } from '../../http.ts';
import { AttendanceRecordSchema } from '../attendance/schemas.ts';
import { SESSION_SORTS } from './queries.ts';

const id = (description: string) => Type.String({ format: 'uuid', description });
const instant = () => Type.String({ format: 'date-time' });
const instantOrNull = () => Type.Union([instant(), Type.Null()]);
const numberOrNull = () => Type.Union([Type.Number({ minimum: 0, maximum: 1 }), Type.Null()]);

const SESSION = {
  id: '0198c111-2222-7ccc-9e02-3a0a5c2d3e04',
  course: { id: '0198b111-2222-7ccc-9e02-3a0a5c2d3e04', code: 'MAT101', name: 'Matematik' },
  room: { id: '0198b333-2222-7ccc-9e02-3a0a5c2d3e04', name: 'A-101' },
  meetingId: null,
  openedHow: 'manual',
  day: '2026-11-20',
  rules: { lateAfterMinutes: 15, minPresenceShare: 0, graceMinutes: 5 },
  status: 'open',
  startsAt: '2026-11-20T06:00:00.000Z',
  endsAt: '2026-11-20T06:50:00.000Z',
  openedAt: '2026-11-20T05:58:12.000Z',
  closedAt: null,
  cameras: [
    {
      streamId: '0198c222-2222-7ccc-9e02-3a0a5c2d3e04',
      cameraId: '0198b444-2222-7ccc-9e02-3a0a5c2d3e04',
      name: 'A-101 front',
      state: 'live',
      reason: 'frames',
    },
  ],
  recording: null,
  policy: { id: 'tr', name: 'Türkiye', emotion: 'off' },
  counts: { present: 21, late: 2, excused: 1, absent: 0, pending: 6, review: 1 },
};
const REVIEW = {
  id: '0198c333-2222-7ccc-9e02-3a0a5c2d3e04',
  sessionId: SESSION.id,
  streamId: SESSION.cameras[0]!.streamId,
  trackId: 17,
  studentId: '0192f0c4-5d1e-7a3b-9c55-0d8f2b6a1a01',
  studentName: 'Çağla Işık',
  confidence: 0.62,
  askedAt: '2026-11-20T06:03:40.000Z',
  status: 'open',
  hasFace: true,
};

export const StreamStateSchema = Type.Union([
  Type.Literal('connecting'),
  Type.Literal('live'),
  Type.Literal('stalled'),
  Type.Literal('reconnecting'),
  Type.Literal('failed'),
  Type.Literal('ended'),
]);

export const ClassSessionSchema = Type.Object(
  {
    id: id('The session.'),
    course: Type.Object({ id: id('The course.'), code: Type.String(), name: Type.String() }),
    room: Type.Union([Type.Object({ id: id('The room.'), name: Type.String() }), Type.Null()]),
    meetingId: Type.Union([id('The meeting of the schedule that it is.'), Type.Null()]),
    openedHow: OneOf(['manual', 'schedule', 'camera'], 'By a person, by the schedule, or by a camera.'),
    day: Type.String({ format: 'date', description: 'Of the start, in the institution’s time zone.' }),
    rules: Type.Object(
      {
        lateAfterMinutes: Type.Integer(),
        minPresenceShare: Type.Number(),
        graceMinutes: Type.Integer(),
      },
      { description: 'The course’s rules as they were when the session opened.' },
    ),
    status: Type.Union([Type.Literal('open'), Type.Literal('closed')]),
    startsAt: instant(),
    endsAt: instantOrNull(),
    openedAt: instant(),
    closedAt: instantOrNull(),
    cameras: Type.Array(
      Type.Object({
        streamId: id('The camera’s part in this session.'),
        cameraId: id('The camera.'),
        name: Type.String(),
        state: StreamStateSchema,
        reason: Type.String(),
      }),
    ),
    recording: Type.Union(
      [
        Type.Object({
          since: instant(),
          problem: Type.Union([Type.String(), Type.Null()], {
            description: 'Why nothing is written although it is switched on, such as `disk-full`.',
          }),
        }),
        Type.Null(),
      ],
      { description: 'Its cameras are recorded; whoever shows the session shows this.' },
    ),
    policy: Type.Object(
      {
        id: Type.String(),
        name: Type.String(),
        emotion: Type.Union([Type.Literal('off'), Type.Literal('class'), Type.Literal('individual')]),
      },
      { description: 'The jurisdiction’s policy as it was when the session opened.' },
    ),
    counts: Type.Object({
      present: Type.Integer(),
      late: Type.Integer(),
      excused: Type.Integer(),
      absent: Type.Integer(),
      pending: Type.Integer(),
      review: Type.Integer({ description: 'Open questions to a person.' }),
    }),
  },
  { title: 'ClassSession', examples: [SESSION] },
);
export type ClassSession = Static<typeof ClassSessionSchema>;

export const ReviewSchema = Type.Object(
  {
    id: id('The question.'),
    sessionId: id('The session.'),
    streamId: id('The stream that the face was seen in.'),
    trackId: Type.Integer(),
    studentId: id('Who it may be.'),
    studentName: Type.String(),
    confidence: Type.Number({ minimum: 0, maximum: 1 }),
    askedAt: instant(),
    status: Type.Union([
      Type.Literal('open'),
      Type.Literal('confirmed'),
      Type.Literal('rejected'),
      Type.Literal('obsolete'),
    ]),
    hasFace: Type.Boolean({ description: 'Whether a picture of the face is at hand; it is never stored.' }),
  },
  { title: 'Review', examples: [REVIEW] },
);
export type Review = Static<typeof ReviewSchema>;

const BandSchema = Type.Union([
  Type.Literal('low'),
  Type.Literal('middle'),
  Type.Literal('high'),
  Type.Null(),
]);

export const ClassEngagementSchema = Type.Object({
  attention: numberOrNull(),
  coverage: Type.Number({ minimum: 0, maximum: 1 }),
  present: Type.Integer({ description: 'Students seen in the last minute.' }),
  expected: Type.Integer({ description: 'Students on the roster.' }),
  band: BandSchema,
  emotion: Type.Optional(
    Type.Record(Type.String(), Type.Number(), {
      description:
        'Shares over the class; only where the policy allows it and five people and more are seen.',
    }),
  ),
});

export const MetricsSchema = Type.Object(
  {
    sessionId: id('The session.'),
    atMs: Type.Number(),
    class: ClassEngagementSchema,
    students: Type.Array(
      Type.Object({
        studentId: id('The student.'),
        attention: numberOrNull(),
        coverage: Type.Number({ minimum: 0, maximum: 1 }),
        band: BandSchema,
        eyesClosedShare: numberOrNull(),
        lastSeenAt: instantOrNull(),
      }),
    ),
  },
  { title: 'SessionMetrics' },
);
export type Metrics = Static<typeof MetricsSchema>;

export const StreamStatusSchema = Type.Object(
  {
    sessionId: id('The session.'),
    streamId: id('The stream.'),
    cameraId: id('The camera.'),
    state: StreamStateSchema,
    reason: Type.String({ description: 'A stable code.' }),
    since: instant(),
    retryAt: instantOrNull(),
    width: Type.Union([Type.Integer(), Type.Null()]),
    height: Type.Union([Type.Integer(), Type.Null()]),
    load: Type.String({ description: '`full`, or what is left out because the CPU is short.' }),
  },
  { title: 'StreamStatus' },
);
export type StreamStatusView = Static<typeof StreamStatusSchema>;

export const HistoryPointSchema = Type.Object({
  atMs: Type.Number(),
  attention: numberOrNull(),
  coverage: Type.Number({ minimum: 0, maximum: 1 }),
});
export type HistoryPoint = Static<typeof HistoryPointSchema>;

export const SnapshotSchema = Type.Object(
  {
    session: ClassSessionSchema,
    roster: Type.Array(
      Type.Object({
        studentId: id('The student.'),
        name: Type.String(),
        number: Type.String(),
        hasFace: Type.Boolean({ description: 'Enrolled with a face and consent: the camera can mark them.' }),
        record: Type.Union([AttendanceRecordSchema, Type.Null()]),
      }),
    ),
    reviews: Type.Array(ReviewSchema),
    streams: Type.Array(StreamStatusSchema),
    metrics: Type.Union([MetricsSchema, Type.Null()]),
    history: Type.Array(HistoryPointSchema, { description: 'The last 10 minutes, a point for 10 s.' }),
    seq: Type.Integer({ description: 'How many decisions have been announced in this session.' }),
  },
  {
    title: 'LiveSnapshot',
    examples: [
      {
        session: SESSION,
        roster: [
          {
            studentId: REVIEW.studentId,
            name: REVIEW.studentName,
            number: '20260017',
            hasFace: true,
            record: null,
          },
        ],
        reviews: [REVIEW],
        streams: [],
        metrics: null,
        history: [{ atMs: 1_795_154_620_000, attention: 0.81, coverage: 0.74 }],
        seq: 24,
      },
    ],
  },
);
export type Snapshot = Static<typeof SnapshotSchema>;

export const OpenSessionSchema = Type.Object(
  {
    courseId: id('The course.'),
    cameraIds: Type.Array(id('A camera.'), { maxItems: 16, uniqueItems: true }),
    startsAt: Type.Optional(instant()),
    endsAt: Type.Optional(Type.Union([instant(), Type.Null()])),
  },
  {
    additionalProperties: false,
    examples: [
      {
        courseId: SESSION.course.id,
        cameraIds: [SESSION.cameras[0]!.cameraId],
        endsAt: SESSION.endsAt,
      },
    ],
  },
);
export type OpenSession = Static<typeof OpenSessionSchema>;

const Day = (description: string) => Type.String({ format: 'date', description });

export const ListSessionsQuery = Type.Object(
  {
    status: Type.Optional(OneOf(['open', 'closed'])),
    courseId: Type.Optional(id('Only this course.')),
    roomId: Type.Optional(id('Only in this room.')),
    teacherId: Type.Optional(id('Only courses of this teacher.')),
    from: Type.Optional(Day('First local day.')),
    to: Type.Optional(Day('Last local day.')),
    sort: Type.Optional(OneOf(SESSION_SORTS, 'Newest opened first where absent.')),
    skip: Type.Integer({ minimum: 0, maximum: 1_000_000, default: 0 }),
    limit: Type.Integer({ minimum: 1, maximum: 200, default: 50 }),
  },
  { additionalProperties: false },
);
export type ListSessions = Static<typeof ListSessionsQuery>;

export const PatchSessionSchema = Type.Object(
  {
    startsAt: Type.Optional(instant()),
    endsAt: Type.Optional(Type.Union([instant(), Type.Null()])),
  },
  {
    additionalProperties: false,
    minProperties: 1,
    title: 'SessionPatch',
    examples: [{ endsAt: '2026-11-20T10:45:00Z' }],
  },
);
export type PatchSession = Static<typeof PatchSessionSchema>;

export const ScheduleQuery = Type.Object({
  from: Type.Optional(Day('First local day; today where absent.')),
  to: Type.Optional(Day('Last local day, at most 62 days in all; a week from `from` where absent.')),
  courseId: Type.Optional(id('Only this course.')),
  roomId: Type.Optional(id('Only in this room.')),
});

export const ScheduleSchema = Type.Object(
  {
    timezone: Type.String({ description: 'The institution’s.' }),
    from: Day('First day.'),
    to: Day('Last day.'),
    items: Type.Array(
      Type.Object({
        meetingId: id('The weekly meeting.'),
        course: Type.Object({ id: id('The course.'), code: Type.String(), name: Type.String() }),
        room: Type.Union([Type.Object({ id: id('The room.'), name: Type.String() }), Type.Null()]),
        day: Day('Local day.'),
        startsAt: instant(),
        endsAt: instant(),
        opens: OneOf(['manual', 'schedule', 'camera'], 'What opens its session.'),
        state: OneOf(
          ['planned', 'holiday', 'open', 'held', 'missed'],
          '`missed`: its time is over and nobody opened a session for it.',
        ),
        holiday: Type.Union([Type.String(), Type.Null()]),
        sessionId: Type.Union([id('The session that it became.'), Type.Null()]),
      }),
    ),
  },
  {
    title: 'Schedule',
    examples: [
      {
        timezone: 'Europe/Istanbul',
        from: '2026-11-20',
        to: '2026-11-20',
        items: [
          {
            meetingId: '0198b222-2222-7ccc-9e02-3a0a5c2d3e04',
            course: { id: '0198b111-2222-7ccc-9e02-3a0a5c2d3e04', code: 'MAT101', name: 'Matematik' },
            room: { id: '0198b333-2222-7ccc-9e02-3a0a5c2d3e04', name: 'A-101' },
            day: '2026-11-20',
            startsAt: '2026-11-20T06:00:00.000Z',
            endsAt: '2026-11-20T06:50:00.000Z',
            opens: 'schedule',
            state: 'planned',
            holiday: null,
            sessionId: null,
          },
        ],
      },
    ],
  },
);

export const ReviewQueueQuery = Type.Object({
  courseId: Type.Optional(id('Only this course.')),
  skip: Type.Integer({ minimum: 0, maximum: 1_000_000, default: 0 }),
  limit: Type.Integer({ minimum: 1, maximum: 200, default: 50 }),
});

export const ConfirmReviewSchema = Type.Object(
  { studentId: Type.Optional(id('Who it is instead of the one asked about.')) },
  { additionalProperties: false, examples: [{ studentId: REVIEW.studentId }] },
);
