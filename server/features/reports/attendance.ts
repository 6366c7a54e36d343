import { type SQL, sql } from 'drizzle-orm';
import type { Tx } from '../../db/tenancy.ts';
import type { Caller } from '../auth/tokens.ts';
import { courseScope } from '../courses/access.ts';
import {
  addCounts,
  all,
  between,
  type Counts,
  NO_COUNTS,
  type RawCounts,
  sumOf,
  trendOf,
  withRate,
} from './counts.ts';
import type { DayRange } from './periods.ts';
import { isCountedUp, tallies } from './tallies.ts';

/** Who asks, and what part of the institution they ask about. */
export interface Reach {
  caller: Pick<Caller, 'role' | 'userId' | 'studentId'>;
  courseId?: string | undefined;
  /** Of the course. */
  department?: string | undefined;
}

export interface DayCounts extends Counts {
  day: string;
}
export interface CourseCounts extends Counts {
  courseId: string;
  code: string;
  name: string;
  department: string | null;
  /** Percentage points against the period before. */
  trend: number | null;
}
export interface DepartmentCounts extends Counts {
  /** Null: courses of no department. */
  department: string | null;
  trend: number | null;
}

export interface PeriodReport {
  totals: Counts & { sessions: number };
  previous: Counts & { sessions: number };
  trend: number | null;
  days: DayCounts[];
  courses: CourseCounts[];
  departments: DepartmentCounts[];
}

/** The sum of one day, or of one course, in the period or in the one before it. */
interface Cell extends RawCounts, Record<string, unknown> {
  now: boolean;
  day: string | null;
  courseId: string | null;
  sessions: number;
}
interface CourseRow extends Record<string, unknown> {
  id: string;
  code: string;
  name: string;
  department: string | null;
}

/** Attendance of a period and of the one before it, from what is counted by session. */
export async function periodReport(
  tx: Tx,
  reach: Reach,
  range: DayRange,
  before: DayRange,
): Promise<PeriodReport> {
  const [cells, known] = await Promise.all([cellsOf(tx, reach, range, before), coursesOf(tx, reach)]);
  const ofCourse = cells.filter((cell) => cell.courseId !== null);
  const now = ofCourse.filter((cell) => cell.now);
  const then = ofCourse.filter((cell) => !cell.now);
  const totals = total(now);
  const previous = total(then);

  const courseOf = (cell: Cell) => cell.courseId ?? '';
  const byCourse = groups(now, courseOf);
  const byCourseThen = groups(then, courseOf);
  const departmentOf = (cell: Cell) => known.get(courseOf(cell))?.department ?? null;
  const byDepartment = groups(now, departmentOf);
  const byDepartmentThen = groups(then, departmentOf);

  return {
    totals,
    previous,
    trend: trendOf(totals.rate, previous.rate),
    days: cells.flatMap(({ now: current, day, courseId: _, sessions: __, ...counts }) =>
      current && day !== null ? [{ day, ...withRate(counts as unknown as RawCounts) }] : [],
    ),
    courses: [...byCourse]
      .map(([courseId, counts]) => {
        const { code = '', name = '', department = null } = known.get(courseId) ?? {};
        const trend = trendOf(counts.rate, byCourseThen.get(courseId)?.rate ?? null);
        return { courseId, code, name, department, ...counts, trend };
      })
      .sort((a, b) => collator.compare(a.code, b.code)),
    departments: [...byDepartment]
      .map(([department, counts]) => {
        const trend = trendOf(counts.rate, byDepartmentThen.get(department)?.rate ?? null);
        return { department, ...counts, trend };
      })
      .sort((a, b) => collator.compare(a.department ?? '', b.department ?? '')),
  };
}

const collator = new Intl.Collator();

/** Sums by day and sums by course, by day in order: sessions and what was counted of them in one pass. */
async function cellsOf(tx: Tx, reach: Reach, range: DayRange, before: DayRange): Promise<Cell[]> {
  const both = { from: before.from, until: range.until };
  const countedUp = await isCountedUp(tx);
  const where = (t: SQL) => all(between(sql`${t}.day`, both), coursesIn(reach, sql`${t}.course_id`));
  return tx.execute<Cell>(sql`
    select now, day::text as day, course_id as "courseId", sum(sessions)::int as sessions, sum(present)::int as present,
      sum(late)::int as late, sum(excused)::int as excused, sum(absent)::int as absent, sum(pending)::int as pending
    from (
      select n.day >= ${range.from}::date as now, n.day, n.course_id, 0 as sessions, n.present, n.late, n.excused,
        n.absent, n.pending
      from (${tallies(where, countedUp)}) n
      union all
      select s.day >= ${range.from}::date, s.day, s.course_id, 1, 0, 0, 0, 0, 0 from class_sessions s
      where ${where(sql`s`)}
    ) c
    group by grouping sets ((now, day), (now, course_id))
    order by day`);
}

async function coursesOf(tx: Tx, reach: Reach): Promise<Map<string, CourseRow>> {
  const rows = await tx.execute<CourseRow>(sql`
    select c.id, c.code, c.name, c.department from courses c
    where ${all(
      courseScope(reach.caller, sql`c.id`),
      reach.courseId ? sql`c.id = ${reach.courseId}` : null,
      reach.department ? sql`c.department = ${reach.department}` : null,
    )}`);
  return new Map(rows.map((row) => [row.id, row]));
}

function coursesIn(reach: Reach, column: SQL): SQL {
  return all(
    courseScope(reach.caller, column),
    reach.courseId ? sql`${column} = ${reach.courseId}` : null,
    reach.department
      ? sql`${column} in (select d.id from courses d where d.department = ${reach.department})`
      : null,
  );
}

function total(cells: readonly Cell[]): Counts & { sessions: number } {
  const sessions = cells.reduce((sum, cell) => sum + cell.sessions, 0);
  return { ...sumOf(cells), sessions };
}

function groups<K>(cells: readonly Cell[], keyOf: (cell: Cell) => K): Map<K, Counts> {
  const sums = new Map<K, RawCounts>();
  for (const cell of cells) {
    const key = keyOf(cell);
    sums.set(key, addCounts(sums.get(key) ?? NO_COUNTS, cell));
  }
  return new Map([...sums].map(([key, counts]) => [key, withRate(counts)]));
}
