import { and, asc, count, desc, eq, inArray, sql } from 'drizzle-orm';
import { checkCameraUrl, splitCredentials } from '../../../config/camera-url.ts';
import type { Config } from '../../../config/index.ts';
import type { ProbedSource, ProbeResult } from '../../../pipeline/messages.ts';
import type { AppContext } from '../../context.ts';
import { newId } from '../../db/ids.ts';
import { violatedUnique } from '../../db/problems.ts';
import { cameras, classSessions, rooms, streams } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { ApiError } from '../../errors.ts';
import { searchColumns } from '../students/search.ts';
import { tenantCrypto } from '../tenants/service.ts';
import type { Camera, CameraPatch, CameraQuery, NewCamera, ProbeRequest } from './schemas.ts';
import {
  type CameraCredentials,
  type CameraRow,
  cameraPurpose,
  isFileUrl,
  sourceAt,
  sourceOf,
} from './source.ts';

const PROBE_TIMEOUT_MS = 12_000;

export async function listCameras(
  context: AppContext,
  tenantId: string,
  query: CameraQuery,
): Promise<{ total: number; items: Camera[] }> {
  const where = and(
    eq(cameras.kind, 'network'),
    query.roomId === undefined ? undefined : eq(cameras.roomId, query.roomId),
    query.enabled === undefined ? undefined : eq(cameras.enabled, query.enabled),
    ...searchColumns(query.search, cameras.name),
  );
  const sort = query.sort ?? 'name';
  const direction = sort.startsWith('-') ? desc : asc;
  return context.db.read(tenantId, async (tx) => {
    const [total] = await tx.select({ n: count() }).from(cameras).where(where);
    const rows = await tx
      .select()
      .from(cameras)
      .where(where)
      .orderBy(
        direction(sort.endsWith('createdAt') ? cameras.createdAt : sql`${cameras.name} collate "und-x-icu"`),
        asc(cameras.id),
      )
      .offset(query.skip)
      .limit(query.limit);
    return { total: total?.n ?? 0, items: await toCameras(tx, rows) };
  });
}

export async function getCamera(context: AppContext, tenantId: string, id: string): Promise<Camera> {
  return context.db.tenant(tenantId, async (tx) => (await toCameras(tx, [await find(tx, id)]))[0]!);
}

export async function createCamera(context: AppContext, tenantId: string, given: NewCamera): Promise<Camera> {
  const address = await checkAddress(context.config, given);
  const id = newId();
  return named(() =>
    context.db.tenant(tenantId, async (tx) => {
      const [row] = await tx
        .insert(cameras)
        .values({
          id,
          tenantId,
          name: given.name.trim(),
          roomId: (await roomOf(tx, tenantId, given)) ?? null,
          url: address.url,
          credentials: await sealCredentials(context, tx, tenantId, id, address.credentials),
          sampling: given.sampling ?? { mode: 'fps', fps: context.config.pipeline.defaultFps },
          enabled: given.enabled ?? true,
        })
        .returning();
      return (await toCameras(tx, [row!]))[0]!;
    }),
  );
}

/** A new address drops the old password unless a new one comes with it: it must not be sent to another host. */
export async function patchCamera(
  context: AppContext,
  tenantId: string,
  id: string,
  patch: CameraPatch,
): Promise<Camera> {
  const address =
    patch.url === undefined ? null : await checkAddress(context.config, { ...patch, url: patch.url });
  return named(() =>
    context.db.tenant(tenantId, async (tx) => {
      const before = await find(tx, id);
      const roomId = await roomOf(tx, tenantId, patch);
      const credentials = await patchedCredentials(context, tx, tenantId, before, patch, address);
      const [row] = await tx
        .update(cameras)
        .set({
          ...(patch.name === undefined ? {} : { name: patch.name.trim() }),
          ...(roomId === undefined ? {} : { roomId }),
          ...(patch.sampling === undefined ? {} : { sampling: patch.sampling }),
          ...(patch.enabled === undefined ? {} : { enabled: patch.enabled }),
          ...(address ? { url: address.url } : {}),
          ...(credentials === undefined ? {} : { credentials }),
          updatedAt: new Date(),
        })
        .where(eq(cameras.id, id))
        .returning();
      return (await toCameras(tx, [row!]))[0]!;
    }),
  );
}

/** Not while it takes part in an open session; the sessions that it took part in keep their records. */
export async function deleteCamera(context: AppContext, tenantId: string, id: string): Promise<void> {
  await context.db.tenant(tenantId, async (tx) => {
    const [camera] = await toCameras(tx, [await find(tx, id)]);
    if (camera?.status !== null) throw new ApiError('camera-in-use');
    await tx.delete(cameras).where(eq(cameras.id, id));
  });
}

/** Opens an address that is not kept yet. */
export async function probeAddress(context: AppContext, given: ProbeRequest): Promise<ProbeResult> {
  const address = await checkAddress(context.config, given);
  const { username, password } = address.credentials;
  return probe(context, sourceAt(address.url, username, password));
}

/** Opens a camera that is kept. */
export async function probeCamera(context: AppContext, tenantId: string, id: string): Promise<ProbeResult> {
  const source = await context.db.tenant(tenantId, async (tx) =>
    sourceOf(await find(tx, id), await tenantCrypto(context, tx, tenantId)),
  );
  return probe(context, source);
}

async function probe(context: AppContext, source: ProbedSource): Promise<ProbeResult> {
  if (context.supervisor.stats().ready === 0) throw new ApiError('pipeline-unavailable');
  const result = await context.supervisor.probe(source, PROBE_TIMEOUT_MS);
  if (result.ok) return result;
  if (result.code === 'busy') throw new ApiError('pipeline-busy');
  throw new ApiError('camera-no-picture', { details: { reason: result.code, message: result.message } });
}

interface Address {
  /** Without user name and password. */
  url: string;
  credentials: CameraCredentials;
}

async function checkAddress(config: Config, given: ProbeRequest): Promise<Address> {
  const { cameras: rules } = config;
  if (isFileUrl(given.url)) {
    if (!rules.allowFiles || config.env === 'production') throw new ApiError('camera-url-scheme');
    return { url: given.url, credentials: { username: null, password: null } };
  }
  const checked = await checkCameraUrl(given.url, rules);
  if (!checked.ok) throw new ApiError(checked.code, { message: checked.message });
  const split = splitCredentials(checked.url);
  return {
    url: split.url,
    credentials: {
      username: given.username ?? split.username,
      password: given.password ?? split.password,
    },
  };
}

async function patchedCredentials(
  context: AppContext,
  tx: Tx,
  tenantId: string,
  before: CameraRow,
  patch: CameraPatch,
  address: Address | null,
): Promise<Buffer | null | undefined> {
  if (address) return sealCredentials(context, tx, tenantId, before.id, address.credentials);
  if (patch.username === undefined && patch.password === undefined) return undefined;
  const crypto = await tenantCrypto(context, tx, tenantId);
  const held = before.credentials
    ? crypto.openJson<CameraCredentials>(cameraPurpose(before.id), before.credentials)
    : { username: null, password: null };
  return sealCredentials(context, tx, tenantId, before.id, {
    username: patch.username === undefined ? held.username : patch.username,
    password: patch.password === undefined ? held.password : patch.password,
  });
}

async function sealCredentials(
  context: AppContext,
  tx: Tx,
  tenantId: string,
  cameraId: string,
  credentials: CameraCredentials,
): Promise<Buffer | null> {
  if (credentials.username === null && credentials.password === null) return null;
  return (await tenantCrypto(context, tx, tenantId)).sealJson(cameraPurpose(cameraId), credentials);
}

async function find(tx: Tx, id: string): Promise<CameraRow> {
  const [row] = await tx
    .select()
    .from(cameras)
    .where(and(eq(cameras.id, id), eq(cameras.kind, 'network')));
  if (!row) throw new ApiError('camera-not-found');
  return row;
}

async function named<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (violatedUnique(error) === 'cameras_name_key') throw new ApiError('camera-name-taken');
    throw error;
  }
}

async function toCameras(tx: Tx, rows: readonly CameraRow[]): Promise<Camera[]> {
  const live = await statesOf(
    tx,
    rows.map((row) => row.id),
  );
  const roomIds = rows.flatMap((row) => row.roomId ?? []);
  const named = roomIds.length > 0 ? await tx.select().from(rooms).where(inArray(rooms.id, roomIds)) : [];
  const names = new Map(named.map((room) => [room.id, room.name]));
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    roomId: row.roomId,
    room: names.get(row.roomId ?? '') ?? null,
    url: row.url,
    hasCredentials: row.credentials !== null,
    sampling: row.sampling,
    enabled: row.enabled,
    status: live.get(row.id) ?? null,
  }));
}

/** Undefined where neither is given. Throws `room-not-found`, `invalid-request` where both are and differ. */
async function roomOf(
  tx: Tx,
  tenantId: string,
  given: { room?: string | null; roomId?: string | null },
): Promise<string | null | undefined> {
  const { room, roomId } = given;
  if (roomId === undefined) return room === undefined ? undefined : roomNamed(tx, tenantId, room);
  const [found] = roomId === null ? [] : await tx.select().from(rooms).where(eq(rooms.id, roomId));
  if (roomId !== null && !found) throw new ApiError('room-not-found');
  if (room !== undefined && (room?.trim() || null) !== (found?.name ?? null)) {
    throw new ApiError('invalid-request', { message: '`room` and `roomId` name different rooms; give one.' });
  }
  return roomId;
}

/** The room of that name, made where there is none. */
async function roomNamed(tx: Tx, tenantId: string, name: string | null): Promise<string | null> {
  if (name === null || name.trim() === '') return null;
  const [room] = await tx
    .insert(rooms)
    .values({ id: newId(), tenantId, name: name.trim() })
    .onConflictDoUpdate({ target: [rooms.tenantId, rooms.name], set: { name: name.trim() } })
    .returning({ id: rooms.id });
  return room!.id;
}

async function statesOf(tx: Tx, ids: string[]): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map();
  const rows = await tx
    .select({ cameraId: streams.cameraId, state: streams.state })
    .from(streams)
    .innerJoin(classSessions, eq(classSessions.id, streams.sessionId))
    .where(and(eq(classSessions.status, 'open'), inArray(streams.cameraId, ids)));
  return new Map(rows.map((row) => [row.cameraId, row.state]));
}
