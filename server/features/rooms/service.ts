import { and, asc, count, desc, eq, type SQL, sql } from 'drizzle-orm';
import type { AppContext } from '../../context.ts';
import { newId } from '../../db/ids.ts';
import { violatedUnique } from '../../db/problems.ts';
import { rooms } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { ApiError } from '../../errors.ts';
import { searchColumns } from '../students/search.ts';
import type { NewRoom, Room, RoomPatch, RoomQuery } from './schemas.ts';

const columns = {
  id: rooms.id,
  name: rooms.name,
  building: rooms.building,
  capacity: rooms.capacity,
  latitude: rooms.latitude,
  longitude: rooms.longitude,
  cameras: sql<number>`(select count(*)::int from cameras c where c.room_id = rooms.id)`,
};

const SORTS: Record<string, SQL> = {
  name: sql`${rooms.name} collate "und-x-icu"`,
  building: sql`${rooms.building} collate "und-x-icu"`,
  capacity: sql`${rooms.capacity}`,
};

export async function listRooms(tx: Tx, query: RoomQuery): Promise<{ total: number; items: Room[] }> {
  const conditions: (SQL | undefined)[] = [
    query.building === undefined ? undefined : eq(rooms.building, query.building),
    ...searchColumns(query.search, rooms.name, rooms.building),
  ];
  const where = and(...conditions);
  const sort = query.sort ?? 'name';
  const direction = sort.startsWith('-') ? desc : asc;
  const [counted] = await tx.select({ total: count() }).from(rooms).where(where);
  const items = await tx
    .select(columns)
    .from(rooms)
    .where(where)
    .orderBy(direction(SORTS[sort.replace(/^-/, '')]!), asc(rooms.id))
    .offset(query.skip)
    .limit(query.limit);
  return { total: counted?.total ?? 0, items };
}

/** Throws `room-not-found`. */
export async function getRoom(tx: Tx, roomId: string): Promise<Room> {
  const [row] = await tx.select(columns).from(rooms).where(eq(rooms.id, roomId));
  if (!row) throw new ApiError('room-not-found');
  return row;
}

/** Throws `room-name-taken`, `invalid-request` for half of a place. */
export async function createRoom(context: AppContext, tenantId: string, given: NewRoom): Promise<Room> {
  assertPlace(given.latitude ?? null, given.longitude ?? null);
  return taken(() =>
    context.db.tenant(tenantId, async (tx) => {
      const id = newId();
      await tx.insert(rooms).values({
        id,
        tenantId,
        name: given.name.trim(),
        building: given.building?.trim() || null,
        capacity: given.capacity ?? null,
        latitude: given.latitude ?? null,
        longitude: given.longitude ?? null,
      });
      return getRoom(tx, id);
    }),
  );
}

/** Throws `room-not-found`, `room-name-taken`, `invalid-request` for half of a place. */
export async function patchRoom(
  context: AppContext,
  tenantId: string,
  roomId: string,
  patch: RoomPatch,
): Promise<Room> {
  return taken(() =>
    context.db.tenant(tenantId, async (tx) => {
      const [before] = await tx.select().from(rooms).where(eq(rooms.id, roomId)).for('update');
      if (!before) throw new ApiError('room-not-found');
      const after = {
        name: patch.name?.trim() ?? before.name,
        building: patch.building === undefined ? before.building : patch.building?.trim() || null,
        capacity: patch.capacity === undefined ? before.capacity : patch.capacity,
        latitude: patch.latitude === undefined ? before.latitude : patch.latitude,
        longitude: patch.longitude === undefined ? before.longitude : patch.longitude,
      };
      assertPlace(after.latitude, after.longitude);
      await tx
        .update(rooms)
        .set({ ...after, updatedAt: new Date(context.clock.now()) })
        .where(eq(rooms.id, roomId));
      return getRoom(tx, roomId);
    }),
  );
}

/** Throws `room-not-found`; `room-in-use` with what uses it. */
export async function deleteRoom(context: AppContext, tenantId: string, roomId: string): Promise<void> {
  await context.db.tenant(tenantId, async (tx) => {
    // Locked, so that nothing comes to use it between the counting and the deleting.
    const [room] = await tx.select({ id: rooms.id }).from(rooms).where(eq(rooms.id, roomId)).for('update');
    if (!room) throw new ApiError('room-not-found');
    const [used] = await tx.execute<{ cameras: number; meetings: number; sessions: number }>(sql`
      select (select count(*)::int from cameras where room_id = ${roomId}) as cameras,
        (select count(*)::int from course_meetings where room_id = ${roomId}) as meetings,
        (select count(*)::int from class_sessions where room_id = ${roomId}) as sessions`);
    const { cameras = 0, meetings = 0, sessions = 0 } = used ?? {};
    if (cameras + meetings + sessions > 0) {
      throw new ApiError('room-in-use', { details: { cameras, meetings, sessions } });
    }
    await tx.delete(rooms).where(eq(rooms.id, roomId));
  });
}

function assertPlace(latitude: number | null, longitude: number | null): void {
  if ((latitude === null) === (longitude === null)) return;
  throw new ApiError('invalid-request', { message: 'A place has both latitude and longitude.' });
}

async function taken<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (violatedUnique(error) === 'rooms_name_key') throw new ApiError('room-name-taken', { cause: error });
    throw error;
  }
}
