import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { demoCache } from '../../scripts/demo/photos.ts';
import { type DemoClassroom, renderDemoClassroom } from '../../scripts/demo/render.ts';
import type { AttendanceRecord } from '../../server/features/attendance/schemas.ts';
import type { ClassSession, Metrics, Snapshot } from '../../server/features/sessions/schemas.ts';
import type { Faces, Picture } from '../../server/realtime/topics.ts';
import { type LiveTap, tapLive } from '../support/live.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

/**
 * The main job through the public doors only: photos are enrolled, a session is opened on a camera (the demo's
 * classroom played as one), marks arrive over the socket, a mark is corrected, closing makes the rest absent.
 */
describe('a class session', () => {
  let server: TestServer;
  let classroom: DemoClassroom;
  let tap: LiveTap;
  let sessionId: string;
  let cameraId: string;
  let courseId: string;
  const students = new Map<string, string>();

  beforeAll(async () => {
    classroom = await renderDemoClassroom({ dir: join(demoCache, 'classroom') });
    server = await startTestServer({ pipeline: true, students: 0, env: { CAMERA_ALLOW_FILES: 'true' } });
  }, 300_000);

  afterAll(async () => {
    tap?.close();
    await server?.close();
  });

  it('enrols students from photos', async () => {
    for (const { id: number, name, photos } of classroom.roster) {
      const made = await server.admin.post<{ id: string }>('/students', {
        number,
        name,
        consents: { face: true },
      });
      expect(made.status).toBe(201);
      students.set(number, made.body.id);
      const form = new FormData();
      for (const path of photos)
        form.append('photo', new Blob([await readFile(path)], { type: 'image/jpeg' }), 'a.jpg');
      const face = await server.admin.post(`/students/${made.body.id}/face`, form);
      expect(face.status, JSON.stringify(face.body)).toBe(201);
    }
  }, 180_000);

  it('takes a camera and opens a session on it', async () => {
    const course = await server.admin.post<{ id: string }>('/courses', {
      code: 'BIO101',
      name: 'Biyoloji',
      teacherIds: [server.seeded!.teacherId],
    });
    courseId = course.body.id;
    const enrolled = await server.admin.post(`/courses/${courseId}/enrolments`, {
      studentIds: [...students.values()],
    });
    expect(enrolled.status).toBe(200);
    const camera = await server.admin.post<{ id: string }>('/cameras', {
      name: 'Derslik',
      url: pathToFileURL(classroom.video).href,
      sampling: { mode: 'fps', fps: 3 },
    });
    expect(camera.status, JSON.stringify(camera.body)).toBe(201);
    cameraId = camera.body.id;
    const probe = await server.admin.post<{ width: number }>(`/cameras/${cameraId}/probe`);
    expect(probe.body).toMatchObject({ width: classroom.truth.width });
    const opened = await server.teacher.post<ClassSession>('/sessions', { courseId, cameraIds: [cameraId] });
    expect(opened.status, JSON.stringify(opened.body)).toBe(201);
    sessionId = opened.body.id;
    expect(opened.body.counts).toMatchObject({ pending: classroom.roster.length, present: 0 });
    expect(opened.body.cameras).toHaveLength(1);
  }, 60_000);

  it('refuses a second session of the course and another use of the camera', async () => {
    const again = await server.teacher.post('/sessions', { courseId, cameraIds: [] });
    expect([again.status, again.body.error]).toMatchObject([409, { code: 'session-already-open' }]);
    const removed = await server.admin.call('DELETE', `/cameras/${cameraId}`);
    expect(removed.status).toBe(409);
  });

  it('lets a teacher join over the socket and shows the picture with boxes and names', async () => {
    tap = tapLive(server.url, server.teacher.token);
    const snapshot = await tap.joined(sessionId);
    expect(snapshot.roster).toHaveLength(classroom.roster.length);
    expect(snapshot.roster.every((entry) => entry.hasFace)).toBe(true);
    await tap.live(snapshot);
    const { streamId } = snapshot.streams[0]!;
    tap.socket.emit('session:watch', { sessionId, streamId, width: 320 });
    const picture = await tap.until<Picture>('session:picture');
    expect(Buffer.from(picture.jpeg).subarray(0, 2).toString('hex')).toBe('ffd8');
    await tap.until<Faces>('session:faces', (faces) => faces.faces.some((face) => face.name !== null));
  }, 60_000);

  it('marks those who are there, and nobody who is not', async () => {
    const { present, leaving, absent } = classroom.truth;
    const here = [...present, ...leaving].map((number) => students.get(number));
    for (const studentId of here) {
      await tap.until<{ record: AttendanceRecord }>(
        'attendance:marked',
        ({ record }) => record.studentId === studentId && record.status === 'present',
        60_000,
      );
    }
    const named = new Set(
      tap.events
        .filter((event) => event.name === 'attendance:marked')
        .map((event) => (event.payload as { record: AttendanceRecord }).record.studentId),
    );
    for (const number of absent) expect(named.has(students.get(number)!)).toBe(false);
    const everyMarkIsOnDisk = await server.teacher.get<{ items: AttendanceRecord[] }>(
      `/sessions/${sessionId}/attendance`,
    );
    for (const studentId of here) {
      const record = everyMarkIsOnDisk.body.items.find((item) => item.studentId === studentId);
      expect(record).toMatchObject({ status: 'present', method: 'face', correctedBy: null });
    }
  }, 120_000);

  it('publishes engagement with its coverage once a second', async () => {
    const metrics = await tap.until<Metrics>('session:metrics', (m) => m.class.attention !== null);
    expect(metrics.class.coverage).toBeGreaterThan(0);
    expect(metrics.class.expected).toBe(classroom.roster.length);
    expect(JSON.stringify(metrics)).not.toContain('emotion');
  }, 60_000);

  it('lets a person correct a mark, and tells the second person who was slower', async () => {
    const [number] = classroom.truth.present;
    const before = await recordOf(students.get(number!)!);
    const put = (version: number, status: string) =>
      server.teacher.call(
        'PUT',
        `/attendance/${before.id}`,
        { status, note: 'doktor' },
        { 'if-match': `"${version}"` },
      );
    const first = await put(before.version, 'excused');
    expect(first.body).toMatchObject({ status: 'excused', method: 'manual', note: 'doktor' });
    await tap.until<{ record: AttendanceRecord }>(
      'attendance:changed',
      ({ record }) => record.status === 'excused',
    );
    const second = await put(before.version, 'absent');
    expect([second.status, second.body.error]).toMatchObject([
      409,
      { code: 'version-conflict', details: { record: { status: 'excused' } } },
    ]);
    const without = await server.teacher.call('PUT', `/attendance/${before.id}`, { status: 'absent' });
    expect(without.status).toBe(428);
  });

  it('marks the rest absent when it closes, keeps what people said, and says so', async () => {
    const closed = await server.teacher.post<ClassSession>(`/sessions/${sessionId}/close`);
    expect(closed.status, JSON.stringify(closed.body)).toBe(200);
    await tap.until('session:closed');
    expect(closed.body.counts.pending).toBe(0);
    for (const number of classroom.truth.absent) {
      expect((await recordOf(students.get(number)!)).status).toBe('absent');
    }
    expect((await recordOf(students.get(classroom.truth.present[0]!)!)).status).toBe('excused');
    const again = await server.teacher.post<ClassSession>(`/sessions/${sessionId}/close`);
    expect(again.body).toEqual(closed.body);
    const stored = await server.teacher.get<Snapshot>(`/sessions/${sessionId}/live`);
    expect(stored.body.session.status).toBe('closed');
    const engagement = await server.teacher.get<{ students: unknown[] }>(`/sessions/${sessionId}/engagement`);
    expect(engagement.status).toBe(200);
  });

  async function recordOf(studentId: string): Promise<AttendanceRecord> {
    const { body } = await server.teacher.get<{ items: AttendanceRecord[] }>(
      `/sessions/${sessionId}/attendance`,
    );
    return body.items.find((record) => record.studentId === studentId)!;
  }
});
