import { and, eq, inArray, isNull } from 'drizzle-orm';
import type { GalleryEntry, SourceSpec, StreamSpec } from '../../../pipeline/messages.ts';
import type { AppContext } from '../../context.ts';
import type { TenantCrypto } from '../../crypto.ts';
import { cameras, classSessions, streams } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { listRecords, toRecord } from '../attendance/records.ts';
import { type CameraRow, sourceOf } from '../cameras/source.ts';
import { classHistory } from '../engagement/store.ts';
import { tenantCrypto } from '../tenants/service.ts';
import { loadGallery } from './gallery.ts';
import { HISTORY_STEP_MS } from './live-metrics.ts';
import type { LiveSeed } from './live-session.ts';
import { findSession, type SessionRow } from './queries.ts';
import { openReviewsOf } from './reviews.ts';
import { loadRoster, type RosterMember } from './roster.ts';
import type { ClassSession, Snapshot } from './schemas.ts';

type SessionCamera = ClassSession['cameras'][number];

/** Economy mode: detection starts at this width, as few faces are missed and the cost is a third. */
const ECONOMY_WIDTH = 960;
/** Tracks that a killed server may have used since it last noted the highest id. */
const TRACK_ID_RESERVE = 10_000;

/** All that an open session needs to go on, as it is on disk. */
export async function loadLiveSeed(
  tx: Tx,
  context: AppContext,
  tenantId: string,
  sessionId: string,
  options: { embeddingModel: string; resumed: boolean },
): Promise<LiveSeed | null> {
  const found = await findSession(tx, sessionId);
  if (found?.row.status !== 'open') return null;
  const roster = await loadRoster(tx, found.row.courseId);
  const crypto = await tenantCrypto(context, tx, tenantId);
  const gallery = await loadGallery(tx, crypto, roster, options.embeddingModel);
  const taking = await tx
    .select({ stream: streams, camera: cameras })
    .from(streams)
    .innerJoin(cameras, eq(cameras.id, streams.cameraId))
    .where(and(eq(streams.sessionId, sessionId), isNull(streams.endedAt)))
    .orderBy(streams.id);
  return {
    tenantId,
    row: found.row,
    view: found.view,
    roster,
    records: await listRecords(tx, sessionId),
    reviews: await openReviewsOf(tx, sessionId),
    history: await recentHistory(tx, sessionId, context.clock.now()),
    specs: taking.map(({ stream, camera }) =>
      streamSpec(context, found.row, {
        streamId: stream.id,
        firstTrackId: options.resumed ? stream.lastTrackId + TRACK_ID_RESERVE : 1,
        sampling: camera.sampling,
        source: sessionSourceOf(camera, crypto),
        ...galleryOf(camera, gallery),
      }),
    ),
  };
}

/** A publisher's stream waits until somebody publishes. */
const sessionSourceOf = (camera: CameraRow, crypto: TenantCrypto): SourceSpec =>
  camera.kind === 'publisher' ? { kind: 'webrtc', codec: null } : sourceOf(camera, crypto);

/** In a student's own camera nobody else is looked for. */
const galleryOf = ({ studentId }: CameraRow, gallery: GalleryEntry[]) =>
  studentId === null ? { gallery } : { gallery: only(gallery, studentId), onlyStudentId: studentId };

const only = (gallery: GalleryEntry[], studentId: string): GalleryEntry[] =>
  gallery.filter((entry) => entry.studentId === studentId);

/** The same streams with a gallery that was read anew. */
export const withGallery = (spec: StreamSpec, gallery: GalleryEntry[]): StreamSpec => ({
  ...spec,
  gallery: spec.onlyStudentId === undefined ? gallery : only(gallery, spec.onlyStudentId),
});

/** What a stream that was added to an open session starts from; null: it is not of this session. */
export async function loadAddedStream(
  tx: Tx,
  context: AppContext,
  session: Pick<LiveSeed, 'tenantId' | 'row'>,
  streamId: string,
  embeddingModel: string,
): Promise<{ spec: StreamSpec; camera: SessionCamera } | null> {
  const [found] = await tx
    .select({ camera: cameras })
    .from(streams)
    .innerJoin(cameras, eq(cameras.id, streams.cameraId))
    .where(and(eq(streams.id, streamId), eq(streams.sessionId, session.row.id)));
  if (!found) return null;
  const { camera } = found;
  const crypto = await tenantCrypto(context, tx, session.tenantId);
  const gallery = await loadGallery(tx, crypto, await loadRoster(tx, session.row.courseId), embeddingModel);
  return {
    spec: streamSpec(context, session.row, {
      streamId,
      firstTrackId: 1,
      sampling: camera.sampling,
      source: sessionSourceOf(camera, crypto),
      ...galleryOf(camera, gallery),
    }),
    camera: { cameraId: camera.id, streamId, name: camera.name, state: 'connecting', reason: 'no-publisher' },
  };
}

function streamSpec(
  context: AppContext,
  session: SessionRow,
  of: Pick<StreamSpec, 'streamId' | 'firstTrackId' | 'sampling' | 'source' | 'gallery' | 'onlyStudentId'>,
): StreamSpec {
  return {
    ...of,
    maxWidth: context.config.pipeline.maxWidth,
    detectWidth: of.sampling.mode === 'keyframes' ? ECONOMY_WIDTH : 0,
    purposes: {
      identify: true,
      attention: true,
      emotion: session.policy.emotion,
      // Nobody is in the room with who uses a camera of their own.
      liveness: of.onlyStudentId !== undefined,
    },
  };
}

async function recentHistory(tx: Tx, sessionId: string, nowMs: number): Promise<LiveSeed['history']> {
  const points = await classHistory(tx, sessionId, { sinceMs: nowMs - 60 * HISTORY_STEP_MS });
  return points.map(({ atMs, attention, coverage }) => ({ atMs, attention, coverage }));
}

/** The snapshot of a session that is not in memory: closed, or not resumed yet. */
export async function storedSnapshot(tx: Tx, sessionId: string, nowMs: number): Promise<Snapshot | null> {
  const found = await findSession(tx, sessionId);
  if (!found) return null;
  const records = await listRecords(tx, sessionId);
  const end = found.row.closedAt?.getTime() ?? nowMs;
  const points = await classHistory(tx, sessionId, { sinceMs: end - 60 * HISTORY_STEP_MS });
  return {
    session: found.view,
    roster: records.map(({ row, person }) => ({
      studentId: row.studentId,
      ...person,
      hasFace: row.method === 'face',
      record: toRecord(row, person),
    })),
    reviews: await openReviewsOf(tx, sessionId),
    streams: [],
    metrics: null,
    history: points.map(({ atMs, attention, coverage }) => ({ atMs, attention, coverage })),
    seq: 0,
  };
}

/** Rosters and galleries of open sessions, read anew. */
export async function reloadRoster(
  tx: Tx,
  context: AppContext,
  tenantId: string,
  courseId: string,
  embeddingModel: string,
): Promise<{ roster: RosterMember[]; gallery: GalleryEntry[] }> {
  const roster = await loadRoster(tx, courseId);
  const crypto = await tenantCrypto(context, tx, tenantId);
  return { roster, gallery: await loadGallery(tx, crypto, roster, embeddingModel) };
}

export async function hasStreams(tx: Tx, sessionId: string): Promise<boolean> {
  const [found] = await tx
    .select({ id: streams.id })
    .from(streams)
    .where(eq(streams.sessionId, sessionId))
    .limit(1);
  return found !== undefined;
}

/** Cameras of the list that take part in another open session. */
export async function camerasInUse(tx: Tx, cameraIds: readonly string[]): Promise<string[]> {
  if (cameraIds.length === 0) return [];
  const rows = await tx
    .select({ cameraId: streams.cameraId })
    .from(streams)
    .innerJoin(classSessions, eq(classSessions.id, streams.sessionId))
    .where(and(eq(classSessions.status, 'open'), inArray(streams.cameraId, [...cameraIds])));
  return rows.map((row) => row.cameraId);
}
