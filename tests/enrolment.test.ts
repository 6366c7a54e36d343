import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectRoot } from '../config/paths.ts';
import type { FaceTemplate, Student } from '../server/features/students/schemas.ts';
import { startTestServer, type TestServer } from './support/server.ts';

const FACES = join(projectRoot, '..', 'shared', 'data', 'faces');
const available = existsSync(FACES);
if (!available) console.warn('enrolment: left out, ../shared/data/faces is not here');

type Answer = { templates: FaceTemplate[]; error: { code: string; details?: Record<string, unknown> } };

describe.skipIf(!available)('face enrolment over the API, with the real models', () => {
  let server: TestServer;
  let people: string[] = [];
  beforeAll(async () => {
    server = await startTestServer({ pipeline: true, students: 0 });
    people = (await readdir(FACES)).sort();
  }, 180_000);
  afterAll(() => server?.close());

  const photosOf = async (person: string): Promise<Buffer[]> => {
    const folder = join(FACES, person);
    const names = (await readdir(folder)).sort();
    return Promise.all(names.map((name) => readFile(join(folder, name))));
  };
  let counter = 0;
  const addStudent = async () => {
    const given = { number: `E${++counter}`, name: `Student ${counter}`, consents: { face: true } };
    return (await server.admin.post<Student>('/students', given)).body;
  };
  const send = (studentId: string, ...photos: Buffer[]) => {
    const form = new FormData();
    for (const [index, photo] of photos.entries()) {
      form.append('photo', new Blob([Uint8Array.from(photo)]), `${index}.jpg`);
    }
    return server.admin.post<Answer>(`/students/${studentId}/face`, form);
  };

  it('takes tight portraits and snapshots, several at once, and gives back their faces', async () => {
    const student = await addStudent();
    const [portrait, second] = await photosOf(people[0]!);
    const snapshot = await sharp(portrait!)
      .resize(300)
      .extend({ top: 500, bottom: 480, left: 700, right: 280, background: '#8a8f94' })
      .jpeg()
      .toBuffer();
    const answer = await send(student.id, snapshot, second!);
    expect([answer.status, answer.body.error]).toEqual([201, undefined]);
    expect(answer.body.templates).toHaveLength(2);
    for (const template of answer.body.templates) {
      expect(template.quality).toBeGreaterThan(0);
      expect(template.quality).toBeLessThanOrEqual(1);
      expect(template.facePx).toBeGreaterThan(100);
      expect(template.current).toBe(true);
      const picture = await server.admin.get<Buffer>(`/students/${student.id}/face/${template.id}/thumbnail`);
      expect(picture.headers.get('content-type')).toBe('image/jpeg');
      const { format, width, exif } = await sharp(picture.body).metadata();
      expect({ format, exif }).toEqual({ format: 'jpeg', exif: undefined });
      expect(width).toBeLessThanOrEqual(480);
    }
    expect((await server.admin.get<Student>(`/students/${student.id}`)).body.faceTemplates).toBe(2);
    const listed = await server.admin.get<Answer>(`/students/${student.id}/face`);
    expect(listed.body.templates).toEqual(answer.body.templates);
  });

  it('keeps neither faces nor embeddings readable in the database', async () => {
    const { tenantId } = (await server.admin.get<{ tenantId: string }>('/auth/me')).body;
    const rows = await server.context.db.tenant(tenantId, (tx) =>
      tx.execute<{ embedding: Buffer; thumbnail: Buffer }>(
        sql`select embedding, thumbnail from face_templates`,
      ),
    );
    expect(rows.length).toBeGreaterThan(0);
    for (const { embedding, thumbnail } of rows) {
      expect(thumbnail.includes(Buffer.from('JFIF'))).toBe(false);
      expect(embedding.length).toBeGreaterThan(500);
      await expect(sharp(thumbnail).metadata()).rejects.toThrow();
    }
  });

  it('refuses a face that another student is enrolled with, also when both come at once', async () => {
    const [first, second] = await photosOf(people[1]!);
    const [owner, other] = [await addStudent(), await addStudent()];
    expect((await send(owner.id, first!)).status).toBe(201);
    const refused = await send(other.id, second!);
    expect([refused.status, refused.body.error.code]).toEqual([409, 'face-of-another-student']);
    expect(refused.body.error.details).toEqual({ photo: 0, studentId: owner.id });
    expect((await send(owner.id, second!)).status).toBe(201);
    const [left, right] = [await addStudent(), await addStudent()];
    const [one, two] = await photosOf(people[2]!);
    const both = await Promise.all([send(left.id, one!), send(right.id, two!)]);
    expect(both.map(({ status }) => status).sort()).toEqual([201, 409]);
  });

  it('enrols all photos of a request or none, and says which one was wrong', async () => {
    const student = await addStudent();
    const [good] = await photosOf(people[3]!);
    const answer = await send(student.id, good!, Buffer.from('not a photo at all'));
    expect([answer.status, answer.body.error.code]).toEqual([422, 'not-a-photo']);
    expect(answer.body.error.details).toEqual({ photo: 1, photos: 2 });
    expect((await server.admin.get<Student>(`/students/${student.id}`)).body.faceTemplates).toBe(0);
  });

  it('has a code for each thing that can be wrong with a photo', async () => {
    const student = await addStudent();
    const [a] = await photosOf(people[4]!);
    const [b] = await photosOf(people[5]!);
    const side = await sharp(b!).resize(350, 350).toBuffer();
    const two = await sharp(a!).resize(350, 350).extend({ right: 350, background: '#777' });
    const problems: [string, Buffer][] = [
      [
        'no-face',
        await sharp({ create: { width: 640, height: 480, channels: 3, background: '#345' } })
          .jpeg()
          .toBuffer(),
      ],
      [
        'several-faces',
        await sharp(await two.toBuffer())
          .composite([{ input: side, left: 350, top: 0 }])
          .jpeg()
          .toBuffer(),
      ],
      [
        'face-too-small',
        await sharp(a!)
          .resize(24)
          .extend({ top: 200, bottom: 200, left: 200, right: 200, background: '#777' })
          .jpeg()
          .toBuffer(),
      ],
      ['face-too-blurred', await sharp(a!).blur(14).jpeg().toBuffer()],
      [
        'not-a-photo',
        (await readFile(join(FACES, people[4]!, (await readdir(join(FACES, people[4]!)))[0]!))).subarray(
          0,
          200,
        ),
      ],
    ];
    for (const [code, photo] of problems) {
      const answer = await send(student.id, photo);
      const [status, got] = [answer.status, answer.body.error?.code];
      // A face too small or too blurred may also go unseen.
      const accepted = code.startsWith('face-too') ? [code, 'no-face'] : [code];
      expect(accepted, `${code}: ${status} ${got}`).toContain(got);
      expect(status).toBe(422);
    }
  });

  it('takes a photo of 20 MB', async () => {
    const student = await addStudent();
    const [portrait] = await photosOf(people[6]!);
    const noise = { width: 2700, height: 2700, channels: 3 as const };
    const face = await sharp(portrait!).resize(1400).toColourspace('srgb').toBuffer();
    const large = await sharp(randomBytes(2700 * 2700 * 3), { raw: noise })
      .composite([{ input: face, left: 600, top: 600 }])
      .removeAlpha()
      .png({ compressionLevel: 0 })
      .toBuffer();
    expect(large.length).toBeGreaterThan(20e6);
    const answer = await send(student.id, large);
    expect([answer.status, answer.body.error]).toEqual([201, undefined]);
  });

  it('enrols again after consent was withdrawn and given anew; nothing is left in between', async () => {
    const student = await addStudent();
    const [photo] = await photosOf(people[7]!);
    const [template] = (await send(student.id, photo!)).body.templates;
    const consent = (granted: boolean) =>
      server.admin.call('PUT', `/students/${student.id}/consents`, { purpose: 'face', granted });
    expect((await consent(false)).body).toMatchObject({ erased: { faceTemplates: 1 } });
    expect((await server.admin.get(`/students/${student.id}/face/${template!.id}/thumbnail`)).status).toBe(
      404,
    );
    expect((await send(student.id, photo!)).body.error.code).toBe('consent-missing');
    await consent(true);
    expect((await send(student.id, photo!)).status).toBe(201);
  });
});
