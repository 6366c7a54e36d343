import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../../../tests/support/server.ts';
import { newId } from '../../db/ids.ts';
import { faceTemplates } from '../../db/schema/index.ts';
import type { Student } from './schemas.ts';

type Failure = { error: { code: string } };
type List = { total: number; skip: number; limit: number; items: Student[] };

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ students: 0 });
});
afterAll(() => server?.close());

const add = async (given: object) => (await server.admin.post<Student & Failure>('/students', given)).body;

describe('students', () => {
  it('are added, read, changed and erased', async () => {
    const made = await server.admin.post<Student>('/students', {
      number: ' 20 ',
      name: '  Ece   Ak ',
      email: null,
    });
    expect(made.status).toBe(201);
    const { id } = made.body;
    expect(made.body).toEqual({
      id,
      number: '20',
      name: 'Ece Ak',
      email: null,
      department: null,
      guardianName: null,
      guardianEmail: null,
      locale: null,
      preferences: {},
      externalId: null,
      archived: false,
      createdAt: expect.stringMatching(/Z$/),
      faceTemplates: 0,
      consents: { face: false, emotion: false },
    });
    const changed = await server.admin.call<Student>('PATCH', `/students/${id}`, { email: 'Ece@Okul.tr' });
    expect(changed.body).toMatchObject({ number: '20', name: 'Ece Ak', email: 'ece@okul.tr' });
    expect((await server.admin.get(`/students/${id}`)).body).toEqual(changed.body);
    expect((await server.admin.call('DELETE', `/students/${id}`)).status).toBe(204);
    expect((await server.admin.get<Failure>(`/students/${id}`)).body.error.code).toBe('student-not-found');
  });

  it('have a number of their own', async () => {
    const [a, b] = [await add({ number: 'N1', name: 'A' }), await add({ number: 'N2', name: 'B' })];
    expect((await add({ number: 'N1', name: 'C' })).error.code).toBe('student-number-taken');
    const taken = await server.admin.call<Failure>('PATCH', `/students/${b.id}`, { number: 'N1' });
    expect([taken.status, taken.body.error.code]).toEqual([409, 'student-number-taken']);
    expect((await server.admin.call('PATCH', `/students/${a.id}`, { number: 'N1' })).status).toBe(200);
  });

  it('refuses what is not a student', async () => {
    for (const body of [
      {},
      { number: '1' },
      { number: '', name: 'A' },
      { number: '1', name: '   ' },
      { number: 7, name: 'A' },
    ]) {
      expect((await server.admin.post('/students', body)).status, JSON.stringify(body)).toBe(400);
    }
    expect((await server.admin.post('/students', { number: '1', name: 'A', email: 'x' })).status).toBe(400);
    expect((await server.admin.get('/students/not-an-id')).status).toBe(400);
  });

  it('are found by words of name, number and address, in pages and by name', async () => {
    for (const [number, name] of [
      ['P1', 'Çağla Işık'],
      ['P2', 'cagla demir'],
      ['P3', 'Şule Işıl'],
      ['P4', 'Zeynep Çağlar'],
    ]) {
      await add({ number, name, email: `${number!.toLowerCase()}@okul.tr` });
    }
    const names = async (query: string) =>
      (await server.admin.get<List>(`/students?${query}`)).body.items.map(({ name }) => name);
    expect(await names('search=cagla')).toEqual(['cagla demir', 'Çağla Işık', 'Zeynep Çağlar']);
    expect(await names('search=ISIK%20%C3%A7a')).toEqual(['Çağla Işık']);
    expect(await names('search=p3%40okul')).toEqual(['Şule Işıl']);
    expect(await names('search=%25')).toEqual([]);
    const page = (await server.admin.get<List>('/students?search=cagla&skip=1&limit=1')).body;
    expect(page).toMatchObject({ total: 3, skip: 1, limit: 1, items: [{ name: 'Çağla Işık' }] });
    expect((await server.teacher.get('/students?limit=100000')).status).toBe(400);
  });
});

describe('preferences', () => {
  it('are kept as they are given, replaced as a whole, and bounded', async () => {
    const student = await add({ number: 'PR1', name: 'P', preferences: { seat: 'front', colours: ['red'] } });
    expect(student.preferences).toEqual({ seat: 'front', colours: ['red'] });
    const patch = (preferences: unknown) =>
      server.admin.call<Student & Failure>('PATCH', `/students/${student.id}`, { preferences });
    expect((await patch({ seat: 'back' })).body.preferences).toEqual({ seat: 'back' });
    expect((await patch({ long: 'x'.repeat(20_000) })).body.error.code).toBe('invalid-request');
    let deep: unknown = 1;
    for (let i = 0; i < 3000; i++) deep = [deep];
    const refused = await patch({ deep });
    expect([200, 400]).toContain(refused.status);
    expect((await server.admin.get<Student>(`/students/${student.id}`)).status).toBe(200);
  });
});

describe('consent', () => {
  const giveTemplates = (student: Student) =>
    server.context.db.tenant(server.seeded!.tenantId, (tx) =>
      tx.insert(faceTemplates).values(
        (['enrolment', 'negative'] as const).map((kind) => ({
          id: newId(),
          tenantId: server.seeded!.tenantId,
          studentId: student.id,
          kind,
          embeddingModel: 'test',
          embedding: Buffer.of(1),
        })),
      ),
    );

  it('is never assumed; the latest word holds', async () => {
    const student = await add({ number: 'C1', name: 'C', consents: { face: true } });
    expect(student.consents).toEqual({ face: true, emotion: false });
    const set = (purpose: string, granted: boolean) =>
      server.admin.call<{ consents: object; erased: object }>('PUT', `/students/${student.id}/consents`, {
        purpose,
        granted,
      });
    expect((await set('emotion', true)).body).toEqual({
      consents: { face: true, emotion: true },
      erased: {},
    });
    expect((await set('face', false)).body.consents).toEqual({ face: false, emotion: true });
    expect((await set('face', true)).body.consents).toEqual({ face: true, emotion: true });
    expect((await set('fingerprints', true)).status).toBe(400);
  });

  it('withdrawn, takes templates with it and leaves a receipt', async () => {
    const student = await add({ number: 'C2', name: 'C', consents: { face: true } });
    await giveTemplates(student);
    expect((await server.admin.get<Student>(`/students/${student.id}`)).body.faceTemplates).toBe(1);
    const changes: string[] = [];
    server.context.events.on('gallery:changed', ({ studentId }) => changes.push(studentId));
    const answer = await server.admin.call('PUT', `/students/${student.id}/consents`, {
      purpose: 'face',
      granted: false,
    });
    expect(answer.body).toEqual({ consents: { face: false, emotion: false }, erased: { faceTemplates: 2 } });
    expect(changes).toEqual([student.id]);
    expect((await server.admin.get<Student>(`/students/${student.id}`)).body.faceTemplates).toBe(0);
    const receipts = await server.admin.get<{ items: object[] }>('/privacy/receipts');
    expect(receipts.body.items[0]).toMatchObject({
      studentId: student.id,
      reason: 'consent-withdrawn',
      purpose: 'face',
      removed: { faceTemplates: 2 },
    });
  });

  it('is asked for before a photo is even read', async () => {
    const student = await add({ number: 'C3', name: 'C' });
    const form = new FormData();
    form.append('photo', new Blob([new Uint8Array(5_000_000)]), 'photo.jpg');
    const answer = await server.admin.post<Failure>(`/students/${student.id}/face`, form);
    expect([answer.status, answer.body.error.code]).toEqual([403, 'consent-missing']);
  });

  it('erases a student with everything, account included', async () => {
    const student = await add({ number: 'C4', name: 'C', consents: { face: true } });
    await giveTemplates(student);
    const account = {
      email: 'c4@test.local',
      name: 'C',
      role: 'student',
      password: 'long enough',
      studentId: student.id,
    };
    await server.admin.post('/users', account);
    expect((await server.admin.call('DELETE', `/students/${student.id}`)).status).toBe(204);
    const receipts = await server.admin.get<{ items: object[] }>('/privacy/receipts');
    expect(receipts.body.items[0]).toMatchObject({
      reason: 'student-deleted',
      removed: { faceTemplates: 2, consents: 1, users: 1, students: 1 },
    });
    const signIn = await server.anonymous.post('/auth/login', {
      email: account.email,
      password: account.password,
    });
    expect(signIn.status).toBe(401);
  });
});

describe('face enrolment without a pipeline', () => {
  it('says what is missing in each case', async () => {
    const student = await add({ number: 'F1', name: 'F', consents: { face: true } });
    const path = `/students/${student.id}/face`;
    const form = new FormData();
    form.append('photo', new Blob([new Uint8Array([1])]), 'photo.jpg');
    const answers = [
      await server.admin.post<Failure>(path, form),
      await server.admin.post<Failure>(path, new FormData()),
      await server.admin.post<Failure>(path, { photo: 'x' }),
    ];
    expect(answers.map(({ status, body }) => [status, body.error.code])).toEqual([
      [503, 'pipeline-unavailable'],
      [400, 'photo-missing'],
      [415, 'unsupported-media-type'],
    ]);
  });

  it('refuses photos that are too large or too many', async () => {
    const student = await add({ number: 'F2', name: 'F', consents: { face: true } });
    const send = (files: number, bytes: number) => {
      const form = new FormData();
      for (let index = 0; index < files; index++)
        form.append('photo', new Blob([new Uint8Array(bytes)]), `${index}.jpg`);
      return server.admin.post<Failure>(`/students/${student.id}/face`, form);
    };
    const large = await send(1, 26 * 1024 * 1024);
    expect([large.status, large.body.error.code]).toEqual([413, 'photo-too-large']);
    const many = await send(11, 10);
    expect([many.status, many.body.error.code]).toEqual([413, 'too-many-photos']);
  });
});
