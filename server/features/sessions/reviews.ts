import { and, eq, inArray } from 'drizzle-orm';
import type { IdentityDecision } from '../../../pipeline/messages.ts';
import type { AppContext } from '../../context.ts';
import { newId } from '../../db/ids.ts';
import { classSessions, faceTemplates, reviewItems, students } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { ApiError } from '../../errors.ts';
import { appendEvents, type EventDraft, type RecordChange } from '../attendance/ledger.ts';
import type { Caller } from '../auth/tokens.ts';
import { tenantCrypto } from '../tenants/service.ts';
import { reachSession } from './access.ts';
import { loadReviews, type ReviewRow, toReview } from './queries.ts';
import { loadRoster } from './roster.ts';
import type { Review } from './schemas.ts';
import { reviewPurpose, templatePurpose } from './secrets.ts';

/** Keeps the question; null when it has been asked before. */
export async function insertReview(
  tx: Tx,
  context: AppContext,
  tenantId: string,
  sessionId: string,
  decision: IdentityDecision,
  embeddingModel: string,
): Promise<ReviewRow | null> {
  const crypto = await tenantCrypto(context, tx, tenantId);
  const [row] = await tx
    .insert(reviewItems)
    .values({
      id: newId(),
      tenantId,
      sessionId,
      streamId: decision.streamId,
      trackId: decision.trackId,
      studentId: decision.studentId,
      confidence: decision.confidence,
      score: decision.score,
      margin: decision.margin,
      firstSeenAt: new Date(decision.firstSeenAtMs),
      askedAt: new Date(decision.decidedAtMs),
      status: 'open',
      embeddingModel,
      embedding: crypto.sealVector(reviewPurpose(sessionId), decision.embedding),
    })
    .onConflictDoNothing()
    .returning();
  return row ?? null;
}

/** Questions that nobody needs to answer any more, because the student is here for certain. */
export async function retireReviews(tx: Tx, ids: readonly string[], at: Date): Promise<ReviewRow[]> {
  if (ids.length === 0) return [];
  return tx
    .update(reviewItems)
    .set({ status: 'obsolete', decidedAt: at, embedding: null })
    .where(and(inArray(reviewItems.id, [...ids]), eq(reviewItems.status, 'open')))
    .returning();
}

export interface Settled {
  row: ReviewRow;
  review: Review;
  changes: RecordChange[];
  verdicts: { studentId: string; verdict: 'confirmed' | 'rejected' }[];
  /** A negative was kept: galleries with the student are out of date. */
  galleryChanged: boolean;
}

/**
 * A person's answer, in one transaction: the question is settled, the ledger says so, the record follows, and a face
 * that is not the student is remembered. `studentId` names who it is instead.
 */
export async function settleReview(
  context: AppContext,
  caller: Caller,
  reviewId: string,
  answer: { verdict: 'confirmed'; studentId?: string } | { verdict: 'rejected' },
): Promise<Settled> {
  return context.db.tenant(caller.tenantId, async (tx) => {
    const [row] = await tx.select().from(reviewItems).where(eq(reviewItems.id, reviewId)).for('update');
    if (!row) throw new ApiError('review-not-found');
    await reachSession(tx, caller, row.sessionId, 'review-not-found');
    if (row.status !== 'open') throw new ApiError('review-settled', { details: { status: row.status } });
    const who = answer.verdict === 'confirmed' ? (answer.studentId ?? row.studentId) : null;
    if (who !== null && who !== row.studentId) await assertEnrolled(tx, row.sessionId, who);

    const now = new Date(context.clock.now());
    const base = {
      sessionId: row.sessionId,
      streamId: row.streamId,
      trackId: row.trackId,
      actorId: caller.userId,
    };
    const drafts: EventDraft[] = [];
    if (who !== row.studentId) {
      drafts.push({ ...base, id: newId(), studentId: row.studentId, type: 'rejected', at: now });
    }
    if (who !== null) {
      drafts.push({
        ...base,
        id: newId(),
        studentId: who,
        type: 'confirmed',
        method: 'face',
        confidence: row.confidence,
        at: row.firstSeenAt,
        data: { confirmedAt: now.toISOString() },
      });
    }
    const changes = await appendEvents(tx, caller.tenantId, drafts);
    const galleryChanged = who !== row.studentId && (await keepNegative(tx, context, caller, row));
    const [settled] = await tx
      .update(reviewItems)
      .set({
        status: answer.verdict,
        decidedAt: now,
        decidedBy: caller.userId,
        decidedStudentId: who,
        embedding: null,
      })
      .where(eq(reviewItems.id, reviewId))
      .returning();
    const [student] = await tx
      .select({ name: students.name })
      .from(students)
      .where(eq(students.id, row.studentId));
    return {
      row: settled!,
      review: toReview(settled!, student?.name ?? '', false),
      changes,
      galleryChanged,
      verdicts: [
        ...(who !== row.studentId ? [{ studentId: row.studentId, verdict: 'rejected' as const }] : []),
        ...(who !== null ? [{ studentId: who, verdict: 'confirmed' as const }] : []),
      ],
    };
  });
}

async function assertEnrolled(tx: Tx, sessionId: string, studentId: string): Promise<void> {
  const [session] = await tx
    .select({ courseId: classSessions.courseId })
    .from(classSessions)
    .where(eq(classSessions.id, sessionId));
  const roster = session ? await loadRoster(tx, session.courseId) : [];
  if (!roster.some((member) => member.studentId === studentId)) throw new ApiError('student-not-enrolled');
}

async function keepNegative(tx: Tx, context: AppContext, caller: Caller, row: ReviewRow): Promise<boolean> {
  if (!row.embedding || !row.embeddingModel) return false;
  const crypto = await tenantCrypto(context, tx, caller.tenantId);
  const embedding = crypto.openVector(reviewPurpose(row.sessionId), row.embedding);
  await tx.insert(faceTemplates).values({
    id: newId(),
    tenantId: caller.tenantId,
    studentId: row.studentId,
    kind: 'negative',
    embeddingModel: row.embeddingModel,
    embedding: crypto.sealVector(templatePurpose(row.studentId), embedding),
    createdBy: caller.userId,
  });
  return true;
}

export async function openReviewsOf(tx: Tx, sessionId: string): Promise<Review[]> {
  const rows = await loadReviews(
    tx,
    and(eq(reviewItems.sessionId, sessionId), eq(reviewItems.status, 'open')),
  );
  return rows.map(({ row, name }) => toReview(row, name, false));
}
