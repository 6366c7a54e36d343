import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Api,
  addTenant,
  PASSWORD,
  startTestServer,
  type TestServer,
} from '../../../tests/support/server.ts';

type List = { total: number; items: { id: string; name: string }[] };

describe('who reaches which course and student', () => {
  let server: TestServer;
  let other: { courseId: string; studentId: string };
  let student: Api;
  beforeAll(async () => {
    server = await startTestServer();
    const course = await server.admin.post<{ id: string }>('/courses', { code: 'FIZ', name: 'Fizik' });
    const made = await server.admin.post<{ id: string }>('/students', { number: 'F1', name: 'Fatma' });
    other = { courseId: course.body.id, studentId: made.body.id };
    await server.admin.post(`/courses/${other.courseId}/enrolments`, { studentIds: [other.studentId] });
    const account = { email: 'ogrenci@test.local', name: 'Öğrenci', role: 'student', password: PASSWORD };
    await server.admin.post('/users', { ...account, studentId: server.seeded!.students[0]!.id });
    student = await server.as(account.email, PASSWORD);
  }, 60_000);
  afterAll(() => server?.close());

  it('shows administrators everything', async () => {
    expect((await server.admin.get<List>('/courses')).body.total).toBe(2);
    expect((await server.admin.get<List>('/students')).body.total).toBe(4);
  });

  it('shows a teacher the courses that they teach and the students of those', async () => {
    const { teacher, seeded } = server;
    expect((await teacher.get<List>('/courses')).body.items.map(({ id }) => id)).toEqual([seeded!.courseId]);
    const seen = (await teacher.get<List>('/students')).body.items.map(({ id }) => id);
    expect(new Set(seen)).toEqual(new Set(seeded!.students.map(({ id }) => id)));
    expect((await teacher.get<List>(`/students?courseId=${other.courseId}`)).body.total).toBe(0);
    for (const path of [
      `/courses/${other.courseId}`,
      `/courses/${other.courseId}/enrolments`,
      `/students/${other.studentId}`,
      `/students/${other.studentId}/courses`,
      `/students/${other.studentId}/face`,
    ]) {
      expect((await teacher.get(path)).status, path).toBe(404);
    }
    const consent = { purpose: 'face', granted: true };
    expect((await teacher.call('PUT', `/students/${other.studentId}/consents`, consent)).status).toBe(404);
    expect((await teacher.post(`/students/${other.studentId}/face`, new FormData())).status).toBe(404);
  });

  it('follows who teaches the course', async () => {
    const { admin, teacher, seeded } = server;
    const assign = (teacherIds: string[]) =>
      admin.call<{ teachers: { id: string }[] }>('PUT', `/courses/${other.courseId}/teachers`, {
        teacherIds,
      });
    const assigned = await assign([seeded!.teacherId]);
    expect(assigned.body.teachers).toEqual([{ id: seeded!.teacherId, name: 'Ayşe Öğretmen' }]);
    expect((await teacher.get(`/students/${other.studentId}`)).status).toBe(200);
    expect((await teacher.get<List>('/courses')).body.total).toBe(2);
    const unknown = await assign([seeded!.teacherId, seeded!.courseId]);
    expect(unknown.body).toMatchObject({
      error: { code: 'teacher-not-found', details: { teacherIds: [seeded!.courseId] } },
    });
    expect((await teacher.get(`/students/${other.studentId}`)).status).toBe(200);
    await assign([]);
    expect((await teacher.get(`/students/${other.studentId}`)).status).toBe(404);
    expect(
      (await teacher.call('PUT', `/courses/${other.courseId}/teachers`, { teacherIds: [] })).status,
    ).toBe(403);
  });

  it('shows students themselves and their courses', async () => {
    const [own, classmate] = server.seeded!.students;
    expect((await student.get(`/students/${own!.id}`)).status).toBe(200);
    expect((await student.get<List>(`/students/${own!.id}/courses`)).body.items).toMatchObject([
      { id: server.seeded!.courseId, code: 'MAT101' },
    ]);
    expect((await student.get(`/courses/${server.seeded!.courseId}`)).status).toBe(200);
    for (const path of [
      `/students/${classmate!.id}`,
      `/students/${classmate!.id}/courses`,
      `/students/${classmate!.id}/face`,
      `/courses/${other.courseId}`,
    ]) {
      expect((await student.get(path)).status, path).toBe(404);
    }
    for (const path of ['/students', '/courses', '/teachers']) {
      expect((await student.get(path)).status, path).toBe(403);
    }
  });

  it('shows another institution nothing, and takes none of its teachers', async () => {
    const foreign = await addTenant(server, 'elsewhere');
    const { courseId, teacherId } = server.seeded!;
    for (const path of [`/courses/${courseId}`, `/teachers/${teacherId}`, `/students/${other.studentId}`]) {
      expect((await foreign.get(path)).status, path).toBe(404);
    }
    const made = await foreign.post('/courses', { code: 'X', name: 'X', teacherIds: [teacherId] });
    expect([made.status, (await foreign.get<List>('/courses')).body.total]).toEqual([404, 0]);
  });
});
