import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ClassPhotoResult } from '../server/features/attendance/class-photo-schemas.ts';
import type { AttendanceRecord } from '../server/features/attendance/schemas.ts';
import type { ClassSession } from '../server/features/sessions/schemas.ts';
import { classPhoto, facesAvailable, loadPeople, type PhotoPerson } from './support/class-photo.ts';
import { type Answer, startTestServer, type TestServer } from './support/server.ts';

if (!facesAvailable) console.warn('attendance from a photo: left out, ../shared/data/faces is not here');

const NAMES = ['Aybüke Çelik', 'Işıl <b>&Öz', 'Ğüven Şahin', 'Азамат Үсөнов', 'Fifth', 'Sixth'];

describe.skipIf(!facesAvailable)('attendance from a photo of the class, with the real models', () => {
  let server: TestServer;
  let people: PhotoPerson[];
  let photo: Buffer;
  const ids: string[] = [];
  let courseId: string;

  const send = (fields: Record<string, string>, file: Buffer = photo): Promise<Answer<ClassPhotoResult>> => {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    form.append('photo', new Blob([new Uint8Array(file)]), 'class.jpg');
    return server.teacher.call('POST', '/attendance/face', form);
  };

  beforeAll(async () => {
    people = await loadPeople(8, 6);
    server = await startTestServer({ pipeline: true, students: 0 });
    ({ courseId } = server.seeded!);
    // The fifth has not agreed to be recognised; the sixth is nobody of the course.
    for (const [i, person] of people.slice(0, 5).entries()) {
      const student = await server.admin.post<{ id: string }>('/students', {
        number: `S${i}`,
        name: NAMES[i],
        consents: { face: true },
      });
      ids.push(student.body.id);
      const form = new FormData();
      form.append('photo', new Blob([new Uint8Array(person.photos[0]!)]), 'face.jpg');
      expect((await server.admin.call('POST', `/students/${student.body.id}/face`, form)).status).toBe(201);
    }
    await server.admin.post(`/courses/${courseId}/enrolments`, { studentIds: ids });
    const withdrawn = await server.admin.call('PUT', `/students/${ids[4]}/consents`, {
      purpose: 'face',
      granted: false,
    });
    expect(withdrawn.status).toBe(200);
    photo = await classPhoto(people.map(({ photos }) => photos.at(-1)!));
  }, 180_000);
  afterAll(() => server?.close());

  it('finds who agreed, nobody else, and marks nobody unless asked to', async () => {
    const { status, body } = await send({ courseId });
    expect(status).toBe(200);
    const found = [...body.present, ...body.review].map(({ studentId }) => studentId);
    expect(found).not.toContain(ids[4]);
    expect(new Set(found).size).toBe(found.length);
    // Left to right, as they sit.
    expect(found.every((id) => ids.slice(0, 4).includes(id))).toBe(true);
    expect(body.present.length).toBeGreaterThanOrEqual(3);
    expect(body).toMatchObject({ faces: 6, sessionId: null, marked: 0, picture: null });
    expect(body.unknown).toBe(6 - found.length);
    for (const { box, studentId } of body.present) {
      const seat = Math.floor((box[0] + box[2] / 2) / (body.width / 6));
      expect(ids[seat]).toBe(studentId);
    }
  });

  it('marks them in the open session, once, and draws the picture', async () => {
    expect((await send({ courseId, apply: 'true' })).body).toMatchObject({
      error: { code: 'no-open-session' },
    });
    const opened = await server.teacher.post<ClassSession>('/sessions', { courseId, cameraIds: [] });
    const first = await send({ courseId, apply: 'true', annotated: 'true' });
    expect(first.body).toMatchObject({ sessionId: opened.body.id, marked: first.body.present.length });
    const again = await send({ sessionId: opened.body.id, apply: 'true' });
    expect(again.body.marked).toBe(0);
    const { body } = await server.teacher.get<{ items: AttendanceRecord[] }>(
      `/sessions/${opened.body.id}/attendance`,
    );
    const present = body.items.filter(({ status, method }) => status === 'present' && method === 'face');
    expect(present.map(({ studentId }) => studentId).sort()).toEqual(
      first.body.present.map(({ studentId }) => studentId).sort(),
    );
    const picture = Buffer.from(first.body.picture!, 'base64');
    const { format, width } = await sharp(picture).metadata();
    expect([format, width]).toEqual(['jpeg', Math.min(1600, first.body.width)]);
    // Something was drawn at each box, and nothing of the photo is kept.
    const plain = await sharp(photo).resize(width).removeAlpha().raw().toBuffer();
    const drawn = await sharp(picture).removeAlpha().raw().toBuffer();
    const changed = drawn.reduce((n, value, i) => n + (Math.abs(value - plain[i]!) > 60 ? 1 : 0), 0);
    expect(changed).toBeGreaterThan(2000);
    await server.teacher.post(`/sessions/${opened.body.id}/close`);
    expect((await send({ sessionId: opened.body.id, apply: 'true' })).status).toBe(409);
  });

  it('refuses bad photos and bad ids', async () => {
    expect((await send({ courseId }, Buffer.from('no photo'))).body).toMatchObject({
      error: { code: 'not-a-photo' },
    });
    // A few kilobytes that would be three hundred megabytes of picture.
    const wall = { width: 12_000, height: 9_000, channels: 3, background: '#777' } as const;
    const bomb = await sharp({ create: wall, limitInputPixels: false }).png().toBuffer();
    expect(bomb.length).toBeLessThan(2e6);
    expect((await send({ courseId }, bomb)).body).toMatchObject({ error: { code: 'photo-too-large' } });
    expect((await send({ courseId: 'x' })).status).toBe(400);
    expect((await send({})).status).toBe(400);
    expect((await send({ courseId: ids[0]! })).status).toBe(404);
  });
});
