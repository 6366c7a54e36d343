import { type Static, Type } from 'typebox';
import { EMOTION_LABELS } from '../../../pipeline/messages.ts';
import { Instant, ListOf, Nullable, OneOf, PageQuery, Uuid } from '../../http.ts';
import { SORTS } from './people.ts';

export const Day = (description: string) =>
  Type.String({ format: 'date', description: `${description} In the institution’s time zone.` });
const Share = (description: string) => Type.Number({ minimum: 0, maximum: 1, description });
const Trend = Nullable(Type.Number({ description: 'Percentage points against the period before.' }));

export const RATE =
  'The rate is (present + late) / (present + late + absent): excused marks are left out of it, and so are those that ' +
  'nobody has decided yet. Days are those of the institution’s time zone.';

const counts = {
  present: Type.Integer(),
  late: Type.Integer(),
  excused: Type.Integer(),
  absent: Type.Integer(),
  pending: Type.Integer({ description: 'Not decided: the session is open.' }),
  rate: Nullable(
    Share('(present + late) / (present + late + absent); null where there is nothing to divide.'),
  ),
};
const Totals = Type.Object({ ...counts, sessions: Type.Integer({ description: 'Meetings.' }) });
const Range = Type.Object({ from: Day('First day.'), until: Day('Last day.') });

const ids = {
  course: '0192f0c4-5d1e-7a3b-9c55-0d8f2b6a1a01',
  student: '0192f0c4-5d1e-7a3b-9c55-0d8f2b6a1b02',
  session: '0192f0c4-5d1e-7a3b-9c55-0d8f2b6a1c03',
  teacher: '0192f0c4-5d1e-7a3b-9c55-0d8f2b6a1d04',
};
const some = { present: 412, late: 23, excused: 9, absent: 41, pending: 0, rate: 0.9138655462184874 };
const before = { present: 398, late: 30, excused: 12, absent: 52, pending: 0, rate: 0.8916666666666667 };
const days = { from: '2026-11-16', until: '2026-11-22' };

export const PeriodQuery = Type.Object({
  day: Type.Optional(Day('Any day of the period; today by default.')),
  courseId: Type.Optional(Uuid('Only this course.')),
  department: Type.Optional(Type.String({ maxLength: 200, description: 'Only courses of this department.' })),
});

export const AttendancePeriod = Type.Object(
  {
    period: OneOf(['day', 'week', 'month'] as const),
    timezone: Type.String(),
    range: Range,
    previousRange: Range,
    totals: Totals,
    previous: Totals,
    trend: Trend,
    days: Type.Array(Type.Object({ day: Day('The day.'), ...counts }), {
      description: 'Days with a session.',
    }),
    courses: Type.Array(
      Type.Object({
        courseId: Uuid('The course.'),
        code: Type.String(),
        name: Type.String(),
        department: Nullable(Type.String()),
        ...counts,
        trend: Trend,
      }),
    ),
    departments: Type.Array(
      Type.Object({
        department: Nullable(Type.String({ description: 'Of the course.' })),
        ...counts,
        trend: Trend,
      }),
    ),
  },
  {
    title: 'AttendancePeriod',
    examples: [
      {
        period: 'week',
        timezone: 'Europe/Istanbul',
        range: days,
        previousRange: { from: '2026-11-09', until: '2026-11-15' },
        totals: { ...some, sessions: 18 },
        previous: { ...before, sessions: 18 },
        trend: 2.22,
        days: [{ day: '2026-11-16', ...some }],
        courses: [
          {
            courseId: ids.course,
            code: 'MAT101',
            name: 'Matematik',
            department: 'Matematik',
            ...some,
            trend: 2.2,
          },
        ],
        departments: [{ department: 'Matematik', ...some, trend: 2.2 }],
      },
    ],
  },
);

const range = {
  from: Type.Optional(Day('First day.')),
  until: Type.Optional(Day('Last day; today by default.')),
};

export const LinesQuery = Type.Object({
  ...range,
  search: Type.Optional(Type.String({ maxLength: 200, description: 'Part of name, code or number.' })),
  department: Type.Optional(Type.String({ maxLength: 200 })),
  sort: Type.Optional(OneOf(SORTS, 'By name by default.')),
  ...PageQuery,
});
export type LinesQuery = Static<typeof LinesQuery>;

const Line = Type.Object(
  {
    id: Nullable(Type.String({ description: 'Of the course, student or teacher; the department’s name.' })),
    code: Nullable(
      Type.String({ description: 'Code of a course, number of a student, title of a teacher.' }),
    ),
    name: Nullable(Type.String()),
    department: Nullable(Type.String()),
    sessions: Type.Integer({ description: 'Meetings; of a student the records.' }),
    students: Type.Integer({ description: 'Students enrolled.' }),
    ...counts,
    trend: Trend,
  },
  { title: 'AttendanceLine' },
);
export const AttendanceLines = Type.Object(
  { range: Range, ...ListOf(Line, 'Lines').properties },
  {
    title: 'AttendanceLines',
    examples: [
      {
        range: days,
        total: 1,
        skip: 0,
        limit: 50,
        items: [
          {
            id: ids.course,
            code: 'MAT101',
            name: 'Matematik',
            department: 'Matematik',
            sessions: 18,
            students: 27,
            ...some,
            trend: 2.2,
          },
        ],
      },
    ],
  },
);

export const RangeQuery = Type.Object(range);
export const DepartmentParams = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 200, description: 'The department of the courses.' }),
});

const Course = Type.Object({
  id: Uuid('The course.'),
  code: Type.String(),
  name: Type.String(),
  semester: Nullable(Type.String()),
  department: Nullable(Type.String()),
});
const exampleCourse = {
  id: ids.course,
  code: 'MAT101',
  name: 'Matematik',
  semester: '2026-1',
  department: null,
};

export const CourseAttendance = Type.Object(
  {
    course: Course,
    range: Range,
    totals: Totals,
    sessions: Type.Array(
      Type.Object({
        sessionId: Uuid('The session.'),
        day: Day('The day.'),
        startsAt: Instant('Start.'),
        status: OneOf(['open', 'closed'] as const),
        ...counts,
      }),
    ),
    students: Type.Array(
      Type.Object({
        studentId: Uuid('The student.'),
        name: Type.String(),
        number: Type.String(),
        department: Nullable(Type.String()),
        ...counts,
      }),
    ),
  },
  {
    title: 'CourseAttendanceFigures',
    examples: [
      {
        course: exampleCourse,
        range: days,
        totals: { ...some, sessions: 18 },
        sessions: [
          {
            sessionId: ids.session,
            day: days.from,
            startsAt: '2026-11-16T06:00:00.000Z',
            status: 'closed',
            ...some,
          },
        ],
        students: [
          { studentId: ids.student, name: 'Çağla Işık', number: '20260017', department: null, ...some },
        ],
      },
    ],
  },
);

const Absence = Type.Object(
  {
    studentId: Uuid('The student.'),
    studentName: Type.String(),
    studentNumber: Type.String(),
    department: Nullable(Type.String({ description: 'Of the student.' })),
    courseId: Uuid('The course.'),
    courseCode: Type.String(),
    courseName: Type.String(),
    absences: Type.Integer(),
    excused: Type.Integer(),
    currentStreak: Type.Integer({ description: 'Meetings missed in a row, up to the course’s last one.' }),
    longestStreak: Type.Integer(),
    longestFrom: Nullable(Day('First absence of the longest streak.')),
    longestUntil: Nullable(Day('Its last absence.')),
    threshold: Nullable(Type.Integer({ description: 'Absences from which on the student is warned.' })),
    warning: Type.Boolean({ description: 'The threshold is reached.' }),
  },
  { title: 'Absence' },
);
const exampleAbsence = {
  studentId: ids.student,
  studentName: 'Çağla Işık',
  studentNumber: '20260017',
  department: 'Matematik',
  courseId: ids.course,
  courseCode: 'MAT101',
  courseName: 'Matematik',
  absences: 4,
  excused: 1,
  currentStreak: 2,
  longestStreak: 3,
  longestFrom: '2026-10-12',
  longestUntil: '2026-10-26',
  threshold: 3,
  warning: true,
};

export const StudentAttendance = Type.Object(
  {
    student: Type.Object({
      id: Uuid('The student.'),
      name: Type.String(),
      number: Type.String(),
      department: Nullable(Type.String()),
    }),
    range: Range,
    totals: Type.Object(counts),
    courses: Type.Array(
      Type.Object({
        courseId: Uuid('The course.'),
        code: Type.String(),
        name: Type.String(),
        semester: Nullable(Type.String()),
        ...counts,
      }),
    ),
    absences: Type.Array(Absence, { description: 'Courses with an absence; see GET /reports/absences.' }),
    recent: Type.Array(
      Type.Object({
        recordId: Uuid('The record.'),
        sessionId: Uuid('The session.'),
        courseId: Uuid('The course.'),
        code: Type.String(),
        day: Day('The day.'),
        startsAt: Instant('Start.'),
        status: Type.String(),
        method: Nullable(Type.String()),
      }),
      { description: 'The latest 20.' },
    ),
  },
  {
    title: 'StudentAttendanceFigures',
    examples: [
      {
        student: { id: ids.student, name: 'Çağla Işık', number: '20260017', department: 'Matematik' },
        range: days,
        totals: some,
        courses: [{ courseId: ids.course, code: 'MAT101', name: 'Matematik', semester: null, ...some }],
        absences: [exampleAbsence],
        recent: [],
      },
    ],
  },
);

export const TeacherAttendance = Type.Object(
  {
    teacher: Type.Object({
      id: Uuid('The teacher.'),
      name: Type.String(),
      title: Nullable(Type.String()),
      department: Nullable(Type.String()),
    }),
    range: Range,
    totals: Totals,
    courses: Type.Array(Line),
  },
  {
    title: 'TeacherAttendance',
    examples: [
      {
        teacher: { id: ids.teacher, name: 'Ayşe Yılmaz', title: 'Dr.', department: 'Matematik' },
        range: days,
        totals: { ...some, sessions: 18 },
        courses: [],
      },
    ],
  },
);

export const DepartmentAttendance = Type.Object(
  { department: Type.String(), range: Range, totals: Totals, courses: Type.Array(Line) },
  {
    title: 'DepartmentAttendance',
    examples: [{ department: 'Matematik', range: days, totals: { ...some, sessions: 18 }, courses: [] }],
  },
);

export const AbsencesQuery = Type.Object({
  ...range,
  courseId: Type.Optional(Uuid('Only this course.')),
  studentId: Type.Optional(Uuid('Only this student.')),
  department: Type.Optional(Type.String({ maxLength: 200, description: 'Of the students.' })),
  threshold: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 200,
      description: 'Instead of the institution’s; a course’s own stays.',
    }),
  ),
  minStreak: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 200, description: 'At least as many missed in a row up to now.' }),
  ),
  warningsOnly: Type.Boolean({ default: false }),
  sort: Type.Optional(OneOf(['absences', 'streak', 'longest', 'name'] as const, 'Most absences first.')),
  ...PageQuery,
});

export const AbsenceList = Type.Object(
  {
    range: Nullable(Type.Object(Range.properties, { description: 'Null: all meetings of the courses.' })),
    warnings: Type.Integer({ description: 'Items with a warning, over all pages.' }),
    ...ListOf(Absence, 'Absences').properties,
  },
  {
    title: 'AbsenceList',
    examples: [{ range: null, warnings: 1, total: 1, skip: 0, limit: 50, items: [exampleAbsence] }],
  },
);

export const AccuracyQuery = Type.Object({ ...range, courseId: Type.Optional(Uuid('Only this course.')) });
export const AccuracyReport = Type.Object(
  {
    range: Range,
    kept: Type.Integer({ description: 'Recognised by the machine alone; no person has said otherwise.' }),
    timeCorrected: Type.Integer({
      description: 'Recognised; a person changed late to present or the other way round.',
    }),
    correctedAway: Type.Integer({ description: 'Recognised; a person said absent.' }),
    rejected: Type.Integer({ description: 'The machine was sure; a person said “not this student”.' }),
    reviewsConfirmed: Type.Integer({ description: 'The machine asked, and it was the student.' }),
    reviewsRejected: Type.Integer({ description: 'The machine asked, and it was not.' }),
    reviewsOpen: Type.Integer(),
    missed: Type.Integer({
      description:
        'Enrolled by face, marked by a person or a QR code, recognised by no camera of the session.',
    }),
    precision: Nullable(Share('(kept + timeCorrected) / (those + correctedAway + rejected).')),
    recall: Nullable(Share('(kept + timeCorrected) / (those + reviewsConfirmed + missed).')),
    reviewPrecision: Nullable(Share('reviewsConfirmed / (reviewsConfirmed + reviewsRejected).')),
  },
  {
    title: 'AccuracyReport',
    examples: [
      {
        range: days,
        kept: 380,
        timeCorrected: 4,
        correctedAway: 1,
        rejected: 0,
        reviewsConfirmed: 9,
        reviewsRejected: 3,
        reviewsOpen: 1,
        missed: 6,
        precision: 0.9974025974025974,
        recall: 0.9624060150375939,
        reviewPrecision: 0.75,
      },
    ],
  },
);

const engagement = {
  attention: Nullable(
    Share('Share of the judged frames that were attentive; null below the minimum coverage.'),
  ),
  coverage: Share('Share of the sampled frames that could be judged.'),
  presence: Share('Share of the sampled frames in which the student was seen.'),
  band: Nullable(OneOf(['low', 'middle', 'high'] as const)),
  students: Type.Integer({ description: 'Students that it is made of.' }),
  sessions: Type.Integer({ description: 'Sessions that it is made of.' }),
};
const exampleEngagement = {
  attention: 0.71,
  coverage: 0.64,
  presence: 0.82,
  band: 'high',
  students: 24,
  sessions: 4,
};
export const EngagementReport = Type.Object(
  {
    range: Range,
    total: Nullable(Type.Object(engagement)),
    days: Type.Array(Type.Object({ day: Day('The day.'), ...engagement })),
    parts: Type.Array(
      Type.Object({
        id: Uuid('A student of the course, or a course of the student.'),
        ...engagement,
      }),
    ),
  },
  {
    title: 'EngagementReport',
    examples: [
      {
        range: days,
        total: exampleEngagement,
        days: [{ day: days.from, ...exampleEngagement }],
        parts: [{ id: ids.student, ...exampleEngagement, students: 1 }],
      },
    ],
  },
);

const Scores = Type.Object(Object.fromEntries(EMOTION_LABELS.map((label) => [label, Share('Share.')])));
const exampleScores = Object.fromEntries(EMOTION_LABELS.map((label, at) => [label, at === 0 ? 0.7 : 0.05]));
export const EmotionReport = Type.Object(
  {
    range: Range,
    scores: Nullable(Scores),
    samples: Type.Integer({ description: 'Readings that it is made of.' }),
    days: Type.Array(Type.Object({ day: Day('The day.'), samples: Type.Integer(), scores: Scores })),
  },
  {
    title: 'EmotionReport',
    examples: [
      {
        range: days,
        scores: exampleScores,
        samples: 1840,
        days: [{ day: days.from, samples: 1840, scores: exampleScores }],
      },
    ],
  },
);
