import { and, eq, inArray, sql } from 'drizzle-orm';
import type { AppContext } from '../../context.ts';
import { newId } from '../../db/ids.ts';
import { attendanceEvents, attendanceRecords, students } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { ApiError } from '../../errors.ts';
import type { Caller } from '../auth/tokens.ts';
import { reachSession } from '../sessions/access.ts';
import type { ImportedMarks, ImportMarks } from './import-schemas.ts';
import { appendEvents, type EventDraft, type RecordChange } from './ledger.ts';
import { toRecord } from './records.ts';

type Mark = ImportMarks['marks'][number];
type Problem = ImportedMarks['problems'][number];

/**
 * What another system says of a session: more than a machine's evidence, less than a person's word. All of it or nothing;
 * said again it changes nothing. Throws `session-not-found`, and `marks-invalid` for who is not of the course.
 */
export async function importMarks(
  context: AppContext,
  caller: Caller,
  given: ImportMarks,
): Promise<{ result: ImportedMarks; changes: RecordChange[] }> {
  const { sessionId, dryRun } = given;
  const at = new Date(context.clock.now());
  return context.db.tenant(caller.tenantId, async (tx) => {
    const session = await reachSession(tx, caller, sessionId);
    const { marks, problems } = matched(given.marks, await peopleOf(tx, sessionId, session.courseId));
    if (problems.length > 0 && !dryRun) throw new ApiError('marks-invalid', { details: { problems } });
    // The same file twice at once: the second finds what the first has said.
    await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`marks ${sessionId}`}, 0))`);
    const before = await lastImported(tx, sessionId);
    const fresh = [...marks].filter(([studentId, mark]) => !sameMark(before.get(studentId), mark));
    const drafts = fresh.map(
      ([studentId, { status, note }]): EventDraft => ({
        ...{ id: newId(), sessionId, studentId, type: 'imported', method: 'import', status, at },
        actorId: caller.userId,
        data: { source: given.source.trim(), ...(note ? { note } : {}) },
      }),
    );
    const changes = dryRun ? [] : await appendEvents(tx, caller.tenantId, drafts);
    const result = {
      dryRun,
      written: fresh.length,
      unchanged: marks.size - fresh.length,
      problems,
      records: await recordsOf(tx, sessionId, [...marks.keys()]),
    };
    return { result, changes };
  });
}

interface Person {
  id: string;
  number: string;
}

/** Whoever is enrolled and not archived, or has a record of the session although they have left the course. */
async function peopleOf(tx: Tx, sessionId: string, courseId: string): Promise<Person[]> {
  return tx
    .select({ id: students.id, number: students.number })
    .from(students)
    .where(
      sql`(${students.archivedAt} is null
          and ${students.id} in (select e.student_id from enrolments e where e.course_id = ${courseId}))
        or ${students.id} in (select r.student_id from attendance_records r where r.session_id = ${sessionId})`,
    );
}

/** Marks by student, and those that fit nobody, or somebody who was named before. */
function matched(
  given: readonly Mark[],
  people: readonly Person[],
): { marks: Map<string, Mark>; problems: Problem[] } {
  const ids = new Set(people.map(({ id }) => id));
  const byNumber = new Map(people.map(({ id, number }) => [number, id]));
  const marks = new Map<string, Mark>();
  const problems: Problem[] = [];
  for (const [at, mark] of given.entries()) {
    const { studentId, number } = mark;
    const named = (studentId === undefined) !== (number === undefined);
    const found =
      studentId === undefined
        ? byNumber.get((number ?? '').normalize('NFC').trim())
        : ids.has(studentId.toLowerCase())
          ? studentId.toLowerCase()
          : undefined;
    if (!named) problems.push({ mark: at, code: 'student-unnamed' });
    else if (found === undefined) problems.push({ mark: at, code: 'student-unknown' });
    else if (marks.has(found)) problems.push({ mark: at, code: 'student-twice' });
    else marks.set(found, mark);
  }
  return { marks, problems };
}

type Said = Pick<Mark, 'status' | 'note'>;

/** What other systems said last, by student. */
async function lastImported(tx: Tx, sessionId: string): Promise<Map<string, Said>> {
  const rows = await tx
    .selectDistinctOn([attendanceEvents.studentId], {
      studentId: attendanceEvents.studentId,
      status: attendanceEvents.status,
      data: attendanceEvents.data,
    })
    .from(attendanceEvents)
    .where(and(eq(attendanceEvents.sessionId, sessionId), eq(attendanceEvents.type, 'imported')))
    .orderBy(attendanceEvents.studentId, sql`${attendanceEvents.seq} desc`);
  return new Map(
    rows.flatMap(({ studentId, status, data }) =>
      studentId && status ? [[studentId, { status, note: noteOf(data.note) }]] : [],
    ),
  );
}

const noteOf = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);

/** Taking back what was never said is nothing new either. */
function sameMark(before: Said | undefined, mark: Said): boolean {
  if (!before) return mark.status === 'pending';
  return before.status === mark.status && noteOf(before.note) === noteOf(mark.note);
}

async function recordsOf(tx: Tx, sessionId: string, ids: string[]): Promise<ImportedMarks['records']> {
  if (ids.length === 0) return [];
  const rows = await tx
    .select({ row: attendanceRecords, person: { name: students.name, number: students.number } })
    .from(attendanceRecords)
    .innerJoin(students, eq(students.id, attendanceRecords.studentId))
    .where(and(eq(attendanceRecords.sessionId, sessionId), inArray(attendanceRecords.studentId, ids)))
    .orderBy(students.number);
  return rows.map(({ row, person }) => toRecord(row, person));
}
