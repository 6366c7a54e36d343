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
import { tallies } from './tallies.ts';

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

interface Cell extends RawCounts, Record<string, unknown> {
  day: string;
  courseId: string;
  sessions: number;
}
interface CourseRow extends Record<string, unknown> {
  id: string;
  code: string;
  name: string;
  department: string | null;
}

/**
 * Attendance of a period and of the one before it. One pass over the records of both, grouped by day and course; what
 * is shown is summed up from those few hundred cells.
 */
export async function periodReport(
  tx: Tx,
  reach: Reach,
  range: DayRange,
  before: DayRange,
): Promise<PeriodReport> {
  const cells = await cellsOf(tx, reach, { from: before.from, until: range.until });
  const known = await coursesOf(tx, reach);
  const now = cells.filter((cell) => cell.day >= range.from);
  const then = cells.filter((cell) => cell.day >= before.from && cell.day <= before.until);
  const totals = total(now);
  const previous = total(then);

  const byDay = groups(now, (cell) => cell.day);
  const byCourse = groups(now, (cell) => cell.courseId);
  const byCourseThen = groups(then, (cell) => cell.courseId);
  const departmentOf = (cell: Cell) => known.get(cell.courseId)?.department ?? null;
  const byDepartment = groups(now, departmentOf);
  const byDepartmentThen = groups(then, departmentOf);

  return {
    totals,
    previous,
    trend: trendOf(totals.rate, previous.rate),
    days: [...byDay].map(([day, counts]) => ({ day, ...counts })).sort((a, b) => (a.day < b.day ? -1 : 1)),
    courses: [...byCourse]
      .map(([courseId, counts]) => {
        const { code = '', name = '', department = null } = known.get(courseId) ?? {};
        const trend = trendOf(counts.rate, byCourseThen.get(courseId)?.rate ?? null);
        return { courseId, code, name, department, ...counts, trend };
      })
      .sort((a, b) => a.code.localeCompare(b.code)),
    departments: [...byDepartment]
      .map(([department, counts]) => {
        const trend = trendOf(counts.rate, byDepartmentThen.get(department)?.rate ?? null);
        return { department, ...counts, trend };
      })
      .sort((a, b) => (a.department ?? '').localeCompare(b.department ?? '')),
  };
}

/** Counts by day and course, from what is counted by session. */
async function cellsOf(tx: Tx, reach: Reach, range: DayRange): Promise<Cell[]> {
  return tx.execute<Cell>(sql`
    select coalesce(n.day, m.day)::text as day, coalesce(n.course_id, m.course_id) as "courseId",
      coalesce(m.sessions, 0) as sessions, coalesce(n.present, 0) as present, coalesce(n.late, 0) as late,
      coalesce(n.excused, 0) as excused, coalesce(n.absent, 0) as absent, coalesce(n.pending, 0) as pending
    from (
      select c.day, c.course_id, sum(c.present)::int as present, sum(c.late)::int as late,
        sum(c.excused)::int as excused, sum(c.absent)::int as absent, sum(c.pending)::int as pending
      from (${tallies((t) => all(between(sql`${t}.day`, range), coursesIn(reach, sql`${t}.course_id`)))}) c
      group by c.day, c.course_id
    ) n full join (
      select s.day, s.course_id, count(*)::int as sessions from class_sessions s
      where ${all(between(sql`s.day`, range), coursesIn(reach, sql`s.course_id`))}
      group by s.day, s.course_id
    ) m on m.day = n.day and m.course_id = n.course_id`);
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
