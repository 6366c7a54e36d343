import { type Static, Type } from 'typebox';
import { Instant, Nullable, OneOf, PageQuery, Uuid } from '../../http.ts';
import { AttendanceStatusSchema } from './schemas.ts';

const Day = (description: string) => Type.String({ format: 'date', description });
const METHODS = ['face', 'qr', 'manual', 'import'] as const;

export const COUNTS = { present: 21, late: 2, excused: 1, absent: 3, pending: 0 };

export const StatusCounts = Type.Object({
  present: Type.Integer(),
  late: Type.Integer(),
  excused: Type.Integer(),
  absent: Type.Integer(),
  pending: Type.Integer(),
});
export type StatusCounts = Static<typeof StatusCounts>;

const Rate = Nullable(
  Type.Number({
    minimum: 0,
    maximum: 1,
    description: '(present + late) ÷ (present + late + absent); null where nothing is decided.',
  }),
);

export const rangeQuery = {
  from: Type.Optional(Day('First local day.')),
  to: Type.Optional(Day('Last local day.')),
};

export const StudentAttendanceQuery = Type.Object({
  ...rangeQuery,
  courseId: Type.Optional(Uuid('Only this course.')),
  status: Type.Optional(AttendanceStatusSchema),
  sort: Type.Optional(OneOf(['startsAt', '-startsAt'], 'The newest first where absent.')),
  ...PageQuery,
});
export type StudentAttendanceQuery = Static<typeof StudentAttendanceQuery>;

const CourseRef = Type.Object({ id: Uuid('The course.'), code: Type.String(), name: Type.String() });
const COURSE = { id: '0198b111-2222-7ccc-9e02-3a0a5c2d3e04', code: 'MAT101', name: 'Matematik' };

export const StudentAttendance = Type.Object(
  {
    student: Type.Object({ id: Uuid('The student.'), name: Type.String(), number: Type.String() }),
    courses: Type.Array(Type.Object({ course: CourseRef, counts: StatusCounts, rate: Rate }), {
      description: 'Over the whole range, not only this page.',
    }),
    total: Type.Integer({ description: 'Records that match, over all pages.' }),
    skip: Type.Integer(),
    limit: Type.Integer(),
    items: Type.Array(
      Type.Object({
        recordId: Uuid('The record.'),
        sessionId: Uuid('The session.'),
        course: CourseRef,
        day: Day('Of the session, in the institution’s time zone.'),
        startsAt: Instant('Start of the session.'),
        endsAt: Nullable(Instant('Planned end.')),
        sessionStatus: OneOf(['open', 'closed']),
        status: AttendanceStatusSchema,
        method: Nullable(OneOf(METHODS)),
        firstSeenAt: Nullable(Instant('First sight or scan.')),
        secondsSeen: Type.Number(),
        note: Nullable(Type.String()),
        corrected: Type.Boolean({ description: 'It stands on a person’s word.' }),
        version: Type.Integer(),
        contest: Nullable(
          OneOf(
            ['open', 'accepted', 'refused'],
            'What became of the last time that the student contested it.',
          ),
        ),
      }),
    ),
  },
  {
    title: 'StudentAttendance',
    examples: [
      {
        student: { id: '0198b000-2222-7ccc-9e02-3a0a5c2d3e04', name: 'Aybüke Çelik', number: '2026-0142' },
        courses: [{ course: COURSE, counts: COUNTS, rate: 0.8846 }],
        total: 27,
        skip: 0,
        limit: 1,
        items: [
          {
            recordId: '0198c1f2-5d3e-7c11-9a20-4c7f0b6f1a01',
            sessionId: '0198c1f0-11aa-7bbb-8d01-2f9f4b1c2d03',
            course: COURSE,
            day: '2026-11-20',
            startsAt: '2026-11-20T08:00:00.000Z',
            endsAt: '2026-11-20T08:50:00.000Z',
            sessionStatus: 'closed',
            status: 'present',
            method: 'face',
            firstSeenAt: '2026-11-20T08:02:11.420Z',
            secondsSeen: 2711.5,
            note: null,
            corrected: false,
            version: 2,
            contest: null,
          },
        ],
      },
    ],
  },
);
export type StudentAttendance = Static<typeof StudentAttendance>;

export const CourseAttendanceQuery = Type.Object({
  ...rangeQuery,
  search: Type.Optional(Type.String({ maxLength: 100, description: 'In names and numbers.' })),
  sessions: Type.Integer({
    minimum: 1,
    maximum: 200,
    default: 100,
    description: 'Columns: the newest sessions of the range, this many at most.',
  }),
  ...PageQuery,
});
export type CourseAttendanceQuery = Static<typeof CourseAttendanceQuery>;

export const CourseAttendance = Type.Object(
  {
    course: CourseRef,
    sessions: Type.Array(
      Type.Object({
        id: Uuid('The session.'),
        startsAt: Instant('Start.'),
        day: Day('Local day.'),
        status: OneOf(['open', 'closed']),
        counts: StatusCounts,
      }),
      { description: 'By time.' },
    ),
    sessionsTotal: Type.Integer({ description: 'Sessions in the range, also those beyond `sessions`.' }),
    total: Type.Integer({ description: 'Students, over all pages.' }),
    skip: Type.Integer(),
    limit: Type.Integer(),
    items: Type.Array(
      Type.Object({
        student: Type.Object({ id: Uuid('The student.'), name: Type.String(), number: Type.String() }),
        enrolled: Type.Boolean({ description: 'False: has left the course, the records stay.' }),
        counts: StatusCounts,
        rate: Rate,
        marks: Type.Array(
          Type.Object({
            sessionId: Uuid('The session.'),
            recordId: Uuid('The record.'),
            status: AttendanceStatusSchema,
            method: Nullable(OneOf(METHODS)),
          }),
          { description: 'In the order of `sessions`; none where the student was not of the course yet.' },
        ),
      }),
    ),
  },
  {
    title: 'CourseAttendance',
    examples: [
      {
        course: COURSE,
        sessions: [
          {
            id: '0198c1f0-11aa-7bbb-8d01-2f9f4b1c2d03',
            startsAt: '2026-11-20T08:00:00.000Z',
            day: '2026-11-20',
            status: 'closed',
            counts: COUNTS,
          },
        ],
        sessionsTotal: 1,
        total: 27,
        skip: 0,
        limit: 1,
        items: [
          {
            student: {
              id: '0198b000-2222-7ccc-9e02-3a0a5c2d3e04',
              name: 'Aybüke Çelik',
              number: '2026-0142',
            },
            enrolled: true,
            counts: { present: 1, late: 0, excused: 0, absent: 0, pending: 0 },
            rate: 1,
            marks: [
              {
                sessionId: '0198c1f0-11aa-7bbb-8d01-2f9f4b1c2d03',
                recordId: '0198c1f2-5d3e-7c11-9a20-4c7f0b6f1a01',
                status: 'present',
                method: 'face',
              },
            ],
          },
        ],
      },
    ],
  },
);
export type CourseAttendance = Static<typeof CourseAttendance>;

export const StatsQuery = Type.Object({
  from: Day('First local day.'),
  to: Day('Last local day; the range has 400 days at most.'),
  courseId: Type.Optional(Uuid('Only this course.')),
  department: Type.Optional(
    Type.String({ maxLength: 200, description: 'Only students of this department.' }),
  ),
});
export type StatsQuery = Static<typeof StatsQuery>;

const Period = Type.Object({
  from: Day('First day.'),
  to: Day('Last day.'),
  sessions: Type.Integer(),
  records: Type.Integer(),
  statuses: StatusCounts,
  methods: Type.Object(
    {
      face: Type.Integer(),
      qr: Type.Integer(),
      manual: Type.Integer(),
      import: Type.Integer(),
    },
    { description: 'How those who are present or late were marked.' },
  ),
  corrected: Type.Integer({ description: 'Records that stand on a person’s word.' }),
  rate: Rate,
});
export type StatsPeriod = Static<typeof Period>;

const PERIOD = {
  from: '2026-11-16',
  to: '2026-11-20',
  sessions: 12,
  records: 324,
  statuses: { present: 270, late: 20, excused: 9, absent: 25, pending: 0 },
  methods: { face: 251, qr: 31, manual: 8, import: 0 },
  corrected: 8,
  rate: 0.9206,
};

export const AttendanceStats = Type.Object(
  {
    period: Period,
    before: Type.Object(Period.properties, { description: 'As many days before it.' }),
    change: Nullable(
      Type.Number({ description: 'Rate of the period less the rate of the one before; −1…1.' }),
    ),
  },
  {
    title: 'AttendanceStats',
    examples: [
      {
        period: PERIOD,
        before: { ...PERIOD, from: '2026-11-11', to: '2026-11-15', rate: 0.9 },
        change: 0.0206,
      },
    ],
  },
);
export type AttendanceStats = Static<typeof AttendanceStats>;
