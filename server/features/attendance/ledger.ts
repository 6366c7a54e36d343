import { and, asc, eq, inArray, sql } from 'drizzle-orm';
import { newId } from '../../db/ids.ts';
import { attendanceEvents, attendanceRecords, classSessions } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { publishAll } from '../../jobs/outbox.ts';
import { toEvent } from './events.ts';
import { type ProjectedRecord, project, type SessionFrame } from './projection.ts';

export type RecordRow = typeof attendanceRecords.$inferSelect;
export type EventRow = typeof attendanceEvents.$inferSelect;
type EventInsert = typeof attendanceEvents.$inferInsert;

/** An event on its way into the ledger. Its id is made where it happens, so that a retry writes it once. */
export type EventDraft = Omit<EventInsert, 'tenantId' | 'seq' | 'createdAt' | 'studentId'> & {
  studentId: string;
};

export interface RecordChange {
  before: RecordRow;
  after: RecordRow;
}

/**
 * Appends events and brings the records up to date in the caller's transaction. The records are locked before the
 * events are numbered, so two writers of one record are in the ledger in the order in which they were projected.
 */
export async function appendEvents(
  tx: Tx,
  tenantId: string,
  drafts: readonly EventDraft[],
): Promise<RecordChange[]> {
  if (drafts.length === 0) return [];
  const pairs = distinctPairs(drafts);
  const sessionIds = [...new Set(pairs.map((pair) => pair.sessionId))];
  const studentIds = [...new Set(pairs.map((pair) => pair.studentId))];
  const wanted = new Set(pairs.map(pairKey));

  await tx
    .insert(attendanceRecords)
    .values(pairs.map((pair) => ({ ...pair, id: newId(), tenantId, status: 'pending' as const })))
    .onConflictDoNothing({ target: [attendanceRecords.sessionId, attendanceRecords.studentId] });
  const rows = await tx
    .select()
    .from(attendanceRecords)
    .where(
      and(inArray(attendanceRecords.sessionId, sessionIds), inArray(attendanceRecords.studentId, studentIds)),
    )
    .orderBy(asc(attendanceRecords.id))
    .for('update');
  await tx
    .insert(attendanceEvents)
    .values(drafts.map((draft) => ({ ...draft, tenantId })))
    .onConflictDoNothing({ target: attendanceEvents.id });
  const changes = await reproject(
    tx,
    rows.filter((row) => wanted.has(pairKey(row))),
  );
  await publishChanges(tx, tenantId, changes);
  return changes;
}

/** Tells the rest of the house what was decided, in one statement. More of the same is no news. */
async function publishChanges(tx: Tx, tenantId: string, changes: readonly RecordChange[]): Promise<void> {
  await publishAll(
    tx,
    tenantId,
    changes
      .filter(({ before, after }) => before.status !== after.status)
      .map(({ before, after }) => ({
        type: 'attendance.changed' as const,
        payload: {
          recordId: after.id,
          sessionId: after.sessionId,
          courseId: after.courseId,
          studentId: after.studentId,
          status: after.status,
          previousStatus: before.status,
          method: after.method,
          corrected: after.correctedBy !== null,
        },
      })),
  );
}

/** Projects records anew from their events; returns those that changed. The rows must be locked. */
export async function reproject(tx: Tx, rows: readonly RecordRow[]): Promise<RecordChange[]> {
  const changes = await compare(tx, rows);
  await writeRecords(
    tx,
    changes.map((change) => change.after),
  );
  return changes;
}

/** The records whose rows are not what their events say, and what they should be. Writes nothing. */
export async function compare(tx: Tx, rows: readonly RecordRow[]): Promise<RecordChange[]> {
  if (rows.length === 0) return [];
  const sessionIds = [...new Set(rows.map((row) => row.sessionId))];
  const studentIds = [...new Set(rows.map((row) => row.studentId))];
  const frames = await loadFrames(tx, sessionIds);
  const events = await tx
    .select()
    .from(attendanceEvents)
    .where(
      and(inArray(attendanceEvents.sessionId, sessionIds), inArray(attendanceEvents.studentId, studentIds)),
    )
    .orderBy(asc(attendanceEvents.seq));
  const byPair = new Map<string, EventRow[]>();
  for (const event of events) {
    const key = `${event.sessionId} ${event.studentId}`;
    const list = byPair.get(key);
    if (list) list.push(event);
    else byPair.set(key, [event]);
  }
  const changes: RecordChange[] = [];
  for (const before of rows) {
    const frame = frames.get(before.sessionId);
    if (!frame) continue;
    const own = byPair.get(pairKey(before)) ?? [];
    const after = merge(before, project(own.flatMap(toEvent), frame), own);
    if (differs(before, after)) changes.push({ before, after });
  }
  return changes;
}

/** The schedule opens within seconds; later than this it could not: the server was down. */
const LATE_OPENING_MS = 60_000;

async function loadFrames(tx: Tx, sessionIds: string[]): Promise<Map<string, SessionFrame>> {
  const rows = await tx
    .select({
      id: classSessions.id,
      startsAt: classSessions.startsAt,
      endsAt: classSessions.endsAt,
      openedAt: classSessions.openedAt,
      openedHow: classSessions.openedHow,
      rules: classSessions.rules,
    })
    .from(classSessions)
    .where(inArray(classSessions.id, sessionIds));
  return new Map(
    rows.map(({ id, startsAt, endsAt, openedAt, openedHow, rules }) => {
      const late = openedHow === 'schedule' && openedAt.getTime() - startsAt.getTime() > LATE_OPENING_MS;
      return [
        id,
        {
          startsAt: startsAt.getTime(),
          endsAt: endsAt?.getTime() ?? null,
          openedLateAt: late ? openedAt.getTime() : null,
          rules,
        },
      ];
    }),
  );
}

/** One statement for all of them. */
async function writeRecords(tx: Tx, rows: readonly RecordRow[]): Promise<void> {
  if (rows.length === 0) return;
  const values = JSON.stringify(rows);
  await tx.execute(sql`
    update attendance_records r set
      status = v.status, method = v.method, confidence = v.confidence, first_seen_at = v."firstSeenAt",
      last_seen_at = v."lastSeenAt", seconds_seen = v."secondsSeen", note = v.note,
      corrected_by = v."correctedBy", corrected_at = v."correctedAt", version = v.version, updated_at = now()
    from jsonb_to_recordset(${values}::text::jsonb) as v(
      id uuid, status text, method text, confidence real, "firstSeenAt" timestamptz, "lastSeenAt" timestamptz,
      "secondsSeen" real, note text, "correctedBy" uuid, "correctedAt" timestamptz, version integer)
    where r.id = v.id`);
}

export interface SeenRow {
  sessionId: string;
  studentId: string;
  lastSeenAt: Date;
  secondsSeen: number;
}

/** Last sight and seconds of the records that a camera has decided, in one statement; they only ever grow. */
export async function writeSeen(tx: Tx, rows: readonly SeenRow[]): Promise<void> {
  if (rows.length === 0) return;
  await tx.execute(sql`
    update attendance_records r set
      last_seen_at = greatest(r.last_seen_at, v."lastSeenAt"),
      seconds_seen = greatest(r.seconds_seen, v."secondsSeen"), updated_at = now()
    from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) as v(
      "sessionId" uuid, "studentId" uuid, "lastSeenAt" timestamptz, "secondsSeen" real)
    where r.session_id = v."sessionId" and r.student_id = v."studentId" and r.first_seen_at is not null`);
}

/** The records of a session, locked in the order that every writer locks in. */
export async function lockRecords(tx: Tx, sessionId: string): Promise<RecordRow[]> {
  return tx
    .select()
    .from(attendanceRecords)
    .where(eq(attendanceRecords.sessionId, sessionId))
    .orderBy(asc(attendanceRecords.id))
    .for('update');
}

/** Events that are a person's word on the status. */
const WORDS = new Set(['corrected', 'confirmed', 'merged']);

function merge(before: RecordRow, projected: ProjectedRecord, events: readonly EventRow[]): RecordRow {
  const correctedAt = projected.correctedBy
    ? (events.findLast((event) => WORDS.has(event.type) && event.actorId === projected.correctedBy)?.at ??
      null)
    : null;
  return {
    ...before,
    status: projected.status,
    method: projected.method,
    confidence: projected.confidence,
    firstSeenAt: instant(projected.firstSeenAt),
    // While the session is open the tally that is flushed every 10 s knows better than the ledger.
    lastSeenAt: projected.secondsSeen === null ? before.lastSeenAt : instant(projected.lastSeenAt),
    secondsSeen: projected.secondsSeen ?? before.secondsSeen,
    note: projected.note,
    correctedBy: projected.correctedBy,
    correctedAt,
    version: projected.version,
  };
}

/** The columns are single precision, the ledger's numbers are not. */
const sameReal = (a: number | null, b: number | null): boolean =>
  a === null || b === null ? a === b : Math.fround(a) === Math.fround(b);

function differs(a: RecordRow, b: RecordRow): boolean {
  return (
    a.status !== b.status ||
    a.method !== b.method ||
    !sameReal(a.confidence, b.confidence) ||
    a.firstSeenAt?.getTime() !== b.firstSeenAt?.getTime() ||
    a.lastSeenAt?.getTime() !== b.lastSeenAt?.getTime() ||
    !sameReal(a.secondsSeen, b.secondsSeen) ||
    a.note !== b.note ||
    a.correctedBy !== b.correctedBy ||
    a.correctedAt?.getTime() !== b.correctedAt?.getTime() ||
    a.version !== b.version
  );
}

function distinctPairs(drafts: readonly EventDraft[]): { sessionId: string; studentId: string }[] {
  const pairs = new Map<string, { sessionId: string; studentId: string }>();
  for (const { sessionId, studentId } of drafts) {
    pairs.set(pairKey({ sessionId, studentId }), { sessionId, studentId });
  }
  return [...pairs.values()].sort((a, b) => (pairKey(a) < pairKey(b) ? -1 : 1));
}

function pairKey(pair: { sessionId: string; studentId: string }): string {
  return `${pair.sessionId} ${pair.studentId}`;
}

function instant(ms: number | null): Date | null {
  return ms === null ? null : new Date(ms);
}
