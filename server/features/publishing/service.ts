import { and, asc, eq, isNotNull, isNull, or, sql } from 'drizzle-orm';
import type { AppContext } from '../../context.ts';
import { newId } from '../../db/ids.ts';
import { cameras, classSessions, courses, streams } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { ApiError } from '../../errors.ts';
import { type Page, pageWithTotal } from '../../http.ts';
import { makeOneTime, readOneTime, useOneTime } from '../auth/one-time.ts';
import type { Caller } from '../auth/tokens.ts';
import { reachSession } from '../sessions/access.ts';
import type { SessionRow } from '../sessions/queries.ts';
import { getStudent } from '../students/service.ts';
import type { NewPublisher, PublisherLink } from './schemas.ts';

/** Who may publish as which stream: what a link stands for. */
export interface Grant {
  tenantId: string;
  sessionId: string;
  streamId: string;
  course: string;
  studentId: string | null;
}

const RESUME_MS = 24 * 3600_000;

/**
 * Makes a stream of an open session for a browser or an encoder, and the link that opens it once. Throws
 * `webrtc-unavailable`, `session-not-found`, `session-closed`, `session-elsewhere`.
 */
export async function addPublisher(
  context: AppContext,
  caller: Caller,
  sessionId: string,
  given: NewPublisher & { studentId?: string },
): Promise<PublisherLink> {
  const reason = context.sfu.reason();
  if (reason !== null) throw new ApiError('webrtc-unavailable', { details: { reason } });
  const { tenantId } = caller;
  let streamId = newId();
  let isNew = true;
  const link = await context.db.tenant(tenantId, async (tx) => {
    const session = await reachSession(tx, caller, sessionId);
    if (session.status !== 'open') throw new ApiError('session-closed');
    if (!context.live.find(sessionId)) throw new ApiError('session-elsewhere');
    if (given.studentId && !session.ownCameras) throw new ApiError('own-cameras-off');
    // A student has one stream in a session, however often they come.
    const held = given.studentId ? await ownStream(tx, sessionId, given.studentId) : null;
    isNew = held === null;
    if (held) streamId = held;
    else await insertStream(context, tx, { ...given, tenantId, streamId, session });
    return makeOneTime(context, tx, {
      tenantId,
      userId: null,
      purpose: 'publish',
      lifetimeMs: given.minutes * 60_000,
      data: { streamId },
      createdBy: caller.userId,
    });
  });
  if (isNew) await context.live.addStream(tenantId, sessionId, streamId);
  return linkOf(context, streamId, link);
}

async function insertStream(
  { config }: AppContext,
  tx: Tx,
  of: { tenantId: string; streamId: string; session: SessionRow; name: string; studentId?: string },
): Promise<void> {
  const { tenantId, session } = of;
  const cameraId = newId();
  await tx.insert(cameras).values({
    id: cameraId,
    tenantId,
    name: of.name.trim(),
    kind: 'publisher',
    sessionId: session.id,
    studentId: of.studentId ?? null,
    roomId: session.roomId,
    url: '',
    credentials: null,
    sampling: { mode: 'fps', fps: config.pipeline.defaultFps },
    enabled: true,
  });
  await tx
    .insert(streams)
    .values({ id: of.streamId, tenantId, sessionId: session.id, cameraId, reason: 'no-publisher' });
}

async function ownStream(tx: Tx, sessionId: string, studentId: string): Promise<string | null> {
  // Two requests at once would make two otherwise.
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${sessionId + studentId}, 0))`);
  const [found] = await tx
    .select({ id: streams.id })
    .from(streams)
    .innerJoin(cameras, eq(cameras.id, streams.cameraId))
    .where(and(eq(streams.sessionId, sessionId), eq(cameras.studentId, studentId), isNull(streams.endedAt)))
    .limit(1);
  return found?.id ?? null;
}

const OWN_MINUTES = 5;

/** A student's own camera in a remote class. Throws also `consent-missing`, `own-cameras-off`. */
export async function addOwnPublisher(
  context: AppContext,
  caller: Caller,
  sessionId: string,
): Promise<PublisherLink> {
  const { studentId } = caller;
  if (studentId === null) throw new ApiError('forbidden');
  const student = await context.db.tenant(caller.tenantId, (tx) => getStudent(tx, studentId));
  if (!student.consents.face) throw new ApiError('consent-missing');
  return addPublisher(context, caller, sessionId, { name: student.name, minutes: OWN_MINUTES, studentId });
}

function linkOf(
  { config }: AppContext,
  streamId: string,
  { token, expiresAt }: { token: string; expiresAt: Date },
): PublisherLink {
  return {
    streamId,
    token,
    expiresAt: expiresAt.toISOString(),
    url: `${config.publicUrl}/publish#${token}`,
    whipUrl: `${config.publicUrl}/ingest/whip`,
  };
}

/**
 * What a link or a resume token opens, which is not used up by looking. Throws `publish-token-invalid`,
 * `session-closed`, `session-elsewhere`.
 */
export async function readGrant(context: AppContext, token: string): Promise<Grant> {
  const now = new Date(context.clock.now());
  const row = await context.db.system(
    async (tx) =>
      (await readOneTime(tx, 'publish', token, now)) ?? readOneTime(tx, 'publish-resume', token, now),
  );
  if (!row?.tenantId) throw new ApiError('publish-token-invalid');
  const { tenantId } = row;
  const { streamId } = row.data as { streamId: string };
  return context.db.tenant(tenantId, async (tx) => {
    const [found] = await tx
      .select({ session: classSessions, course: courses.name, studentId: cameras.studentId })
      .from(streams)
      .innerJoin(classSessions, eq(classSessions.id, streams.sessionId))
      .innerJoin(courses, eq(courses.id, classSessions.courseId))
      .innerJoin(cameras, eq(cameras.id, streams.cameraId))
      .where(and(eq(streams.id, streamId), or(isNull(streams.endedAt), eq(classSessions.status, 'closed'))));
    if (!found) throw new ApiError('publish-token-invalid');
    if (found.session.status !== 'open') throw new ApiError('session-closed');
    if (!context.live.find(found.session.id)) throw new ApiError('session-elsewhere');
    const { session, course, studentId } = found;
    return { tenantId, sessionId: session.id, streamId, course, studentId };
  });
}

/**
 * Opens what `readGrant` reads, takes one of the institution's places, and uses a link up. Who is refused may come
 * again with it. Throws what that throws, and `publishers-full`.
 */
export async function redeem(context: AppContext, token: string): Promise<Grant & { resumeToken: string }> {
  const grant = await readGrant(context, token);
  const { publications, config } = context;
  if (!publications.claim(grant.tenantId, grant.streamId))
    throw new ApiError('publishers-full', { details: { most: config.webrtc.maxPublishers } });
  try {
    return { ...grant, resumeToken: await useUp(context, grant, token) };
  } catch (error) {
    publications.unclaim(grant.streamId);
    throw error;
  }
}

/**
 * The token that comes back after a break, in place of a link, which is used up by this. It stays good until the session
 * or the publisher ends: were it another each time, a break between making and telling it would lock a device out.
 */
async function useUp(context: AppContext, { tenantId, streamId }: Grant, token: string): Promise<string> {
  const now = new Date(context.clock.now());
  const { link, back } = await context.db.system(async (tx) => {
    const back = await readOneTime(tx, 'publish-resume', token, now);
    return { back, link: back ? null : await useOneTime(tx, 'publish', token, now) };
  });
  if (back) return token;
  // Another came first.
  if (!link) throw new ApiError('publish-token-invalid');
  const resume = await context.db.tenant(tenantId, (tx) =>
    makeOneTime(context, tx, {
      tenantId,
      userId: null,
      purpose: 'publish-resume',
      lifetimeMs: RESUME_MS,
      data: { streamId },
    }),
  );
  return resume.token;
}

export async function listPublishers(
  context: AppContext,
  caller: Caller,
  sessionId: string,
  query: Page,
): Promise<{
  total: number;
  items: { streamId: string; name: string; studentId: string | null; live: boolean }[];
}> {
  return context.db.tenant(caller.tenantId, async (tx) => {
    await reachSession(tx, caller, sessionId);
    const where = and(
      eq(streams.sessionId, sessionId),
      eq(cameras.kind, 'publisher'),
      isNotNull(cameras.sessionId),
      isNull(streams.endedAt),
    );
    const { total, rows } = await pageWithTotal(query, ({ skip, limit }) =>
      tx
        .select({
          streamId: streams.id,
          name: cameras.name,
          studentId: cameras.studentId,
          total: sql<number>`count(*) over ()::int`,
        })
        .from(streams)
        .innerJoin(cameras, eq(cameras.id, streams.cameraId))
        .where(where)
        .orderBy(asc(streams.id))
        .offset(skip)
        .limit(limit),
    );
    return {
      total,
      items: rows.map(({ total: _, ...row }) => ({
        ...row,
        live: context.publications.isLive(row.streamId),
      })),
    };
  });
}

/** The publisher is sent away and its links end. Throws `publisher-not-found`. */
export async function removePublisher(
  context: AppContext,
  caller: Caller,
  sessionId: string,
  streamId: string,
): Promise<void> {
  await context.db.tenant(caller.tenantId, async (tx) => {
    await reachSession(tx, caller, sessionId);
    const [found] = await tx
      .select({ id: streams.id })
      .from(streams)
      .innerJoin(cameras, eq(cameras.id, streams.cameraId))
      .where(
        and(
          eq(streams.id, streamId),
          eq(streams.sessionId, sessionId),
          eq(cameras.kind, 'publisher'),
          isNull(streams.endedAt),
        ),
      );
    if (!found) throw new ApiError('publisher-not-found');
    await tx
      .update(streams)
      .set({ endedAt: new Date(context.clock.now()), state: 'ended', reason: 'stopped' })
      .where(eq(streams.id, streamId));
    await tx.execute(
      sql`update one_time_tokens set used_at = now()
        where purpose in ('publish', 'publish-resume') and used_at is null and data->>'streamId' = ${streamId}`,
    );
  });
  context.live.removeStream(sessionId, streamId);
}
