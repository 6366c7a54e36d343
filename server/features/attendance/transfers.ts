import { and, asc, eq, inArray, sql } from 'drizzle-orm';
import type { AppContext } from '../../context.ts';
import { newId } from '../../db/ids.ts';
import { attendanceEvents, attendanceRecords } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { ApiError } from '../../errors.ts';
import type { Caller } from '../auth/tokens.ts';
import { reachSession } from '../sessions/access.ts';
import { toEvent } from './events.ts';
import { appendEvents, type EventDraft, type RecordChange, type RecordRow } from './ledger.ts';
import type { Merge, Split, Transfer } from './ledger-schemas.ts';
import { type Evidence, evidenceKey, type SeenEvidence, validTracks } from './projection.ts';
import { assertBelongs, reachRecord, recordIn } from './service.ts';

export interface Transferred {
  transfer: Transfer;
  changes: RecordChange[];
  /** What the pipeline must know of tracks that are still on camera. */
  verdicts: { track: Evidence; studentId: string; verdict: 'confirmed' | 'rejected' }[];
}

/**
 * All faces of one student's record are another student's: the wrong person of two who look alike. Both records
 * follow; a correction by hand of either stays. Throws `nothing-to-move` where the record stands on no face.
 */
export async function mergeRecords(context: AppContext, caller: Caller, merge: Merge): Promise<Transferred> {
  const { sessionId, fromStudentId, intoStudentId } = merge;
  if (fromStudentId === intoStudentId) throw new ApiError('same-student');
  return context.db.tenant(caller.tenantId, async (tx) => {
    const session = await reachSession(tx, caller, sessionId);
    await assertBelongs(tx, session.courseId, { sessionId, studentId: intoStudentId });
    const { from } = await lockPair(tx, sessionId, fromStudentId, intoStudentId);
    const tracks = await tracksOf(tx, sessionId, fromStudentId);
    const totals = context.live.find(sessionId)?.totals(fromStudentId);
    return move(tx, context, caller, {
      sessionId,
      fromStudentId,
      toStudentId: intoStudentId,
      tracks,
      secondsSeen: totals?.secondsSeen ?? from.secondsSeen,
      lastSeenAt: totals?.lastSeenAt ?? from.lastSeenAt?.getTime() ?? null,
    });
  });
}

/**
 * Some tracks of a record are somebody else's, or nobody's of the course. How long each was seen is not known, so no
 * seconds move; the minimum share is not held against the student who gets them.
 */
export async function splitRecord(context: AppContext, caller: Caller, split: Split): Promise<Transferred> {
  return context.db.tenant(caller.tenantId, async (tx) => {
    const { row } = await reachRecord(tx, caller, split.recordId);
    const { sessionId, studentId } = row;
    const toStudentId = split.toStudentId;
    if (toStudentId === studentId) throw new ApiError('same-student');
    if (toStudentId) await assertBelongs(tx, row.courseId, { sessionId, studentId: toStudentId });
    await lockPair(tx, sessionId, studentId, toStudentId);
    const wanted = new Set(split.tracks.map(evidenceKey));
    const tracks = (await tracksOf(tx, sessionId, studentId)).filter((track) =>
      wanted.has(evidenceKey(track)),
    );
    if (tracks.length < wanted.size) throw new ApiError('track-not-found');
    return move(tx, context, caller, {
      sessionId,
      fromStudentId: studentId,
      toStudentId,
      tracks,
      secondsSeen: 0,
      lastSeenAt: null,
    });
  });
}

/** A merge or split never happened. Throws `transfer-not-found`, `transfer-undone`. */
export async function undoTransfer(
  context: AppContext,
  caller: Caller,
  transferId: string,
): Promise<Transferred> {
  return context.db.tenant(caller.tenantId, async (tx) => {
    const [event] = await tx
      .select()
      .from(attendanceEvents)
      .where(and(eq(attendanceEvents.id, transferId), eq(attendanceEvents.type, 'split')));
    if (!event?.studentId) throw new ApiError('transfer-not-found');
    const { sessionId, studentId, data } = event;
    await reachSession(tx, caller, sessionId, 'transfer-not-found');
    const receiver = typeof data.to === 'string' ? data.to : null;
    const { to } = await lockPair(tx, sessionId, studentId, receiver);
    // Who has been erased since has nothing to give back.
    const toStudentId = to ? receiver : null;
    const [undone] = await tx
      .select({ id: attendanceEvents.id })
      .from(attendanceEvents)
      .where(
        and(
          eq(attendanceEvents.sessionId, sessionId),
          eq(attendanceEvents.type, 'transfer-undone'),
          sql`${attendanceEvents.data}->>'transferId' = ${transferId}`,
        ),
      );
    if (undone) throw new ApiError('transfer-undone');
    const base = {
      sessionId,
      type: 'transfer-undone',
      at: new Date(context.clock.now()),
      actorId: caller.userId,
      data: { transferId },
    };
    const drafts: EventDraft[] = [{ ...base, id: newId(), studentId }];
    if (toStudentId) drafts.push({ ...base, id: newId(), studentId: toStudentId });
    const changes = await appendEvents(tx, caller.tenantId, drafts);
    const tracks = Array.isArray(data.evidence) ? (data.evidence as Evidence[]) : [];
    return answer(tx, {
      transferId,
      sessionId,
      from: studentId,
      to: toStudentId,
      tracks,
      changes,
      undo: true,
    });
  });
}

async function move(
  tx: Tx,
  context: AppContext,
  caller: Caller,
  what: {
    sessionId: string;
    fromStudentId: string;
    toStudentId: string | null;
    tracks: SeenEvidence[];
    secondsSeen: number;
    lastSeenAt: number | null;
  },
): Promise<Transferred> {
  const { sessionId, fromStudentId, toStudentId, tracks } = what;
  if (tracks.length === 0) throw new ApiError('nothing-to-move');
  const transferId = newId();
  const base = { sessionId, at: new Date(context.clock.now()), actorId: caller.userId };
  const evidence = tracks.map(({ streamId, trackId }) => ({ streamId, trackId }));
  const drafts: EventDraft[] = [
    {
      ...base,
      id: transferId,
      studentId: fromStudentId,
      type: 'split',
      data: { transferId, to: toStudentId, evidence },
    },
  ];
  if (toStudentId) {
    const { secondsSeen, lastSeenAt } = what;
    drafts.push({
      ...base,
      id: newId(),
      studentId: toStudentId,
      type: 'merged',
      method: 'face',
      data: { transferId, from: fromStudentId, evidence: tracks, secondsSeen, lastSeenAt },
    });
  }
  const changes = await appendEvents(tx, caller.tenantId, drafts);
  return answer(tx, {
    transferId,
    sessionId,
    from: fromStudentId,
    to: toStudentId,
    tracks,
    changes,
    undo: false,
  });
}

async function answer(
  tx: Tx,
  done: {
    transferId: string;
    sessionId: string;
    from: string;
    to: string | null;
    tracks: readonly Evidence[];
    changes: RecordChange[];
    undo: boolean;
  },
): Promise<Transferred> {
  const { transferId, sessionId, from, to, tracks, changes } = done;
  const [gains, loses] = done.undo ? [from, to] : [to, from];
  return {
    transfer: {
      transferId,
      tracks: tracks.length,
      from: await recordIn(tx, sessionId, from),
      to: to ? await recordIn(tx, sessionId, to) : null,
    },
    changes,
    verdicts: tracks.flatMap((track) => [
      ...(loses ? [{ track, studentId: loses, verdict: 'rejected' as const }] : []),
      ...(gains ? [{ track, studentId: gains, verdict: 'confirmed' as const }] : []),
    ]),
  };
}

/** Both records in the order that every writer locks in. Throws `record-not-found` where the first does not exist. */
async function lockPair(
  tx: Tx,
  sessionId: string,
  fromStudentId: string,
  toStudentId: string | null,
): Promise<{ from: RecordRow; to: RecordRow | null }> {
  const rows = await tx
    .select()
    .from(attendanceRecords)
    .where(
      and(
        eq(attendanceRecords.sessionId, sessionId),
        inArray(attendanceRecords.studentId, [fromStudentId, ...(toStudentId ? [toStudentId] : [])]),
      ),
    )
    .orderBy(asc(attendanceRecords.id))
    .for('update');
  const from = rows.find((row) => row.studentId === fromStudentId);
  if (!from) throw new ApiError('record-not-found');
  return { from, to: rows.find((row) => row.studentId === toStudentId) ?? null };
}

async function tracksOf(tx: Tx, sessionId: string, studentId: string): Promise<SeenEvidence[]> {
  const rows = await tx
    .select()
    .from(attendanceEvents)
    .where(and(eq(attendanceEvents.sessionId, sessionId), eq(attendanceEvents.studentId, studentId)))
    .orderBy(asc(attendanceEvents.seq));
  return validTracks(rows.flatMap(toEvent));
}
