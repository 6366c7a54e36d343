import { and, asc, eq, gt, inArray, sql } from 'drizzle-orm';
import type { AppContext } from '../../context.ts';
import { newId } from '../../db/ids.ts';
import { attendanceRecords, classSessions, courses } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { ApiError } from '../../errors.ts';
import { compare, type RecordChange, type RecordRow, reproject } from './ledger.ts';
import type { Rebuild, RebuildResult } from './ledger-schemas.ts';

/** Sessions of one transaction: their records are locked for as long as it takes. */
const BATCH = 20;
const MOST_DIFFERENCES = 100;

/**
 * Brings records to what the ledger says of them, some sessions at a time, each batch in a transaction of its own.
 * A dry run changes nothing and locks nothing. Nothing is announced outside: no decision was made.
 */
export async function rebuild(
  context: AppContext,
  tenantId: string,
  request: Rebuild,
): Promise<{ result: RebuildResult; changes: RecordChange[] }> {
  await context.db.tenant(tenantId, (tx) => assertScope(tx, request.scope));
  const result: RebuildResult = {
    dryRun: request.dryRun,
    sessions: 0,
    records: 0,
    missing: 0,
    changed: 0,
    differences: [],
    next: null,
  };
  const changes: RecordChange[] = [];
  let after = request.after ?? null;
  for (;;) {
    const size = Math.min(BATCH, request.sessions - result.sessions);
    const batch = await context.db.tenant(tenantId, (tx) => oneBatch(tx, tenantId, request, after, size));
    result.sessions += batch.sessionIds.length;
    result.records += batch.records;
    result.missing += batch.missing;
    result.changed += batch.changes.length;
    for (const change of batch.changes.slice(0, MOST_DIFFERENCES - result.differences.length)) {
      result.differences.push(differenceOf(change));
    }
    if (!request.dryRun) changes.push(...batch.changes);
    after = batch.sessionIds.at(-1) ?? null;
    if (batch.sessionIds.length < size || after === null) break;
    if (result.sessions >= request.sessions) {
      result.next = after;
      break;
    }
  }
  return { result, changes };
}

async function assertScope(tx: Tx, scope: Rebuild['scope']): Promise<void> {
  if ('sessionId' in scope) {
    const [found] = await tx
      .select({ id: classSessions.id })
      .from(classSessions)
      .where(eq(classSessions.id, scope.sessionId));
    if (!found) throw new ApiError('session-not-found');
  }
  if ('courseId' in scope) {
    const [found] = await tx.select({ id: courses.id }).from(courses).where(eq(courses.id, scope.courseId));
    if (!found) throw new ApiError('course-not-found');
  }
}

async function oneBatch(tx: Tx, tenantId: string, request: Rebuild, after: string | null, size: number) {
  const { scope, dryRun } = request;
  const sessions = await tx
    .select({ id: classSessions.id })
    .from(classSessions)
    .where(
      and(
        'sessionId' in scope ? eq(classSessions.id, scope.sessionId) : undefined,
        'courseId' in scope ? eq(classSessions.courseId, scope.courseId) : undefined,
        after ? gt(classSessions.id, after) : undefined,
      ),
    )
    .orderBy(asc(classSessions.id))
    .limit(size);
  const sessionIds = sessions.map((session) => session.id);
  if (sessionIds.length === 0) return { sessionIds, records: 0, missing: 0, changes: [] };
  const missing = await missingPairs(tx, sessionIds);
  if (!dryRun && missing.length > 0) {
    await tx
      .insert(attendanceRecords)
      .values(missing.map((pair) => ({ ...pair, id: newId(), tenantId, status: 'pending' as const })))
      .onConflictDoNothing();
  }
  const query = tx
    .select()
    .from(attendanceRecords)
    .where(inArray(attendanceRecords.sessionId, sessionIds))
    .orderBy(asc(attendanceRecords.id));
  const rows: RecordRow[] = dryRun ? await query : await query.for('update');
  const changes = dryRun ? await compare(tx, rows) : await reproject(tx, rows);
  return { sessionIds, records: rows.length, missing: missing.length, changes };
}

/** Students with events in a session and no record there. */
async function missingPairs(
  tx: Tx,
  sessionIds: string[],
): Promise<{ sessionId: string; studentId: string }[]> {
  const rows = (await tx.execute(sql`
    select distinct e.session_id as "sessionId", e.student_id as "studentId"
    from attendance_events e
    where e.student_id is not null
      and e.session_id in (select (jsonb_array_elements_text(${JSON.stringify(sessionIds)}::text::jsonb))::uuid)
      and not exists (
        select 1 from attendance_records r where r.session_id = e.session_id and r.student_id = e.student_id)`)) as unknown;
  return rows as { sessionId: string; studentId: string }[];
}

function differenceOf({ before, after }: RecordChange): RebuildResult['differences'][number] {
  return {
    recordId: after.id,
    sessionId: after.sessionId,
    studentId: after.studentId,
    before: side(before),
    after: side(after),
  };
}

function side(row: RecordRow): RebuildResult['differences'][number]['before'] {
  return {
    status: row.status,
    method: row.method,
    firstSeenAt: row.firstSeenAt?.toISOString() ?? null,
    secondsSeen: row.secondsSeen,
    note: row.note,
    correctedBy: row.correctedBy,
    version: row.version,
  };
}
