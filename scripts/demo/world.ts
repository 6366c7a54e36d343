/** Fills an empty server with the demo's institution, through the public API only. */
import { readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { type Api, signIn } from './api.ts';
import type { DemoClassroom, DemoStudent } from './render.ts';

export const ADMIN = { email: 'yonetici@demo.local', password: 'yoklama-demo' };
export const TEACHER = { email: 'ogretmen@demo.local', password: 'yoklama-demo' };

/** Who is first seen later than this after the camera starts is late. */
const ON_TIME_S = 10;
const LATE_AFTER_MINUTES = 5;
/** Photos that are looked at at the same time. */
const UPLOADS = 2;

export interface World {
  teacher: Api;
  sessionId: string;
  openedAtMs: number;
  /** The API's id of a student by the id in the classroom's truth. */
  studentIds: Map<string, string>;
}

/**
 * Teacher, students with consent and enrolment photos, course, camera, open session.
 * @param onEnrolled called with how many of the students are enrolled
 */
export async function createWorld(
  url: string,
  classroom: DemoClassroom,
  onEnrolled: (done: number, of: number) => void,
): Promise<World> {
  const admin = await signIn(url, ADMIN.email, ADMIN.password);
  const account = await admin.post<{ id: string }>('/users', {
    ...TEACHER,
    name: 'Leyla Aksoy',
    role: 'teacher',
  });
  const studentIds = new Map<string, string>();
  const waiting = [...classroom.roster];
  const work = async () => {
    for (let student = waiting.shift(); student; student = waiting.shift()) {
      studentIds.set(student.id, await enrol(admin, student));
      onEnrolled(studentIds.size, classroom.roster.length);
    }
  };
  await Promise.all(Array.from({ length: UPLOADS }, work));
  const { items: teachers } = await admin.get<{ items: { id: string }[] }>(`/teachers?userId=${account.id}`);
  const course = await admin.post<{ id: string }>('/courses', {
    code: 'BİL 101',
    name: 'Programlamaya Giriş',
    semester: '2026 Güz',
    teacherIds: teachers.map(({ id }) => id),
    rules: { lateAfterMinutes: LATE_AFTER_MINUTES, minPresenceShare: 0, graceMinutes: 0 },
  });
  await admin.post(`/courses/${course.id}/enrolments`, { studentIds: [...studentIds.values()] });
  const camera = await admin.post<{ id: string }>('/cameras', {
    name: 'Ön kamera',
    room: 'D-204',
    url: pathToFileURL(classroom.video).href,
    sampling: { mode: 'fps', fps: 5 },
  });
  const teacher = await signIn(url, TEACHER.email, TEACHER.password);
  // so that the one who comes in the middle of the video is late, the lesson began a few minutes ago
  const openedAtMs = Date.now();
  const startsAt = new Date(openedAtMs - LATE_AFTER_MINUTES * 60_000 + ON_TIME_S * 1000).toISOString();
  const session = await teacher.post<{ id: string }>('/sessions', {
    courseId: course.id,
    cameraIds: [camera.id],
    startsAt,
  });
  return { teacher, sessionId: session.id, openedAtMs, studentIds };
}

async function enrol(admin: Api, { id, name, photos }: DemoStudent): Promise<string> {
  const student = await admin.post<{ id: string }>('/students', {
    number: id,
    name,
    consents: { face: true },
  });
  const form = new FormData();
  for (const [i, path] of photos.entries()) {
    form.append('photo', new Blob([await readFile(path)], { type: 'image/jpeg' }), `${i + 1}.jpg`);
  }
  await admin.post(`/students/${student.id}/face`, form);
  return student.id;
}
