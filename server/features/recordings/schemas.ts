import { type Static, Type } from 'typebox';
import { Instant, ListOf, Nullable, OneOf, PageQuery, Uuid } from '../../http.ts';

const SESSION = '0198c111-2222-7ccc-9e02-3a0a5c2d3e04';
const RECORDING = {
  id: '0198d111-2222-7ccc-9e02-3a0a5c2d3e04',
  sessionId: SESSION,
  streamId: '0198c222-2222-7ccc-9e02-3a0a5c2d3e04',
  camera: 'A-101 front',
  course: { id: '0198b111-2222-7ccc-9e02-3a0a5c2d3e04', code: 'MAT101', name: 'Matematik' },
  day: '2026-11-20',
  status: 'finished',
  problem: null,
  startedAt: '2026-11-20T06:01:10.000Z',
  endedAt: '2026-11-20T06:50:02.400Z',
  durationMs: 2_931_200,
  bytes: 1_465_600_000,
  keptUntil: '2026-12-20',
};

export const Recording = Type.Object(
  {
    id: Uuid('The recording.'),
    sessionId: Uuid('Of this session.'),
    streamId: Uuid('The camera’s part in the session.'),
    camera: Type.String({ description: 'As the camera was called.' }),
    course: Type.Object({ id: Uuid('The course.'), code: Type.String(), name: Type.String() }),
    day: Type.String({ format: 'date', description: 'Of the session, in the institution’s zone.' }),
    status: OneOf(['recording', 'finished']),
    problem: Nullable(
      Type.String({ description: 'Why nothing is written just now, such as `disk-full` or `unreachable`.' }),
    ),
    startedAt: Instant('When it began.'),
    endedAt: Nullable(Instant('End of what there is of it; null: nothing yet.')),
    durationMs: Type.Integer({ description: 'What there is to see; breaks are not counted.' }),
    bytes: Type.Integer(),
    keptUntil: Type.String({ format: 'date', description: 'Last local day before it is removed by age.' }),
  },
  { title: 'Recording', examples: [RECORDING] },
);
export type Recording = Static<typeof Recording>;

export const RecordingList = ListOf(Recording, 'RecordingList');

export const RecordingQuery = Type.Object(
  {
    sessionId: Type.Optional(Uuid('Only of this session.')),
    courseId: Type.Optional(Uuid('Only of this course.')),
    from: Type.Optional(Type.String({ format: 'date', description: 'First local day of the session.' })),
    to: Type.Optional(Type.String({ format: 'date', description: 'Last local day of the session.' })),
    ...PageQuery,
  },
  { additionalProperties: false },
);
export type RecordingQuery = Static<typeof RecordingQuery>;

export const RecordingSwitch = Type.Object(
  { on: Type.Boolean({ description: 'Whether the session’s cameras are recorded.' }) },
  { title: 'RecordingSwitch', additionalProperties: false, examples: [{ on: true }] },
);

export const RecordingState = Type.Object(
  {
    sessionId: Uuid('The session.'),
    since: Nullable(Instant('Since when it is recorded; null: it is not.')),
  },
  { title: 'RecordingState', examples: [{ sessionId: SESSION, since: '2026-11-20T06:01:10.000Z' }] },
);

export const Timeline = Type.Object(
  {
    durationMs: Type.Integer(),
    gaps: Type.Array(
      Type.Object({
        offsetMs: Type.Integer({ description: 'Where in the recording it is.' }),
        from: Instant('What came before ends here.'),
        to: Instant('What follows begins here.'),
      }),
      { description: 'Where the camera or the recorder was away; at most 500.' },
    ),
    marks: Type.Array(
      Type.Object({
        offsetMs: Type.Integer({
          description: 'Where in the recording it is; in a break: where that is over.',
        }),
        at: Instant('When it happened.'),
        type: Type.String({ description: 'Of the event, as in the ledger: `marked`, `qr-scanned` …' }),
        method: Nullable(Type.String()),
        status: Nullable(Type.String()),
        studentId: Uuid('The student.'),
        name: Type.String(),
        sameCamera: Type.Boolean({ description: 'It was this camera that saw it.' }),
      }),
      { description: 'What was decided while it was recorded; at most 2000.' },
    ),
  },
  {
    title: 'RecordingTimeline',
    examples: [
      {
        durationMs: RECORDING.durationMs,
        gaps: [],
        marks: [
          {
            offsetMs: 61_420,
            at: '2026-11-20T06:02:11.420Z',
            type: 'marked',
            method: 'face',
            status: null,
            studentId: '0198b000-2222-7ccc-9e02-3a0a5c2d3e04',
            name: 'Aybüke Çelik',
            sameCamera: true,
          },
        ],
      },
    ],
  },
);
export type Timeline = Static<typeof Timeline>;

export const SegmentParams = Type.Object({
  id: Uuid('The recording.'),
  segment: Type.String({ pattern: '^[0-9]{1,8}\\.ts$', description: 'Its number from 0, and `.ts`.' }),
});
