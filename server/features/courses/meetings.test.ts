import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addTenant, startTestServer, type TestServer } from '../../../tests/support/server.ts';
import type { Meetings } from './meeting-schemas.ts';

type Failure = { error: { code: string; details?: Record<string, unknown> } };

describe('when a course meets', () => {
  let server: TestServer;
  let roomId: string;
  let path: string;
  beforeAll(async () => {
    server = await startTestServer();
    roomId = (await server.admin.post<{ id: string }>('/rooms', { name: 'D-204', capacity: 40 })).body.id;
    path = `/courses/${server.seeded!.courseId}/meetings`;
  }, 60_000);
  afterAll(() => server?.close());

  const set = (meetings: object[], to = path) =>
    server.admin.call<Meetings & Failure>('PUT', to, { meetings });
  const monday = { weekday: 1, startsAt: '09:00', endsAt: '10:50' };

  it('is set as a whole; a meeting that stays keeps its id', async () => {
    const first = await set([
      { ...monday, roomId },
      { weekday: 3, startsAt: '13:00', endsAt: '14:00' },
    ]);
    expect(first.status).toBe(200);
    expect(first.body.meetings).toMatchObject([
      { ...monday, roomId, room: 'D-204', validFrom: null },
      { weekday: 3, room: null },
    ]);
    const [kept, gone] = first.body.meetings;
    const second = await set([
      { ...monday, roomId },
      { ...monday, weekday: 5 },
    ]);
    expect(second.body.meetings[0]!.id).toBe(kept!.id);
    expect(second.body.meetings.map(({ id }) => id)).not.toContain(gone!.id);
    const moved = await set([{ ...monday, id: kept!.id, startsAt: '08:00', roomId }]);
    expect(moved.body.meetings).toMatchObject([{ id: kept!.id, startsAt: '08:00' }]);
    expect((await server.teacher.get(path)).body).toEqual(moved.body);
    expect((await set([{ ...monday, id: gone!.id }])).body.error.code).toBe('invalid-request');
  });

  it('refuses meetings of the course that overlap or end before they start', async () => {
    const overlapping = await set([monday, { weekday: 1, startsAt: '10:30', endsAt: '11:30' }]);
    expect([overlapping.status, overlapping.body.error]).toMatchObject([
      422,
      { code: 'meetings-overlap', details: { meetings: [0, 1] } },
    ]);
    const apart = [
      { ...monday, validUntil: '2026-10-31' },
      { ...monday, validFrom: '2026-11-01' },
      { ...monday, startsAt: '10:50', endsAt: '11:00' },
    ];
    expect((await set(apart)).status).toBe(200);
    for (const bad of [
      { ...monday, endsAt: '08:00' },
      { ...monday, endsAt: '09:00' },
      { ...monday, validFrom: '2026-11-02', validUntil: '2026-11-01' },
    ]) {
      expect((await set([bad])).body.error.code, JSON.stringify(bad)).toBe('meetings-overlap');
    }
    for (const bad of [{ ...monday, weekday: 8 }, { ...monday, startsAt: '9:00' }, { weekday: 1 }]) {
      expect((await set([bad])).status, JSON.stringify(bad)).toBe(400);
    }
  });

  it('warns of a room that another course has at the same time, and keeps it', async () => {
    const made = await server.admin.post<{ id: string }>('/courses', { code: 'FIZ', name: 'Fizik' });
    await set([{ ...monday, roomId }]);
    const other = `/courses/${made.body.id}/meetings`;
    const clash = await set([{ weekday: 1, startsAt: '10:00', endsAt: '12:00', roomId }], other);
    expect(clash.body.warnings).toMatchObject([
      {
        code: 'room-clash',
        details: { room: 'D-204', course: 'MAT101', startsAt: '09:00', endsAt: '10:50' },
      },
    ]);
    expect(clash.body.meetings).toHaveLength(1);
    expect(
      (await set([{ weekday: 2, startsAt: '10:00', endsAt: '12:00', roomId }], other)).body.warnings,
    ).toEqual([]);
  });

  it('takes no room of another institution, and shows teachers only their courses', async () => {
    const foreign = await addTenant(server, 'elsewhere');
    const room = await foreign.post<{ id: string }>('/rooms', { name: 'A' });
    const refused = await set([{ ...monday, roomId: room.body.id }]);
    expect([refused.status, refused.body.error.code]).toEqual([404, 'room-not-found']);
    expect((await foreign.get(path)).status).toBe(404);
    expect((await server.teacher.call('PUT', path, { meetings: [] })).status).toBe(403);
  });
});
