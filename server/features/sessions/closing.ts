import { and, asc, eq, inArray, sql } from 'drizzle-orm';
import { newId } from '../../db/ids.ts';
import { attendanceRecords, classSessions, recordings, reviewItems, streams } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { ApiError } from '../../errors.ts';
import { publish } from '../../jobs/outbox.ts';
import {
  appendEvents,
  type EventDraft,
  lockRecords,
  type RecordChange,
  type RecordRow,
} from '../attendance/ledger.ts';
import { excuseDrafts } from '../excuses/covering.ts';
import { finishRecordings } from '../recordings/finish.ts';
import type { LiveSession } from './live-session.ts';
import { hasStreams } from './load.ts';
import { type ReviewRow, toReview } from './queries.ts';
import { loadRoster, type RosterMember } from './roster.ts';

export interface Closing {
  changes: RecordChange[];
  lapsed: ReviewRow[];
}

/** Everybody is decided, open questions lapse; null where it was closed already. Throws `session-not-found`. */
export async function writeClosing(
  tx: Tx,
  by: {
    tenantId: string;
    sessionId: string;
    closedAt: Date;
    userId: string | null;
    session: LiveSession | null;
  },
): Promise<Closing | null> {
  const { tenantId, sessionId, closedAt, session } = by;
  // Marks that hold their records already may still name the session: `for update` would wait for them and they for it.
  const [row] = await tx
    .select()
    .from(classSessions)
    .where(eq(classSessions.id, sessionId))
    .for('no key update');
  if (!row) throw new ApiError('session-not-found');
  if (row.status === 'closed') return null;
  const roster = await loadRoster(tx, row.courseId);
  // Before the records, as a person's answer takes them: else that and the closing could wait for each other.
  await lockOpenReviews(tx, sessionId);
  const records = await withoutThoseWhoLeft(tx, await lockRecords(tx, sessionId), roster);
  const known = new Set(records.map((record) => record.studentId));
  const joined = roster.filter((member) => !known.has(member.studentId));
  const watchedSeconds = session
    ? session.watchedSeconds()
    : (await hasStreams(tx, sessionId))
      ? row.watchedSeconds
      : null;
  const totals = [
    ...records.map((record) => ({
      studentId: record.studentId,
      lastSeenAt: record.lastSeenAt?.getTime() ?? null,
      secondsSeen: record.secondsSeen,
      ...session?.totals(record.studentId),
    })),
    ...joined.map((member) => ({ studentId: member.studentId, lastSeenAt: null, secondsSeen: 0 })),
  ];
  const drafts: EventDraft[] = totals.map(({ studentId, lastSeenAt, secondsSeen }) => ({
    id: newId(),
    sessionId,
    studentId,
    type: 'session-closed',
    at: closedAt,
    actorId: by.userId,
    data: { lastSeenAt, secondsSeen, watchedSeconds },
  }));
  // Who has joined since the opening may have been excused since then, too.
  const open = records.filter((record) => record.status === 'pending');
  const undecided = [...open, ...joined].map(({ studentId }) => studentId);
  const excused = await excuseDrafts(tx, row, undecided, closedAt);
  const changes = await appendEvents(tx, tenantId, [...excused, ...drafts]);
  await tx
    .update(classSessions)
    .set({
      status: 'closed',
      closedAt,
      closedBy: by.userId,
      watchedSeconds: watchedSeconds ?? 0,
      recordingSince: null,
    })
    .where(eq(classSessions.id, sessionId));
  await finishRecordings(tx, tenantId, eq(recordings.sessionId, sessionId));
  await tx
    .update(streams)
    .set({ endedAt: closedAt, state: 'ended', reason: 'stopped' })
    .where(eq(streams.sessionId, sessionId));
  const lapsed = await tx
    .update(reviewItems)
    .set({ status: 'obsolete', decidedAt: closedAt, embedding: null })
    .where(and(eq(reviewItems.sessionId, sessionId), eq(reviewItems.status, 'open')))
    .returning();
  await publish(tx, tenantId, 'session.closed', { sessionId, courseId: row.courseId });
  return { changes, lapsed };
}

async function lockOpenReviews(tx: Tx, sessionId: string): Promise<void> {
  await tx
    .select({ id: reviewItems.id })
    .from(reviewItems)
    .where(and(eq(reviewItems.sessionId, sessionId), eq(reviewItems.status, 'open')))
    .orderBy(asc(reviewItems.id))
    .for('update');
}

/** Who left the course before anything was known of them was not absent from it: no record remains. */
async function withoutThoseWhoLeft(
  tx: Tx,
  records: RecordRow[],
  roster: readonly RosterMember[],
): Promise<RecordRow[]> {
  const members = new Set(roster.map((member) => member.studentId));
  const left = records.filter(({ status, studentId }) => status === 'pending' && !members.has(studentId));
  if (left.length === 0) return records;
  const removed = await tx
    .delete(attendanceRecords)
    .where(
      and(
        inArray(
          attendanceRecords.id,
          left.map((record) => record.id),
        ),
        sql`not exists (select 1 from attendance_events e
          where e.session_id = attendance_records.session_id and e.student_id = attendance_records.student_id)`,
      ),
    )
    .returning({ id: attendanceRecords.id });
  const gone = new Set(removed.map((record) => record.id));
  return records.filter((record) => !gone.has(record.id));
}

export function announceClosing(session: LiveSession, { changes, lapsed }: Closing, closedAt: Date): void {
  session.commit(changes);
  for (const row of lapsed) {
    session.settled(toReview(row, session.person(row.studentId)?.name ?? '', false));
  }
  session.closed(closedAt);
}
