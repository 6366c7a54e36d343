import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type {
  EnrolPhoto,
  FreshEnrolPhoto,
  PhotoNamed,
} from '../server/features/students/class-photo-schemas.ts';
import { classPhoto, facesAvailable, loadPeople, type PhotoPerson } from './support/class-photo.ts';
import { eventually } from './support/live.ts';
import { type Api, addTenant, PASSWORD, startTestServer, type TestServer } from './support/server.ts';

if (!facesAvailable) console.warn('class photo: left out, ../shared/data/faces is not here');

type Failure = { error: { code: string; details?: { faceId?: string; studentId?: string } } };
let ahead = 0;
const clock = { now: () => Date.now() + ahead };

describe.skipIf(!facesAvailable)('a photo of a class, with the real models', () => {
  let server: TestServer;
  let people: PhotoPerson[];
  beforeAll(async () => {
    people = await loadPeople(8, 6);
    server = await startTestServer({
      ...{ pipeline: true, students: 0, overrides: { clock } },
      env: { ACCESS_TOKEN_SECONDS: '86400' },
    });
  }, 180_000);
  afterAll(() => server?.close());

  it('gives every face from left to right, with what keeps it from being a template', async () => {
    const photo = await classPhoto(people.map(({ photos }) => photos[0]!));
    const { supervisor } = server.context;
    const result = await supervisor.photoFaces(photo, { pictureWidth: 800 });
    if (!result.ok) throw new Error(result.message);
    expect([result.faces.length, result.found]).toEqual([people.length, people.length]);
    const centres = result.faces.map(({ box }) => box[0] + box[2] / 2);
    expect([...centres].sort((a, b) => a - b)).toEqual(centres);
    for (const face of result.faces) {
      expect(face.problem).toBeNull();
      expect(face.quality).toBeGreaterThan(0.3);
      expect(face.facePx).toBeGreaterThan(80);
      expect(Math.hypot(...face.embedding)).toBeCloseTo(1, 3);
      expect((await sharp(Buffer.from(face.thumbnail)).metadata()).format).toBe('jpeg');
    }
    expect((await sharp(Buffer.from(result.picture!)).metadata()).width).toBe(800);
    const fewer = await supervisor.photoFaces(photo, { maxFaces: 2 });
    expect(fewer).toMatchObject({ ok: true, found: people.length, picture: null });
    expect(fewer.ok && fewer.faces.length).toBe(2);
    const small = await supervisor.photoFaces(
      await classPhoto(
        people.map(({ photos }) => photos[0]!),
        36,
      ),
    );
    if (!small.ok) throw new Error(small.message);
    expect(small.faces.length).toBeGreaterThan(0);
    expect(small.faces.every(({ problem }) => problem === 'face-too-small')).toBe(true);
  });

  it('refuses what is no photo, and a small file that describes a huge one', async () => {
    const { supervisor } = server.context;
    expect(await supervisor.photoFaces(Buffer.from('no photo'))).toMatchObject({ code: 'not-a-photo' });
    const bomb = await sharp({
      create: { width: 12_000, height: 9_000, channels: 3, background: '#777' },
      limitInputPixels: false,
    })
      .png()
      .toBuffer();
    expect(bomb.length).toBeLessThan(2e6);
    expect(await supervisor.photoFaces(bomb)).toMatchObject({ code: 'photo-too-large' });
    const empty = await sharp({ create: { width: 640, height: 480, channels: 3, background: '#345' } })
      .jpeg()
      .toBuffer();
    expect(await supervisor.photoFaces(empty)).toMatchObject({ ok: true, faces: [], found: 0 });
  });

  it('enrols a class at once: faces found, a teacher names them', async () => {
    const { courseId } = server.seeded!;
    const photo = await classPhoto(people.map(({ photos }) => photos[0]!));
    const students: string[] = [];
    for (const [i, { name }] of people.entries()) {
      const { body } = await server.admin.post<{ id: string }>('/students', {
        ...{ number: `K${i}`, name, consents: { face: i !== 5 } },
      });
      students.push(body.id);
    }
    await server.admin.post(`/courses/${courseId}/enrolments`, { studentIds: students });
    const path = `/courses/${courseId}/enrol-photos`;
    const send = async (bytes: Buffer, api = server.teacher) => {
      const form = new FormData();
      form.append('photo', new Blob([new Uint8Array(bytes)]), 'class.jpg');
      return api.call<FreshEnrolPhoto & Failure>('POST', path, form);
    };
    const made = await send(photo);
    expect([made.status, made.body.faces.length, made.body.rejected]).toEqual([201, people.length, []]);
    const { photoId, faces } = made.body;
    expect(faces.every(({ suggestion }) => suggestion === null)).toBe(true);
    const picture = await sharp(Buffer.from(made.body.picture, 'base64')).metadata();
    expect([picture.format, picture.width]).toEqual(['jpeg', Math.min(1600, made.body.width)]);
    const thumbnail = await server.teacher.get<Buffer>(`${path}/${photoId}/faces/${faces[0]!.id}`);
    expect((await sharp(thumbnail.body).metadata()).format).toBe('jpeg');

    const stranger = await addTenant(server, 'photographers');
    const outsider = await someTeacher(server);
    for (const api of [stranger, outsider]) {
      expect((await send(photo, api)).status).toBe(404);
      expect((await api.get(`${path}/${photoId}`)).status).toBe(404);
      expect((await api.get(`${path}/${photoId}/faces/${faces[0]!.id}`)).status).toBe(404);
      expect((await api.call('DELETE', `${path}/${photoId}`)).status).toBe(404);
    }
    const pairs = (...at: [face: number, student: number][]) => ({
      names: at.map(([face, student]) => ({ faceId: faces[face]!.id, studentId: students[student]! })),
    });
    const name = (body: object, api = server.teacher) =>
      api.post<PhotoNamed & Failure>(`${path}/${photoId}/names`, body);
    const code = async (body: object) => (await name(body)).body.error?.code;
    expect(await code(pairs([0, 0], [0, 1]))).toBe('invalid-request');
    expect(await code(pairs([0, 0], [1, 0]))).toBe('invalid-request');
    expect(await code(pairs([0, 0], [5, 5]))).toBe('consent-missing');
    const { body: guest } = await server.admin.post<{ id: string }>('/students', {
      ...{ number: 'K9', name: 'Guest', consents: { face: true } },
    });
    expect(await code({ names: [{ faceId: faces[0]!.id, studentId: guest.id }] })).toBe(
      'enrolment-not-found',
    );
    expect(await code({ names: [{ faceId: photoId, studentId: students[0] }] })).toBe(
      'class-photo-not-found',
    );
    expect((await name(pairs([0, 0]), stranger)).status).toBe(404);

    // Ten clicks are one enrolment.
    const first = await Promise.all(Array.from({ length: 4 }, () => name(pairs([0, 0], [1, 1], [2, 2]))));
    expect(first.filter(({ status }) => status === 200).map(({ body }) => body)).toEqual([
      { enrolled: 3, left: 3 },
    ]);
    const left = await server.teacher.get<EnrolPhoto>(`${path}/${photoId}`);
    expect(left.body.faces.map(({ id }) => id)).toEqual(faces.slice(3).map(({ id }) => id));
    const { body: enrolled } = await server.teacher.get<{ templates: { id: string }[] }>(
      `/students/${students[1]}/face`,
    );
    expect(enrolled.templates).toHaveLength(1);
    const face = await server.teacher.get<Buffer>(
      `/students/${students[1]}/face/${enrolled.templates[0]!.id}/thumbnail`,
    );
    expect((await sharp(face.body).metadata()).format).toBe('jpeg');

    // Consent is withdrawn while a name is being given: whichever is first, no template is left.
    const withdraw = () =>
      server.admin.call('PUT', `/students/${students[4]}/consents`, { purpose: 'face', granted: false });
    let both: Promise<unknown>[] = [];
    await server.context.db.tenant(server.seeded!.tenantId, async (tx) => {
      await tx.execute(`select 1 from students where id = '${students[4]}' for update`);
      both = [name(pairs([4, 4]))];
      await untilWaiting(server, 1);
      both.push(withdraw());
      await untilWaiting(server, 2);
    });
    await Promise.all(both);
    const none = await server.teacher.get<{ templates: [] }>(`/students/${students[4]}/face`);
    expect(none.body.templates).toEqual([]);

    // The next photo knows them, and takes nobody for two.
    const later = [people[0]!.photos[0]!, ...people.slice(1, 4).map(({ photos }) => photos.at(-1)!)];
    const second = await send(await classPhoto(later));
    const known = second.body.faces.flatMap(({ suggestion }) => suggestion?.studentId ?? []);
    expect(known.length).toBeGreaterThanOrEqual(2);
    expect(known.every((id) => students.slice(0, 3).includes(id))).toBe(true);
    const twice = await server.teacher.post<Failure>(`${path}/${second.body.photoId}/names`, {
      names: [{ faceId: second.body.faces[0]!.id, studentId: students[3] }],
    });
    expect([twice.status, twice.body.error.code]).toEqual([409, 'face-of-another-student']);
    expect(twice.body.error.details).toMatchObject({
      faceId: second.body.faces[0]!.id,
      studentId: students[0],
    });
    expect((await server.teacher.call('DELETE', `${path}/${second.body.photoId}`)).status).toBe(204);
    expect((await server.teacher.get(`${path}/${second.body.photoId}`)).status).toBe(404);

    ahead = 3_600_001;
    expect((await server.teacher.get(`${path}/${photoId}`)).status).toBe(404);
    expect(await code(pairs([3, 3]))).toBe('class-photo-not-found');
    const { tenantId } = server.seeded!;
    await send(photo);
    const kept = await server.context.db.tenant(tenantId, (tx) =>
      tx.execute(`select 1 from face_proposals where photo_id = '${photoId}'`),
    );
    expect(kept).toHaveLength(0);
    ahead = 0;
  });
});

async function untilWaiting(server: TestServer, count: number): Promise<void> {
  await eventually(async () => {
    const [row] = await server.context.db.system((tx) =>
      tx.execute<{ n: number }>('select count(distinct pid)::int as n from pg_locks where not granted'),
    );
    return row!.n >= count;
  });
}

async function someTeacher(server: TestServer): Promise<Api> {
  const given = { email: 'nosy@test.local', name: 'Nosy', role: 'teacher', password: PASSWORD };
  await server.admin.post('/users', given);
  return server.as(given.email, PASSWORD);
}
