import { setTimeout as pause } from 'node:timers/promises';
import { and, eq, type SQL, sql } from 'drizzle-orm';
import type { AppContext } from '../../context.ts';
import { newId } from '../../db/ids.ts';
import { isLockedOut } from '../../db/problems.ts';
import {
  type ConsentPurpose,
  erasureReceipts,
  faceTemplates,
  files,
  students,
  users,
} from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { ApiError } from '../../errors.ts';
import { publish } from '../../jobs/outbox.ts';
import type { Caller } from '../auth/tokens.ts';
import { ofSessionsWith, removeRecordings } from '../recordings/files.ts';
import type { Student } from '../students/schemas.ts';
import { getStudent, recordConsent } from '../students/service.ts';
import { PERSONAL, type PersonalTable } from './personal.ts';
import { eraseTraces } from './traces.ts';

/** Rows removed by table in the names of the API (`faceTemplates`), and `files`. */
export type Removed = Record<string, number>;

/** What was made under consent to recognition: all that tells a face, and what was measured on it. */
const FROM_FACES = [
  'face_templates',
  'face_proposals',
  'review_items',
  'engagement_samples',
  'emotion_history',
];

/** Tables that the withdrawal of a consent empties of the student. */
export const erasedUnder = (purpose: ConsentPurpose): readonly string[] =>
  purpose === 'face' ? FROM_FACES : ['emotion_history'];

/**
 * Records consent or its withdrawal. Withdrawing erases what was made under it, at once and for good: for faces the
 * templates, photos, proposals, open questions and samples derived from recognition; for emotion its history and the
 * stored reports on it. Attendance stays.
 */
export async function setConsent(
  context: AppContext,
  caller: Caller,
  studentId: string,
  purpose: ConsentPurpose,
  granted: boolean,
  wording: string | null = null,
): Promise<{ student: Student; erased: Removed }> {
  const { tenantId } = caller;
  const outcome = await context.db.tenant(tenantId, async (tx) => {
    // An enrolment that is under way waits, or has been waited for: no template is left that nobody agreed to.
    await tx
      .select({ id: students.id })
      .from(students)
      .where(eq(students.id, studentId))
      .for('no key update');
    await getStudent(tx, studentId);
    await recordConsent(tx, caller, studentId, purpose, granted, wording);
    const erased = granted ? {} : await eraseConsented(context, tx, tenantId, studentId, purpose);
    if (Object.keys(erased).length > 0) {
      await giveReceipt(tx, caller, { studentId, reason: 'consent-withdrawn', purpose, removed: erased });
    }
    await publish(tx, tenantId, 'consent.changed', { studentId, purpose, granted });
    return { student: await getStudent(tx, studentId), erased };
  });
  context.events.emit('gallery:changed', { tenantId, studentId });
  return outcome;
}

async function eraseConsented(
  context: AppContext,
  tx: Tx,
  tenantId: string,
  studentId: string,
  purpose: ConsentPurpose,
): Promise<Removed> {
  const tables = erasedUnder(purpose);
  const removed: Removed = {};
  for (const table of PERSONAL.filter(({ table }) => tables.includes(table))) {
    count(removed, table.table, await deleteRows(tx, table, studentId, null));
  }
  const kept = await tx.execute<{ id: string }>(
    purpose === 'face'
      ? sql`select id from files where student_id = ${studentId} and kind = 'recording'`
      : sql`select f.id from files f join report_jobs r on r.file_id = f.id where r.report like 'emotion%'`,
  );
  const ids = kept.map(({ id }) => id);
  if (purpose === 'emotion' && ids.length > 0) {
    await tx.execute(sql`update report_jobs set status = 'expired', file_id = null
      where file_id in ${ids}`);
  }
  count(removed, 'files', await context.storage.remove(tx, tenantId, ids));
  return removed;
}

/** Removes one template and its photo. Throws `template-not-found`. */
export async function eraseTemplate(
  context: AppContext,
  caller: Caller,
  studentId: string,
  templateId: string,
): Promise<void> {
  await context.db.tenant(caller.tenantId, async (tx) => {
    await getStudent(tx, studentId);
    const removed = await tx
      .delete(faceTemplates)
      .where(and(eq(faceTemplates.id, templateId), eq(faceTemplates.studentId, studentId)))
      .returning({ id: faceTemplates.id });
    if (removed.length === 0) throw new ApiError('template-not-found');
    const receipt = { reason: 'template-deleted', purpose: 'face', removed: { faceTemplates: 1 } } as const;
    await giveReceipt(tx, caller, { studentId, ...receipt });
  });
  context.events.emit('gallery:changed', { tenantId: caller.tenantId, studentId });
}

/**
 * Removes a student: every row and file about them, their account, what other rows say of them, and the recordings of
 * their sessions. A receipt with the id
 * and the counts stays; of the audit log the ids. Throws `student-not-found`.
 */
export async function eraseStudent(context: AppContext, caller: Caller, studentId: string): Promise<void> {
  const { tenantId } = caller;
  await givingWay(context, tenantId, async (tx) => {
    const [student] = await tx.select().from(students).where(eq(students.id, studentId)).for('update');
    if (!student) throw new ApiError('student-not-found');
    const [account] = await tx.select().from(users).where(eq(users.studentId, studentId));
    const removed: Removed = {};
    const owned = await tx.select({ id: files.id }).from(files).where(eq(files.studentId, studentId));
    count(
      removed,
      'files',
      await context.storage.remove(
        tx,
        tenantId,
        owned.map(({ id }) => id),
      ),
    );
    count(removed, 'recordings', await removeRecordings(tx, tenantId, ofSessionsWith(studentId)));
    for (const [name, rows] of Object.entries(
      await eraseTraces(context, tx, tenantId, { student, account: account ?? null }),
    )) {
      count(removed, name, rows);
    }
    for (const table of PERSONAL) {
      if (table.erase === 'delete')
        count(removed, table.table, await deleteRows(tx, table, studentId, account?.id ?? null));
    }
    await giveReceipt(tx, caller, { studentId, reason: 'student-deleted', purpose: null, removed });
    await publish(tx, tenantId, 'student.erased', { studentId });
  });
  // Outside of the database: a backup from before brings the student back, and has to be told.
  context.log.info({ tenantId, studentId }, 'a student was erased');
  await context.cache.invalidate(tenantId);
  context.events.emit('student:erased', { tenantId, studentId });
}

/** Shorter than Postgres takes to find a circle (1 s): then it is always the erasure that gives way. */
const LOCK_WAIT_MS = 500;
const ATTEMPTS = 30;
const PAUSE_MS = 100;

/**
 * An erasure takes rows in another order than a class that is running writes them: a mark holds its record and needs the
 * student, who is being erased, and the erasure needs the record. The mark must not fail, so the erasure lets go of
 * everything and begins anew. Throws `database-busy` where that does not help for long.
 */
async function givingWay(
  context: AppContext,
  tenantId: string,
  work: (tx: Tx) => Promise<void>,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await context.db.tenant(tenantId, async (tx) => {
        await tx.execute(sql.raw(`set local lock_timeout = ${LOCK_WAIT_MS}`));
        await work(tx);
      });
    } catch (error) {
      if (!isLockedOut(error)) throw error;
      if (attempt >= ATTEMPTS) throw new ApiError('database-busy', { cause: error });
      await pause(PAUSE_MS * (1 + Math.random()));
    }
  }
}

interface Receipt {
  studentId: string | null;
  reason: 'consent-withdrawn' | 'student-deleted' | 'template-deleted' | 'retention';
  purpose: ConsentPurpose | null;
  removed: Removed;
}

export async function giveReceipt(
  tx: Tx,
  by: { tenantId: string; userId: string | null },
  receipt: Receipt,
): Promise<void> {
  await tx
    .insert(erasureReceipts)
    .values({ id: newId(), tenantId: by.tenantId, requestedBy: by.userId, ...receipt });
}

/** Rows of the student and of their account; what only names them in somebody else's row is emptied there. */
async function deleteRows(
  tx: Tx,
  table: PersonalTable,
  studentId: string,
  userId: string | null,
): Promise<number> {
  const name = sql.identifier(table.table);
  for (const column of table.mentions ?? []) {
    const at = sql.identifier(column);
    await tx.execute(sql`update ${name} set ${at} = null where ${at} = ${studentId}`);
  }
  const gone = await tx.execute(sql`delete from ${name} where ${rowsOf(table, studentId, userId)}`);
  return gone.count;
}

/** Which rows are the student's. */
export function rowsOf(table: PersonalTable, studentId: string, userId: string | null): SQL {
  const conditions = [
    ...(table.student ?? []).map((column) => sql`${sql.identifier(column)} = ${studentId}`),
    ...(userId === null
      ? []
      : (table.user ?? []).map((column) => sql`${sql.identifier(column)} = ${userId}`)),
  ];
  return conditions.length === 0 ? sql`false` : sql`(${sql.join(conditions, sql` or `)})`;
}

function count(removed: Removed, table: string, rows: number): void {
  if (rows === 0) return;
  const name = table.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
  removed[name] = (removed[name] ?? 0) + rows;
}
