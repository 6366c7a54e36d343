import { and, asc, count, desc, eq, type SQL } from 'drizzle-orm';
import type { AppContext } from '../../context.ts';
import { newId } from '../../db/ids.ts';
import { attendanceRecords, contests, courses, students } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { ApiError } from '../../errors.ts';
import { publish } from '../../jobs/outbox.ts';
import { appendEvents, type RecordChange } from '../attendance/ledger.ts';
import { findRecord, toRecord } from '../attendance/records.ts';
import { reachRecord, writeWord } from '../attendance/service.ts';
import type { Caller } from '../auth/tokens.ts';
import { assertCourse, courseScope } from '../courses/access.ts';
import type { Contest, ContestDecision, ContestQuery } from './schemas.ts';

const scopeOf = (caller: Caller): SQL | undefined =>
  caller.role === 'student'
    ? eq(contests.studentId, caller.studentId ?? '00000000-0000-0000-0000-000000000000')
    : (courseScope(caller, attendanceRecords.courseId) ?? undefined);

/** Students see their own, teachers those about sessions of their courses. */
export async function listContests(
  tx: Tx,
  caller: Caller,
  query: ContestQuery,
): Promise<{ total: number; items: Contest[] }> {
  const where = and(
    scopeOf(caller),
    query.status ? eq(contests.status, query.status) : undefined,
    query.studentId ? eq(contests.studentId, query.studentId) : undefined,
    query.courseId ? eq(attendanceRecords.courseId, query.courseId) : undefined,
  );
  const [counted] = await tx
    .select({ n: count() })
    .from(contests)
    .innerJoin(attendanceRecords, eq(attendanceRecords.id, contests.recordId))
    .where(where);
  return { total: counted?.n ?? 0, items: await select(tx, where, query, query.sort) };
}

/** Throws `contest-not-found`. */
export async function readContest(tx: Tx, caller: Caller, id: string): Promise<Contest> {
  const [found] = await select(tx, and(eq(contests.id, id), scopeOf(caller)));
  if (!found) throw new ApiError('contest-not-found');
  return found;
}

/** A student says that a mark of theirs is wrong; one objection at a time. Throws `record-not-found`, `contest-open`. */
export async function contest(
  context: AppContext,
  caller: Caller,
  recordId: string,
  text: string,
): Promise<Contest> {
  const { tenantId } = caller;
  const now = new Date(context.clock.now());
  return context.db.tenant(tenantId, async (tx) => {
    const { row } = await reachRecord(tx, caller, recordId);
    // Two requests at once: the second waits here and then finds the first one's.
    await tx
      .select({ id: attendanceRecords.id })
      .from(attendanceRecords)
      .where(eq(attendanceRecords.id, recordId))
      .for('update');
    const [open] = await tx
      .select({ id: contests.id })
      .from(contests)
      .where(and(eq(contests.recordId, recordId), eq(contests.status, 'open')));
    if (open) throw new ApiError('contest-open', { details: { contestId: open.id } });
    const id = newId();
    const { studentId, sessionId } = row;
    await tx
      .insert(contests)
      .values({ id, tenantId, recordId, studentId, text, status: 'open', createdAt: now });
    await appendEvents(tx, tenantId, [
      {
        id: newId(),
        sessionId,
        studentId,
        type: 'contested',
        at: now,
        actorId: caller.userId,
        data: { contestId: id },
      },
    ]);
    await publish(tx, tenantId, 'contest.opened', { contestId: id, recordId, studentId });
    return readContest(tx, caller, id);
  });
}

/**
 * Staff answer an objection, once; accepting may correct the mark in the same step. Throws `contest-not-found`,
 * `contest-decided`, `version-conflict`.
 */
export async function decideContest(
  context: AppContext,
  caller: Caller,
  id: string,
  decision: ContestDecision,
): Promise<{ contest: Contest; changes: RecordChange[] }> {
  const { tenantId } = caller;
  const { status, correction } = decision;
  const now = new Date(context.clock.now());
  if (correction && status !== 'accepted') {
    throw new ApiError('invalid-request', { message: 'A refusal corrects nothing.' });
  }
  return context.db.tenant(tenantId, async (tx) => {
    const [row] = await tx.select().from(contests).where(eq(contests.id, id)).for('update');
    if (!row) throw new ApiError('contest-not-found');
    const [record] = await tx
      .select()
      .from(attendanceRecords)
      .where(eq(attendanceRecords.id, row.recordId))
      .for('update');
    if (!record) throw new ApiError('contest-not-found');
    await assertCourse(tx, caller, record.courseId, 'contest-not-found');
    if (row.status !== 'open') throw new ApiError('contest-decided', { details: { status: row.status } });
    let changes: RecordChange[] = [];
    if (correction) {
      if (correction.version !== undefined && correction.version !== record.version) {
        const found = await findRecord(tx, record.id);
        throw new ApiError('version-conflict', {
          details: { record: found ? toRecord(found.row, found.person) : null },
        });
      }
      const { version: _seen, ...word } = correction;
      ({ changes } = await writeWord(tx, caller, record, { ...word, at: now, data: { contestId: id } }));
    }
    await tx
      .update(contests)
      .set({ status, answer: decision.answer ?? null, decidedBy: caller.userId, decidedAt: now })
      .where(eq(contests.id, id));
    const { recordId, studentId } = row;
    await publish(tx, tenantId, 'contest.decided', { contestId: id, recordId, studentId, status });
    return { contest: await readContest(tx, caller, id), changes };
  });
}

async function select(
  tx: Tx,
  where: SQL | undefined,
  page: { skip: number; limit: number } = { skip: 0, limit: 1 },
  sort: ContestQuery['sort'] = '-createdAt',
): Promise<Contest[]> {
  const direction = sort === 'createdAt' ? asc : desc;
  const rows = await tx
    .select({
      contest: contests,
      record: attendanceRecords,
      student: { id: students.id, name: students.name, number: students.number },
      course: { id: courses.id, code: courses.code, name: courses.name },
    })
    .from(contests)
    .innerJoin(attendanceRecords, eq(attendanceRecords.id, contests.recordId))
    .innerJoin(students, eq(students.id, contests.studentId))
    .innerJoin(courses, eq(courses.id, attendanceRecords.courseId))
    .where(where)
    .orderBy(direction(contests.createdAt), direction(contests.id))
    .offset(page.skip)
    .limit(page.limit);
  return rows.map(({ contest: row, record, student, course }) => ({
    id: row.id,
    recordId: row.recordId,
    sessionId: record.sessionId,
    course,
    day: record.day,
    recordStatus: record.status,
    recordVersion: record.version,
    student,
    text: row.text,
    status: row.status,
    answer: row.answer,
    decidedBy: row.decidedBy,
    decidedAt: row.decidedAt?.toISOString() ?? null,
    createdAt: row.createdAt.toISOString(),
  }));
}
