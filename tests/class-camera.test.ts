import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { DateTime } from 'luxon';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ClassPhotoResult } from '../server/features/attendance/class-photo-schemas.ts';
import type { AttendanceRecord } from '../server/features/attendance/schemas.ts';
import type { ClassSession, Review } from '../server/features/sessions/schemas.ts';
import { classPhoto, facesAvailable, loadPeople } from './support/class-photo.ts';
import { decide } from './support/decide.ts';
import { startTestServer, type TestServer } from './support/server.ts';

if (!facesAvailable) console.warn('a camera that sees a class: left out, ../shared/data/faces is not here');

/** A fixed offset in which it is about noon now, so that the meeting is within one day. */
const ZONE = (() => {
  const offset = 12 - DateTime.utc().hour;
  return offset === 0 ? 'Etc/GMT' : `Etc/GMT${offset > 0 ? `-${offset}` : `+${-offset}`}`;
})();

describe.skipIf(!facesAvailable)('a class that begins when a camera sees it, with the real models', () => {
  let server: TestServer;
  let folder: string;
  const ids: string[] = [];
  const courses = new Map<string, string>();

  const sessions = async () => (await server.teacher.get<{ items: ClassSession[] }>('/sessions')).body.items;
  const tick = () => server.context.live.scheduler.tick();

  /** A course whose meeting is under way, in a room with one camera that sees this picture. */
  async function course(code: string, picture: Buffer): Promise<void> {
    const file = join(folder, `${code}.jpg`);
    await writeFile(file, picture);
    const room = await server.admin.post<{ id: string }>('/rooms', { name: `Room ${code}` });
    const camera = await server.admin.post('/cameras', {
      name: `Camera ${code}`,
      roomId: room.body.id,
      url: pathToFileURL(file).href,
      sampling: { mode: 'fps', fps: 2 },
    });
    expect(camera.status, JSON.stringify(camera.body)).toBe(201);
    const made = await server.admin.post<{ id: string }>('/courses', {
      code,
      name: code,
      opens: 'camera',
      teacherIds: [server.seeded!.teacherId],
      rules: { lateAfterMinutes: 600, minPresenceShare: 0.5, graceMinutes: 0 },
    });
    expect(made.status, JSON.stringify(made.body)).toBe(201);
    courses.set(code, made.body.id);
    await server.admin.post(`/courses/${made.body.id}/enrolments`, { studentIds: ids });
    const local = DateTime.now().setZone(ZONE);
    const meeting = {
      weekday: local.weekday,
      startsAt: local.minus({ minutes: 30 }).toFormat('HH:mm'),
      endsAt: local.plus({ minutes: 30 }).toFormat('HH:mm'),
      roomId: room.body.id,
    };
    const met = await server.admin.call('PUT', `/courses/${made.body.id}/meetings`, { meetings: [meeting] });
    expect(met.status, JSON.stringify(met.body)).toBe(200);
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'yoklama-class-'));
    const people = await loadPeople(8, 5);
    server = await startTestServer({
      pipeline: true,
      students: 0,
      env: { CAMERA_ALLOW_FILES: 'true', TIMEZONE: ZONE },
    });
    const settings = { attendance: { cameraFaces: 4, cameraSeconds: 2 } };
    const patched = await server.admin.call('PATCH', '/tenant', { settings });
    expect(patched.status, JSON.stringify(patched.body)).toBe(200);
    for (const [i, person] of people.entries()) {
      const given = { number: `S${i}`, name: `Student ${i}`, consents: { face: true } };
      const student = await server.admin.post<{ id: string }>('/students', given);
      ids.push(student.body.id);
      const form = new FormData();
      form.append('photo', new Blob([new Uint8Array(person.photos[0]!)]), 'face.jpg');
      expect((await server.admin.call('POST', `/students/${student.body.id}/face`, form)).status).toBe(201);
    }
    // The fifth is not there.
    await course('FULL', await classPhoto(people.slice(0, 4).map(({ photos }) => photos[0]!)));
    const wall = { width: 1280, height: 720, channels: 3, background: '#8d938c' } as const;
    await course('EMPTY', await sharp({ create: wall }).jpeg().toBuffer());
  }, 180_000);
  afterAll(async () => {
    await server?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('opens where a class is, once, and goes on waiting where none is', async () => {
    expect(await sessions()).toEqual([]);
    await tick();
    expect(server.context.live.scheduler.watching()).toBe(2);
    await expect.poll(async () => (await sessions()).length, { timeout: 60_000 }).toBe(1);
    const [session] = await sessions();
    expect(session).toMatchObject({
      course: { id: courses.get('FULL') },
      openedHow: 'camera',
      cameras: [{ name: 'Camera FULL' }],
    });
    await tick();
    expect(await sessions()).toHaveLength(1);
    expect(server.context.live.scheduler.watching()).toBe(1);
  }, 120_000);

  it('marks who is seen, and does not hold it against them that it began late and was closed early', async () => {
    const [session] = await sessions();
    const list = async () =>
      (await server.teacher.get<{ items: AttendanceRecord[] }>(`/sessions/${session!.id}/attendance`)).body
        .items;
    const there = async () => (await list()).filter(({ status }) => status === 'present').length;
    await expect.poll(there, { timeout: 60_000 }).toBe(4);
    // Some seconds of half an hour: less than any share of the meeting, all of what the camera saw.
    await new Promise((resolve) => setTimeout(resolve, 3000));
    await server.teacher.post(`/sessions/${session!.id}/close`);
    const records = await list();
    expect(
      records
        .filter(({ status }) => status === 'present')
        .map(({ studentId }) => studentId)
        .sort(),
    ).toEqual(ids.slice(0, 4).sort());
    expect(records.find(({ studentId }) => studentId === ids[4])?.status).toBe('absent');
    for (const { status, secondsSeen } of records) {
      if (status === 'present') expect(secondsSeen).toBeGreaterThan(1);
    }
    const rebuilt = await server.admin.post('/events/rebuild', { scope: { sessionId: session!.id } });
    expect(rebuilt.body).toMatchObject({ missing: 0, changed: 0 });
    // The class was held: the camera does not open it again.
    await tick();
    expect(await sessions()).toHaveLength(1);
  }, 120_000);

  it('never again takes a face for a student that a person said is not theirs', async () => {
    const people = await loadPeople(8, 4);
    const photo = await classPhoto(people.map(({ photos }) => photos.at(-1)!));
    const courseId = courses.get('EMPTY')!;
    const present = async () => {
      const form = new FormData();
      form.append('courseId', courseId);
      form.append('photo', new Blob([new Uint8Array(photo)]), 'class.jpg');
      const { body } = await server.teacher.call<ClassPhotoResult>('POST', '/attendance/face', form);
      return body.present.map(({ studentId }) => studentId);
    };
    const before = await present();
    expect(before.length).toBeGreaterThan(1);
    const seat = ids.indexOf(before[0]!);
    const read = await server.context.supervisor.photoFaces(photo);
    if (!read.ok) throw new Error(read.message);

    const camera = await server.admin.get<{ items: { id: string }[] }>('/cameras?search=Camera EMPTY');
    const opened = await server.teacher.post<ClassSession>('/sessions', {
      courseId,
      cameraIds: [camera.body.items[0]!.id],
    });
    expect(opened.status, JSON.stringify(opened.body)).toBe(201);
    decide(server, {
      streamId: opened.body.cameras[0]!.streamId,
      trackId: 77,
      studentId: before[0]!,
      verdict: 'review',
      embedding: read.faces[seat]!.embedding,
    });
    const asked = async () =>
      (await server.teacher.get<{ items: Review[] }>('/attendance/review')).body.items;
    await expect.poll(async () => (await asked()).length, { timeout: 10_000 }).toBe(1);
    const [review] = await asked();
    expect((await server.teacher.post(`/reviews/${review!.id}/reject`)).status).toBe(200);
    expect(await asked()).toEqual([]);
    // Only that face, and only for that student.
    expect(await present()).toEqual(before.slice(1));
  }, 60_000);
});
