import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { and, asc, desc, eq, gte, lte, type SQL, sql } from 'drizzle-orm';
import { DateTime } from 'luxon';
import { policy } from '../../../config/policies.ts';
import type { AppContext } from '../../context.ts';
import { classSessions, courses, recordingSegments, recordings } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { ApiError } from '../../errors.ts';
import { pageWithTotal } from '../../http.ts';
import type { Caller } from '../auth/tokens.ts';
import { ofCaller, reachSession } from '../sessions/access.ts';
import { currentTenant, tenantCrypto } from '../tenants/service.ts';
import { folderOf, removeRecordings, segmentPath } from './files.ts';
import { keyPurpose } from './plan.ts';
import { type ListedSegment, writePlaylist } from './playlist.ts';
import { assertMayRecord } from './rules.ts';
import type { Recording, RecordingQuery, Timeline } from './schemas.ts';
import { readTimeline } from './timeline.ts';

export type RecordingRow = typeof recordings.$inferSelect;

/**
 * Switches the recording of an open session on or off. Throws `session-not-found`, `session-closed`,
 * `recording-prohibited`, `recording-off`.
 */
export async function switchRecording(
  context: AppContext,
  caller: Caller,
  sessionId: string,
  on: boolean,
): Promise<{ sessionId: string; since: string | null }> {
  const { tenantId } = caller;
  const since = await context.db.tenant(tenantId, async (tx) => {
    await reachSession(tx, caller, sessionId);
    if (on) await assertMayRecord(tx, tenantId);
    const [row] = await tx
      .select()
      .from(classSessions)
      .where(eq(classSessions.id, sessionId))
      .for('no key update');
    if (row?.status !== 'open') throw new ApiError('session-closed');
    const next = on ? (row.recordingSince ?? new Date(context.clock.now())) : null;
    if (next?.getTime() !== row.recordingSince?.getTime())
      await tx.update(classSessions).set({ recordingSince: next }).where(eq(classSessions.id, sessionId));
    return next;
  });
  const session = context.live.find(sessionId);
  if (session) await context.recorder.align(session);
  else context.cluster.peers.tell('session', { tenantId, sessionId });
  return { sessionId, since: since?.toISOString() ?? null };
}

const ofCourse = { id: courses.id, code: courses.code, name: courses.name };

export async function listRecordings(
  context: AppContext,
  caller: Caller,
  query: RecordingQuery,
): Promise<{ total: number; items: Recording[] }> {
  const { sessionId, courseId, from, to } = query;
  return context.db.read(caller.tenantId, async (tx) => {
    const { total, rows } = await pageWithTotal(query, ({ skip, limit }) =>
      select(
        tx,
        and(
          ofCaller(caller),
          sessionId ? eq(recordings.sessionId, sessionId) : undefined,
          courseId ? eq(classSessions.courseId, courseId) : undefined,
          from ? gte(classSessions.day, from) : undefined,
          to ? lte(classSessions.day, to) : undefined,
        ),
      )
        .orderBy(desc(recordings.startedAt), desc(recordings.id))
        .offset(skip)
        .limit(limit),
    );
    const view = await viewer(tx, caller.tenantId);
    return { total, items: rows.map(view) };
  });
}

const select = (tx: Tx, where: SQL | undefined) =>
  tx
    .select({
      row: recordings,
      course: ofCourse,
      day: classSessions.day,
      total: sql<number>`count(*) over ()::int`,
    })
    .from(recordings)
    .innerJoin(classSessions, eq(classSessions.id, recordings.sessionId))
    .innerJoin(courses, eq(courses.id, classSessions.courseId))
    .where(where);

type Found = { row: RecordingRow; course: Recording['course']; day: string };

async function viewer(tx: Tx, tenantId: string): Promise<(found: Found) => Recording> {
  const tenant = await currentTenant(tx, tenantId);
  const days = policy(tenant.policy).retentionDays.recordings;
  return ({ row, course, day }) => ({
    id: row.id,
    sessionId: row.sessionId,
    streamId: row.streamId,
    camera: row.name,
    course,
    day,
    status: row.status,
    problem: row.status === 'recording' ? row.problem : null,
    startedAt: row.startedAt.toISOString(),
    endedAt: row.endedAt?.toISOString() ?? null,
    durationMs: row.durationMs,
    bytes: row.bytes,
    keptUntil: DateTime.fromJSDate(row.startedAt, { zone: tenant.timezone }).plus({ days }).toISODate()!,
  });
}

/** Teachers reach those of their courses. Throws `recording-not-found`. */
async function reach(tx: Tx, caller: Caller, id: string): Promise<Found> {
  const [found] = await select(tx, and(eq(recordings.id, id), ofCaller(caller)));
  if (!found) throw new ApiError('recording-not-found');
  return found;
}

export const getRecording = (context: AppContext, caller: Caller, id: string): Promise<Recording> =>
  context.db.tenant(caller.tenantId, async (tx) => {
    const found = await reach(tx, caller, id);
    return (await viewer(tx, caller.tenantId))(found);
  });

const segmentsOf = (tx: Tx, recordingId: string): Promise<ListedSegment[]> =>
  tx
    .select({
      seq: recordingSegments.seq,
      startAt: recordingSegments.startAt,
      durationMs: recordingSegments.durationMs,
      gap: recordingSegments.gap,
    })
    .from(recordingSegments)
    .where(eq(recordingSegments.recordingId, recordingId))
    .orderBy(asc(recordingSegments.seq));

export const playlistOf = (context: AppContext, caller: Caller, id: string): Promise<string> =>
  context.db.tenant(caller.tenantId, async (tx) => {
    const { row } = await reach(tx, caller, id);
    return writePlaylist(await segmentsOf(tx, id), row.status === 'finished');
  });

export const timelineOf = (context: AppContext, caller: Caller, id: string): Promise<Timeline> =>
  context.db.tenant(caller.tenantId, async (tx) => {
    const { row } = await reach(tx, caller, id);
    return readTimeline(tx, row, await segmentsOf(tx, id));
  });

/** 16 bytes: without them the segments are noise. */
export const keyOf = (context: AppContext, caller: Caller, id: string): Promise<Buffer> =>
  context.db.tenant(caller.tenantId, async (tx) => {
    const { row } = await reach(tx, caller, id);
    const crypto = await tenantCrypto(context, tx, caller.tenantId);
    return crypto.open(keyPurpose(id), row.key);
  });

/** A segment as it lies on the disk, encrypted. Throws `recording-not-found`. */
export async function segmentOf(
  context: AppContext,
  caller: Caller,
  id: string,
  seq: number,
): Promise<{ stream: Readable; bytes: number }> {
  const bytes = await context.db.tenant(caller.tenantId, async (tx) => {
    await reach(tx, caller, id);
    const [found] = await tx
      .select({ bytes: recordingSegments.bytes })
      .from(recordingSegments)
      .where(and(eq(recordingSegments.recordingId, id), eq(recordingSegments.seq, seq)));
    if (!found) throw new ApiError('recording-not-found');
    return found.bytes;
  });
  const path = segmentPath(folderOf(context, caller.tenantId, id), seq);
  // Opened here: a file that is missing is to be said with a status.
  const file = await open(path).catch((cause: unknown) => {
    context.log.error({ err: cause, recordingId: id, seq }, 'a segment of a recording is missing');
    throw new ApiError('recording-not-found', { cause });
  });
  return { stream: createReadStream(path, { fd: file }), bytes };
}

/** Throws `recording-not-found`, `recording-running`. */
export async function deleteRecording(context: AppContext, caller: Caller, id: string): Promise<void> {
  const { tenantId } = caller;
  await context.db.tenant(tenantId, async (tx) => {
    const { row } = await reach(tx, caller, id);
    if (row.status === 'recording') throw new ApiError('recording-running');
    await removeRecordings(tx, tenantId, eq(recordings.id, id));
  });
}
