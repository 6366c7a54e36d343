import { and, asc, count, desc, eq, gt, gte, lt, type SQL } from 'drizzle-orm';
import type { AppContext } from '../../context.ts';
import { newId } from '../../db/ids.ts';
import {
  attendanceRecords,
  classSessions,
  courses,
  excuses,
  files,
  students,
} from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { ApiError } from '../../errors.ts';
import { publish } from '../../jobs/outbox.ts';
import { appendEvents, type RecordChange } from '../attendance/ledger.ts';
import type { Caller } from '../auth/tokens.ts';
import { assertCourse, studentScope } from '../courses/access.ts';
import type { Decision, Excuse, ExcusePatch, ExcuseQuery, NewExcuse } from './schemas.ts';

type Row = typeof excuses.$inferSelect;
const LONGEST_MS = 366 * 86_400_000;

const columns = {
  excuse: excuses,
  student: { id: students.id, name: students.name, number: students.number },
  course: { id: courses.id, code: courses.code, name: courses.name },
  document: { name: files.name, type: files.type, bytes: files.bytes },
};

const ORDERS: Record<NonNullable<ExcuseQuery['sort']>, SQL[]> = {
  createdAt: [asc(excuses.createdAt), asc(excuses.id)],
  '-createdAt': [desc(excuses.createdAt), desc(excuses.id)],
  fromAt: [asc(excuses.fromAt), asc(excuses.id)],
  '-fromAt': [desc(excuses.fromAt), desc(excuses.id)],
};

/** The excuses that the caller may see: students their own, teachers those of their students. */
export async function listExcuses(
  tx: Tx,
  caller: Caller,
  query: ExcuseQuery,
): Promise<{ total: number; items: Excuse[] }> {
  const where = and(
    studentScope(caller, excuses.studentId) ?? undefined,
    query.status ? eq(excuses.status, query.status) : undefined,
    query.studentId ? eq(excuses.studentId, query.studentId) : undefined,
    query.courseId ? eq(excuses.courseId, query.courseId) : undefined,
    query.from ? gt(excuses.untilAt, new Date(query.from)) : undefined,
    query.to ? lt(excuses.fromAt, new Date(query.to)) : undefined,
  );
  const [counted] = await tx.select({ n: count() }).from(excuses).where(where);
  const rows = await select(tx, where, query, ORDERS[query.sort ?? '-createdAt']);
  return { total: counted?.n ?? 0, items: rows.map(toExcuse) };
}

/** Throws `excuse-not-found`. */
export async function readExcuse(tx: Tx, caller: Caller, id: string): Promise<Excuse> {
  const [row] = await select(
    tx,
    and(eq(excuses.id, id), studentScope(caller, excuses.studentId) ?? undefined),
  );
  if (!row) throw new ApiError('excuse-not-found');
  return toExcuse(row);
}

/** Throws `student-not-found`, `course-not-found`, `excuse-times-invalid`. */
export async function handInExcuse(context: AppContext, caller: Caller, given: NewExcuse): Promise<Excuse> {
  const studentId = given.studentId ?? caller.studentId;
  if (!studentId) throw new ApiError('student-not-found');
  const { fromAt, untilAt } = timesOf(given);
  return context.db.tenant(caller.tenantId, async (tx) => {
    const [student] = await tx
      .select({ id: students.id })
      .from(students)
      .where(and(eq(students.id, studentId), studentScope(caller, students.id) ?? undefined));
    if (!student) throw new ApiError('student-not-found');
    if (given.courseId) await assertCourse(tx, caller, given.courseId);
    const id = newId();
    await tx.insert(excuses).values({
      id,
      tenantId: caller.tenantId,
      studentId,
      fromAt,
      untilAt,
      courseId: given.courseId ?? null,
      note: given.note,
      status: 'open',
      createdBy: caller.userId,
      createdAt: new Date(context.clock.now()),
    });
    await publish(tx, caller.tenantId, 'excuse.opened', { excuseId: id, studentId });
    return readExcuse(tx, caller, id);
  });
}

/** While nobody has decided. Throws `excuse-not-found`, `forbidden`, `excuse-decided`, `excuse-times-invalid`. */
export async function changeExcuse(
  context: AppContext,
  caller: Caller,
  id: string,
  patch: ExcusePatch,
): Promise<Excuse> {
  return context.db.tenant(caller.tenantId, async (tx) => {
    const row = await lockExcuse(tx, caller, id);
    await assertMayChange(tx, caller, row);
    if (row.status !== 'open') throw new ApiError('excuse-decided');
    if (patch.courseId) await assertCourse(tx, caller, patch.courseId);
    const times = timesOf({
      fromAt: patch.fromAt ?? row.fromAt.toISOString(),
      untilAt: patch.untilAt ?? row.untilAt.toISOString(),
    });
    await tx
      .update(excuses)
      .set({
        ...times,
        ...(patch.courseId === undefined ? {} : { courseId: patch.courseId }),
        ...(patch.note === undefined ? {} : { note: patch.note }),
      })
      .where(eq(excuses.id, id));
    return readExcuse(tx, caller, id);
  });
}

/**
 * Staff accept or refuse; a teacher only what concerns a course of theirs alone. Accepting turns absences of the
 * sessions that it covers into excused, now and for sessions to come; a change of mind takes that back. Throws
 * `excuse-not-found`, `forbidden`.
 */
export async function decideExcuse(
  context: AppContext,
  caller: Caller,
  id: string,
  decision: Decision,
): Promise<{ excuse: Excuse; changes: RecordChange[] }> {
  const now = new Date(context.clock.now());
  return context.db.tenant(caller.tenantId, async (tx) => {
    const row = await lockExcuse(tx, caller, id);
    await assertMayDecide(tx, caller, row);
    await tx
      .update(excuses)
      .set({
        status: decision.status,
        answer: decision.answer ?? null,
        decidedBy: caller.userId,
        decidedAt: now,
      })
      .where(eq(excuses.id, id));
    let changes: RecordChange[] = [];
    if (decision.status === 'accepted' && row.status !== 'accepted') {
      changes = await apply(tx, caller, row, 'excused', now);
    } else if (decision.status === 'refused' && row.status === 'accepted') {
      changes = await apply(tx, caller, row, 'excuse-withdrawn', now);
    }
    if (decision.status !== row.status) {
      const { status } = decision;
      await publish(tx, caller.tenantId, 'excuse.decided', {
        excuseId: id,
        studentId: row.studentId,
        status,
      });
    }
    return { excuse: await readExcuse(tx, caller, id), changes };
  });
}

/** Students take back what nobody has decided; who may decide may also remove it. The document goes with it. */
export async function removeExcuse(context: AppContext, caller: Caller, id: string): Promise<RecordChange[]> {
  const now = new Date(context.clock.now());
  return context.db.tenant(caller.tenantId, async (tx) => {
    const row = await lockExcuse(tx, caller, id);
    if (caller.role !== 'student') await assertMayDecide(tx, caller, row);
    else if (row.status !== 'open') throw new ApiError('excuse-decided');
    const changes = row.status === 'accepted' ? await apply(tx, caller, row, 'excuse-withdrawn', now) : [];
    await tx.delete(excuses).where(eq(excuses.id, id));
    if (row.documentId) await context.storage.remove(tx, caller.tenantId, [row.documentId]);
    return changes;
  });
}

/** The row that the caller may see, locked. Throws `excuse-not-found`. */
export async function lockExcuse(tx: Tx, caller: Caller, id: string): Promise<Row> {
  const [row] = await tx
    .select()
    .from(excuses)
    .where(and(eq(excuses.id, id), studentScope(caller, excuses.studentId) ?? undefined))
    .for('update');
  if (!row) throw new ApiError('excuse-not-found');
  return row;
}

/** An excuse for all courses reaches into those of other teachers: administrators decide it. */
async function assertMayDecide(tx: Tx, caller: Caller, row: Row): Promise<void> {
  if (caller.role !== 'teacher') return;
  if (!row.courseId) throw new ApiError('forbidden');
  await assertCourse(tx, caller, row.courseId, 'forbidden');
}

/** A teacher who narrowed an excuse for all courses to their own would take it away from the others. Throws `forbidden`. */
export async function assertMayChange(tx: Tx, caller: Caller, row: Row): Promise<void> {
  if (row.createdBy !== caller.userId) await assertMayDecide(tx, caller, row);
}

/** Tells the records of the sessions that began in its time; sessions to come ask for it when they open and close. */
async function apply(
  tx: Tx,
  caller: Caller,
  row: Row,
  type: 'excused' | 'excuse-withdrawn',
  at: Date,
): Promise<RecordChange[]> {
  const covered = await tx
    .select({ sessionId: attendanceRecords.sessionId })
    .from(attendanceRecords)
    .innerJoin(classSessions, eq(classSessions.id, attendanceRecords.sessionId))
    .where(
      and(
        eq(attendanceRecords.studentId, row.studentId),
        gte(classSessions.startsAt, row.fromAt),
        lt(classSessions.startsAt, row.untilAt),
        row.courseId ? eq(classSessions.courseId, row.courseId) : undefined,
      ),
    );
  return appendEvents(
    tx,
    caller.tenantId,
    covered.map(({ sessionId }) => ({
      id: newId(),
      sessionId,
      studentId: row.studentId,
      type,
      at,
      actorId: caller.userId,
      data: { excuseId: row.id },
    })),
  );
}

function timesOf(given: { fromAt: string; untilAt: string }): { fromAt: Date; untilAt: Date } {
  const fromAt = new Date(given.fromAt);
  const untilAt = new Date(given.untilAt);
  if (fromAt >= untilAt || untilAt.getTime() - fromAt.getTime() > LONGEST_MS) {
    throw new ApiError('excuse-times-invalid');
  }
  return { fromAt, untilAt };
}

function select(
  tx: Tx,
  where: SQL | undefined,
  page: { skip: number; limit: number } = { skip: 0, limit: 1 },
  order: SQL[] = [asc(excuses.id)],
) {
  return tx
    .select(columns)
    .from(excuses)
    .innerJoin(students, eq(students.id, excuses.studentId))
    .leftJoin(courses, eq(courses.id, excuses.courseId))
    .leftJoin(files, eq(files.id, excuses.documentId))
    .where(where)
    .orderBy(...order)
    .offset(page.skip)
    .limit(page.limit);
}

function toExcuse({ excuse, student, course, document }: Awaited<ReturnType<typeof select>>[number]): Excuse {
  return {
    id: excuse.id,
    student,
    course,
    fromAt: excuse.fromAt.toISOString(),
    untilAt: excuse.untilAt.toISOString(),
    note: excuse.note,
    document,
    status: excuse.status,
    answer: excuse.answer,
    decidedBy: excuse.decidedBy,
    decidedAt: excuse.decidedAt?.toISOString() ?? null,
    createdAt: excuse.createdAt.toISOString(),
    createdBy: excuse.createdBy,
  };
}
