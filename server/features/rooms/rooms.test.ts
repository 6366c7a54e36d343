import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addTenant, startTestServer, type TestServer } from '../../../tests/support/server.ts';
import type { Holiday, Room } from './schemas.ts';

type Failure = { error: { code: string; details?: Record<string, unknown> } };
type List<T> = { total: number; items: T[] };

describe('rooms', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
  }, 60_000);
  afterAll(() => server?.close());

  const add = async (room: object) => (await server.admin.post<Room & Failure>('/rooms', room)).body;

  it('are added, changed, found and removed', async () => {
    const room = await add({ name: ' D-204 ', building: 'D', capacity: 40 });
    expect(room).toMatchObject({ name: 'D-204', building: 'D', capacity: 40, latitude: null, cameras: 0 });
    const placed = await server.admin.call<Room>('PATCH', `/rooms/${room.id}`, {
      latitude: 41.1,
      longitude: 29,
    });
    expect(placed.body).toMatchObject({ name: 'D-204', latitude: 41.1, longitude: 29 });
    expect((await server.admin.call<Failure>('PATCH', `/rooms/${room.id}`, { longitude: null })).status).toBe(
      400,
    );
    expect((await add({ name: 'D-204' })).error.code).toBe('room-name-taken');
    await add({ name: 'A-1', building: 'A', capacity: 300 });
    const names = async (query: string) =>
      (await server.teacher.get<List<Room>>(`/rooms?${query}`)).body.items.map(({ name }) => name);
    expect(await names('')).toEqual(['A-1', 'D-204']);
    expect(await names('sort=-capacity&limit=1')).toEqual(['A-1']);
    expect(await names('building=D')).toEqual(['D-204']);
    expect(await names('search=d-2')).toEqual(['D-204']);
    expect((await server.admin.call('DELETE', `/rooms/${room.id}`)).status).toBe(204);
    expect((await server.admin.get<Failure>(`/rooms/${room.id}`)).body.error.code).toBe('room-not-found');
  });

  it('are not removed while something uses them', async () => {
    const { id } = await add({ name: 'Lab' });
    const camera = await server.admin.post<{ id: string; room: string; roomId: string }>('/cameras', {
      name: 'K1',
      url: 'rtsp://10.0.0.5/1',
      roomId: id,
    });
    expect(camera.body).toMatchObject({ roomId: id, room: 'Lab' });
    const meetings = [{ weekday: 2, startsAt: '09:00', endsAt: '10:00', roomId: id }];
    await server.admin.call('PUT', `/courses/${server.seeded!.courseId}/meetings`, { meetings });
    const used = await server.admin.call<Failure>('DELETE', `/rooms/${id}`);
    expect([used.status, used.body.error]).toMatchObject([
      409,
      { code: 'room-in-use', details: { cameras: 1, meetings: 1, sessions: 0 } },
    ]);
    const listed = await server.admin.get<List<{ name: string }>>(`/cameras?roomId=${id}`);
    expect(listed.body).toMatchObject({ total: 1, items: [{ name: 'K1' }] });
    const both = { room: 'Other', roomId: id };
    expect((await server.admin.call('PATCH', `/cameras/${camera.body.id}`, both)).status).toBe(400);
    const moved = await server.admin.call<{ roomId: string | null }>('PATCH', `/cameras/${camera.body.id}`, {
      roomId: null,
    });
    expect(moved.body.roomId).toBeNull();
    const named = await server.admin.call('PATCH', `/cameras/${camera.body.id}`, { room: 'Lab' });
    expect(named.body).toMatchObject({ roomId: id, room: 'Lab' });
  });

  it('belong to their institution', async () => {
    const { id } = await add({ name: 'Own' });
    const foreign = await addTenant(server, 'elsewhere');
    expect((await foreign.get(`/rooms/${id}`)).status).toBe(404);
    expect((await foreign.call('PATCH', `/rooms/${id}`, { name: 'Mine' })).status).toBe(404);
    expect((await foreign.call('DELETE', `/rooms/${id}`)).status).toBe(404);
    const camera = await foreign.post('/cameras', { name: 'K', url: 'rtsp://10.0.0.5/1', roomId: id });
    expect(camera.status).toBe(404);
    expect((await foreign.post('/rooms', { name: 'Own' })).status).toBe(201);
  });

  it('keeps holidays, one a day', async () => {
    const given = { day: '2026-10-29', name: 'Cumhuriyet Bayramı' };
    const made = await server.admin.post<Holiday>('/holidays', given);
    expect(made.body).toMatchObject(given);
    expect((await server.admin.post<Failure>('/holidays', given)).body.error.code).toBe('holiday-taken');
    for (const day of ['2026-02-30', '29.10.2026', '2026-1-1']) {
      expect((await server.admin.post('/holidays', { ...given, day })).status, day).toBe(400);
    }
    await server.admin.post('/holidays', { day: '2027-01-01', name: 'Yılbaşı' });
    const found = await server.teacher.get<List<Holiday>>('/holidays?from=2026-10-29&until=2026-12-31');
    expect(found.body).toMatchObject({ total: 1, items: [given] });
    const path = `/holidays/${made.body.id}`;
    expect((await server.admin.call<Holiday>('PATCH', path, { name: 'Bayram' })).body.name).toBe('Bayram');
    expect((await server.admin.call<Failure>('PATCH', path, { day: '2027-01-01' })).status).toBe(409);
    expect((await server.teacher.call('DELETE', path)).status).toBe(403);
    expect((await server.admin.call('DELETE', path)).status).toBe(204);
    expect((await server.admin.call<Failure>('DELETE', path)).body.error.code).toBe('holiday-not-found');
  });
});
