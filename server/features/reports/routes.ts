import type { AppContext } from '../../context.ts';
import type { Tx } from '../../db/tenancy.ts';
import { type App, failures, IdParams } from '../../http.ts';
import { EVERYONE } from '../../plugins/auth.ts';
import type { Caller } from '../auth/tokens.ts';
import { absences } from './absences.ts';
import { accuracy } from './accuracy.ts';
import { periodReport } from './attendance.ts';
import { type Institution, institution, rangeIfGiven, rangeOf, warningThreshold } from './institution.ts';
import { attendanceBy, type Subject } from './people.ts';
import { daysBefore, type PeriodKind, periodOf, previousPeriod } from './periods.ts';
import { MONTH, SEMESTER } from './ranges.ts';
import {
  AbsenceList,
  AbsencesQuery,
  AccuracyQuery,
  AccuracyReport,
  AttendanceLines,
  AttendancePeriod,
  CourseAttendance,
  DepartmentAttendance,
  DepartmentParams,
  LinesQuery,
  PeriodQuery,
  RATE,
  RangeQuery,
  StudentAttendance,
  TeacherAttendance,
} from './schemas.ts';
import { courseReport, departmentReport, studentReport, teacherReport } from './service.ts';
import { keepTallies } from './tallies.ts';

const tags = ['reports'];
const cache = { seconds: 60, tags: ['attendance', 'sessions', 'rosters', 'institution'] } as const;
const cached = { cache };
/** With what people decided about faces. */
const reviewed = { cache: { seconds: 60, tags: [...cache.tags, 'reviews'] } } as const;
export async function reportRoutes(app: App, context: AppContext): Promise<void> {
  keepTallies(context);
  const read = <T>(caller: Caller, work: (tx: Tx, home: Institution) => Promise<T>): Promise<T> =>
    context.db.read(caller.tenantId, async (tx) => work(tx, await institution(context, tx, caller.tenantId)));

  const periods: [path: string, kind: PeriodKind, name: string][] = [
    ['daily', 'day', 'day'],
    ['weekly', 'week', 'week, Monday to Sunday'],
    ['monthly', 'month', 'month'],
  ];
  for (const [path, kind, name] of periods) {
    app.get(
      `/reports/attendance/${path}`,
      {
        config: cached,
        schema: {
          tags,
          summary: `Attendance of a ${name}`,
          description: `Totals, days, courses and departments, with the trend against the ${kind} before in percentage points. ${RATE} Teachers see their own courses.`,
          querystring: PeriodQuery,
          response: { 200: AttendancePeriod },
        },
      },
      async ({ caller, query }) =>
        read(caller, async (tx, home) => {
          const range = periodOf(kind, query.day ?? home.today);
          const previousRange = previousPeriod(kind, range);
          const report = await periodReport(tx, { caller, ...query }, range, previousRange);
          return { period: kind, timezone: home.timezone, range, previousRange, ...report };
        }),
    );
  }

  const lists: [subject: Subject, summary: string, note: string][] = [
    ['courses', 'Attendance by course', 'Teachers see their own courses.'],
    [
      'students',
      'Attendance by student',
      'Teachers see the students of their courses, and those courses only.',
    ],
    ['teachers', 'Attendance by teacher', 'Teachers see themselves.'],
    [
      'departments',
      'Attendance by department of the courses',
      'Courses of no department are the line without a name.',
    ],
  ];
  for (const [subject, summary, note] of lists) {
    app.get(
      `/reports/attendance/${subject}`,
      {
        config: cached,
        schema: {
          tags,
          summary,
          description: `The last ${MONTH} days by default; the trend is against as many days before. ${RATE} ${note}`,
          querystring: LinesQuery,
          response: { 200: AttendanceLines, ...failures('range-invalid') },
        },
      },
      async ({ caller, query }) =>
        read(caller, async (tx, home) => {
          const range = rangeOf(query, home.today, MONTH);
          const { skip, limit, sort = 'name' } = query;
          const given = { ...query, caller, range, before: daysBefore(range), sort };
          return { range, skip, limit, ...(await attendanceBy(tx, subject, given)) };
        }),
    );
  }

  const longer = `The last ${SEMESTER} days by default. ${RATE}`;

  app.get(
    '/reports/attendance/courses/:id',
    {
      config: cached,
      schema: {
        tags,
        summary: 'Attendance of a course: its sessions and its students',
        description: longer,
        params: IdParams,
        querystring: RangeQuery,
        response: { 200: CourseAttendance, ...failures('course-not-found', 'range-invalid') },
      },
    },
    async ({ caller, params, query }) =>
      read(caller, (tx, home) => courseReport(tx, caller, params.id, rangeOf(query, home.today, SEMESTER))),
  );

  app.get(
    '/reports/attendance/students/:id',
    {
      config: { roles: EVERYONE, cache },
      schema: {
        tags,
        summary: 'Attendance of a student: courses, streaks of absence and the latest marks',
        description: `${longer} Students see themselves only, teachers what belongs to their courses.`,
        params: IdParams,
        querystring: RangeQuery,
        response: { 200: StudentAttendance, ...failures('student-not-found', 'range-invalid') },
      },
    },
    async ({ caller, params, query }) =>
      read(caller, (tx, home) =>
        studentReport(tx, caller, home, params.id, rangeOf(query, home.today, SEMESTER)),
      ),
  );

  app.get(
    '/reports/attendance/teachers/:id',
    {
      config: cached,
      schema: {
        tags,
        summary: 'Attendance in the courses of a teacher',
        description: `${longer} Teachers see themselves only.`,
        params: IdParams,
        querystring: RangeQuery,
        response: { 200: TeacherAttendance, ...failures('teacher-not-found', 'range-invalid') },
      },
    },
    async ({ caller, params, query }) =>
      read(caller, (tx, home) => teacherReport(tx, caller, params.id, rangeOf(query, home.today, SEMESTER))),
  );

  app.get(
    '/reports/attendance/departments/:name',
    {
      config: cached,
      schema: {
        tags,
        summary: 'Attendance in the courses of a department',
        description: `The last ${MONTH} days by default. ${RATE} Courses without a session in the range are left out.`,
        params: DepartmentParams,
        querystring: RangeQuery,
        response: { 200: DepartmentAttendance, ...failures('range-invalid') },
      },
    },
    async ({ caller, params, query }) =>
      read(caller, (tx, home) =>
        departmentReport(tx, caller, params.name, rangeOf(query, home.today, MONTH)),
      ),
  );

  app.get(
    '/reports/absences',
    {
      config: cached,
      schema: {
        tags,
        summary: 'Absences by student and course: streaks and warnings',
        description:
          'All closed sessions of each course, which is one semester’s; with `from` or `until` those of these days, ' +
          `${SEMESTER} where only the last one is given. A streak is a run of missed meetings of one ` +
          'course; being excused neither lengthens nor ends it. A warning is due from the course’s threshold on, or ' +
          'from `threshold`, or from the institution’s.',
        querystring: AbsencesQuery,
        response: { 200: AbsenceList, ...failures('range-invalid') },
      },
    },
    async ({ caller, query }) =>
      read(caller, async (tx, home) => {
        const range = rangeIfGiven(query, home.today, SEMESTER);
        const threshold = query.threshold ?? warningThreshold(home);
        const found = await absences(tx, { ...query, caller, range, threshold });
        return { range, skip: query.skip, limit: query.limit, ...found };
      }),
  );

  app.get(
    '/reports/accuracy',
    {
      config: reviewed,
      schema: {
        tags,
        summary: 'How often the machine was right, as people’s corrections tell',
        description:
          `The last ${MONTH} days by default. One student in one session counts once. What nobody looked at counts as ` +
          'right, so the precision is an upper bound where few marks are looked at; the recall knows only of students ' +
          'whom a person or a QR code found.',
        querystring: AccuracyQuery,
        response: { 200: AccuracyReport, ...failures('range-invalid') },
      },
    },
    async ({ caller, query }) =>
      read(caller, async (tx, home) => {
        const range = rangeOf(query, home.today, MONTH);
        return { range, ...(await accuracy(tx, caller, { range, courseId: query.courseId })) };
      }),
  );
}
