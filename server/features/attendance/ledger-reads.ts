import { and, asc, eq, gt, gte, lt, type SQL } from 'drizzle-orm';
import { attendanceEvents, classSessions, users } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import type { Caller } from '../auth/tokens.ts';
import { courseScope } from '../courses/access.ts';
import type { EventsQuery, LedgerEvent } from './ledger-schemas.ts';

/** A page of the ledger in the order of writing; teachers read that of their own courses. */
export async function readEvents(
  tx: Tx,
  caller: Caller,
  query: EventsQuery,
): Promise<{ items: LedgerEvent[]; next: number | null }> {
  const items = await select(
    tx,
    and(
      courseScope(caller, classSessions.courseId) ?? undefined,
      query.sessionId ? eq(attendanceEvents.sessionId, query.sessionId) : undefined,
      query.studentId ? eq(attendanceEvents.studentId, query.studentId) : undefined,
      query.type ? eq(attendanceEvents.type, query.type) : undefined,
      query.from ? gte(attendanceEvents.at, new Date(query.from)) : undefined,
      query.to ? lt(attendanceEvents.at, new Date(query.to)) : undefined,
      query.after > 0 ? gt(attendanceEvents.seq, query.after) : undefined,
    ),
    query.limit + 1,
  );
  const page = items.slice(0, query.limit);
  return { items: page, next: items.length > query.limit ? page.at(-1)!.seq : null };
}

const MOST_OF_ONE_RECORD = 1000;

/**
 * Why a record is what it is. The caller must be allowed to see the record; students are not told whose faces were taken
 * for theirs.
 */
export async function eventsOfRecord(
  tx: Tx,
  caller: Pick<Caller, 'role'>,
  record: { sessionId: string; studentId: string },
): Promise<LedgerEvent[]> {
  const events = await select(
    tx,
    and(eq(attendanceEvents.sessionId, record.sessionId), eq(attendanceEvents.studentId, record.studentId)),
    MOST_OF_ONE_RECORD,
  );
  if (caller.role !== 'student') return events;
  return events.map(({ data: { from: _from, to: _to, ...data }, ...event }) => ({ ...event, data }));
}

async function select(tx: Tx, where: SQL | undefined, limit: number): Promise<LedgerEvent[]> {
  const rows = await tx
    .select({ event: attendanceEvents, actorName: users.name })
    .from(attendanceEvents)
    .innerJoin(classSessions, eq(classSessions.id, attendanceEvents.sessionId))
    .leftJoin(users, eq(users.id, attendanceEvents.actorId))
    .where(where)
    .orderBy(asc(attendanceEvents.seq))
    .limit(limit);
  return rows.map(({ event, actorName }) => ({
    id: event.id,
    seq: event.seq,
    type: event.type,
    at: event.at.toISOString(),
    recordedAt: event.createdAt.toISOString(),
    sessionId: event.sessionId,
    studentId: event.studentId,
    method: event.method,
    status: event.status,
    confidence: event.confidence,
    streamId: event.streamId,
    trackId: event.trackId,
    actorId: event.actorId,
    actorName,
    data: event.data,
  }));
}
