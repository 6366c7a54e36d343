import { and, eq } from 'drizzle-orm';
import type { AppContext } from '../../context.ts';
import { newId } from '../../db/ids.ts';
import {
  attendanceEvents,
  attendanceRecords,
  type ConsentPurpose,
  consents,
  emotionHistory,
  engagementSamples,
  enrolments,
  erasureReceipts,
  faceTemplates,
  reviewItems,
  students,
  users,
} from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { ApiError } from '../../errors.ts';
import type { Caller } from '../auth/tokens.ts';
import type { Student } from '../students/schemas.ts';
import { getStudent, recordConsent } from '../students/service.ts';

export type Removed = Record<string, number>;

/** Everything that holds rows of a student, in an order that foreign keys allow. */
const BIOMETRIC = { faceTemplates, reviewItems, engagementSamples, emotionHistory };
const EVERYTHING = { ...BIOMETRIC, attendanceEvents, attendanceRecords, enrolments, consents };

/**
 * Records consent or its withdrawal. Withdrawing erases what was made under it, at once and for good: for faces the
 * templates, photos, open questions and samples derived from recognition; for emotion its history. Attendance stays.
 */
export async function setConsent(
  context: AppContext,
  caller: Caller,
  studentId: string,
  purpose: ConsentPurpose,
  granted: boolean,
): Promise<{ student: Student; erased: Removed }> {
  const outcome = await context.db.tenant(caller.tenantId, async (tx) => {
    await getStudent(tx, studentId);
    await recordConsent(tx, caller, studentId, purpose, granted);
    const erased = granted
      ? {}
      : await eraseRows(tx, studentId, purpose === 'face' ? BIOMETRIC : { emotionHistory });
    if (Object.keys(erased).length > 0) {
      await tx.insert(erasureReceipts).values({
        id: newId(),
        tenantId: caller.tenantId,
        studentId,
        reason: 'consent-withdrawn',
        purpose,
        removed: erased,
        requestedBy: caller.userId,
      });
    }
    return { student: await getStudent(tx, studentId), erased };
  });
  context.events.emit('gallery:changed', { tenantId: caller.tenantId, studentId });
  return outcome;
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
    await tx.insert(erasureReceipts).values({
      id: newId(),
      tenantId: caller.tenantId,
      studentId,
      reason: 'template-deleted',
      purpose: 'face',
      removed: { faceTemplates: 1 },
      requestedBy: caller.userId,
    });
  });
  context.events.emit('gallery:changed', { tenantId: caller.tenantId, studentId });
}

/** Removes a student and every row about them; a receipt with the id and the counts stays. */
export async function eraseStudent(context: AppContext, caller: Caller, studentId: string): Promise<void> {
  await context.db.tenant(caller.tenantId, async (tx) => {
    await getStudent(tx, studentId);
    const erased = await eraseRows(tx, studentId, EVERYTHING);
    const accounts = await tx.delete(users).where(eq(users.studentId, studentId)).returning({ id: users.id });
    if (accounts.length > 0) erased.users = accounts.length;
    await tx.delete(students).where(eq(students.id, studentId));
    await tx.insert(erasureReceipts).values({
      id: newId(),
      tenantId: caller.tenantId,
      studentId,
      reason: 'student-deleted',
      purpose: null,
      removed: { ...erased, students: 1 },
      requestedBy: caller.userId,
    });
  });
  context.events.emit('student:erased', { tenantId: caller.tenantId, studentId });
}

async function eraseRows(tx: Tx, studentId: string, tables: Partial<typeof EVERYTHING>): Promise<Removed> {
  const removed: Removed = {};
  for (const [name, table] of Object.entries(tables)) {
    const gone = await tx
      .delete(table)
      .where(eq(table.studentId, studentId))
      .returning({ studentId: table.studentId });
    if (gone.length > 0) removed[name] = gone.length;
  }
  return removed;
}
