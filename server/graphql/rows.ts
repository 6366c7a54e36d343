import { type SQL, sql } from 'drizzle-orm';
import type { Caller } from '../features/auth/tokens.ts';
import { courseScope, studentScope } from '../features/courses/access.ts';

/** The columns of each type, as its fields are called, for a table under the alias that is written here. */
export const COURSE = sql`c.id, c.code, c.name, nullif(c.semester, '') as semester, c.department,
  c.late_after_minutes as "lateAfterMinutes", c.min_presence_share as "minPresenceShare",
  c.grace_minutes as "graceMinutes"`;
export const STUDENT = sql`st.id, st.number, st.name, st.department`;
export const SESSION = sql`s.id, s.course_id as "courseId", s.status, s.day, s.starts_at as "startsAt",
  s.ends_at as "endsAt", s.opened_at as "openedAt", s.closed_at as "closedAt"`;
export const RECORD = sql`r.id, r.session_id as "sessionId", r.student_id as "studentId", r.status, r.method,
  r.confidence, r.day, r.first_seen_at as "firstSeenAt", r.last_seen_at as "lastSeenAt",
  r.seconds_seen as "secondsSeen", r.note, r.corrected_by is not null as corrected, r.version`;
export const COUNTS = sql`count(*)::int as total,
  count(*) filter (where r.status = 'present')::int as present,
  count(*) filter (where r.status = 'late')::int as late,
  count(*) filter (where r.status = 'excused')::int as excused,
  count(*) filter (where r.status = 'absent')::int as absent,
  count(*) filter (where r.status = 'pending')::int as pending`;

export interface CourseRow {
  id: string;
  [column: string]: unknown;
}
export interface SessionRow extends CourseRow {
  courseId: string;
}
export interface RecordRow extends CourseRow {
  sessionId: string;
  studentId: string;
}
export interface Counts {
  total: number;
  present: number;
  late: number;
  excused: number;
  absent: number;
  pending: number;
}

export function withRate(counts: Counts): Counts & { rate: number | null } {
  const { present, late, absent } = counts;
  const decided = present + late + absent;
  return { ...counts, rate: decided === 0 ? null : (present + late) / decided };
}

/** Nothing, or ` and …`. */
export const and = (condition: SQL | null | undefined | false): SQL =>
  condition ? sql` and ${condition}` : sql``;

export const courseReach = (caller: Caller): SQL => and(courseScope(caller, sql`c.id`));
export const studentReach = (caller: Caller): SQL => and(studentScope(caller, sql`st.id`));
export const sessionReach = (caller: Caller): SQL => and(courseScope(caller, sql`s.course_id`));
/** Staff see the records of their courses, students their own, also of courses that they have left. */
export const recordReach = (caller: Caller): SQL =>
  and(
    caller.role === 'student'
      ? studentScope(caller, sql`r.student_id`)
      : courseScope(caller, sql`r.course_id`),
  );
