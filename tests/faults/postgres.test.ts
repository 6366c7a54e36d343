import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AttendanceRecord } from '../../server/features/attendance/schemas.ts';
import type { ClassSession } from '../../server/features/sessions/schemas.ts';
import type { Alert } from '../../server/realtime/topics.ts';
import { decide } from '../support/decide.ts';
import { eventually, type LiveTap, tapLive } from '../support/live.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { makeVideo } from '../support/video.ts';

type Marked = { record: AttendanceRecord };

describe('Postgres goes away under an open session', () => {
  let folder: string;
  let server: TestServer;
  let tap: LiveTap;
  let sessionId: string;
  let streamId: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'yoklama-postgres-'));
    await makeVideo(join(folder, 'camera.mp4'), { seconds: 2 });
    server = await startTestServer({ pipeline: true, students: 6, env: { CAMERA_ALLOW_FILES: 'true' } });
    const camera = await server.admin.post<{ id: string }>('/cameras', {
      name: 'Kamera',
      url: pathToFileURL(join(folder, 'camera.mp4')).href,
      sampling: { mode: 'fps', fps: 1 },
    });
    const opened = await server.teacher.post<ClassSession>('/sessions', {
      courseId: server.seeded!.courseId,
      cameraIds: [camera.body.id],
    });
    sessionId = opened.body.id;
    streamId = opened.body.cameras[0]!.streamId;
    tap = tapLive(server.url, server.teacher.token);
    await tap.joined(sessionId);
  });
  afterAll(async () => {
    tap?.close();
    await server?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('keeps what it announced, holds what is decided meanwhile, and writes it when Postgres is back', async () => {
    const [a, b, c] = server.seeded!.students;
    decide(server, { streamId, trackId: 1, studentId: a!.id });
    await tap.until<Marked>('attendance:marked', ({ record }) => record.studentId === a!.id);

    process.kill(server.postgres!.pid()!, 'SIGKILL');
    decide(server, { streamId, trackId: 2, studentId: b!.id });
    decide(server, { streamId, trackId: 3, studentId: c!.id });
    await tap.until<Alert>('alert', (alert) => alert.code === 'database-unavailable');
    await tap.until<Alert>('alert', (alert) => alert.code === 'database-back', 60_000);
    await tap.until<Marked>('attendance:marked', ({ record }) => record.studentId === b!.id);
    await tap.until<Marked>('attendance:marked', ({ record }) => record.studentId === c!.id);

    const { body } = await server.teacher.get<{ items: AttendanceRecord[] }>(
      `/sessions/${sessionId}/attendance`,
    );
    for (const student of [a, b, c]) {
      expect(body.items.find((record) => record.studentId === student!.id)?.status).toBe('present');
    }
  }, 120_000);

  it('never announces a mark before it is on disk', async () => {
    const [, , , d] = server.seeded!.students;
    process.kill(server.postgres!.pid()!, 'SIGKILL');
    decide(server, { streamId, trackId: 4, studentId: d!.id });
    await eventually(() => server.context.live.stats().held > 0, 5000);
    const snapshot = server.context.live.find(sessionId)!.snapshot();
    expect(snapshot.roster.find((entry) => entry.studentId === d!.id)?.record?.status).toBe('pending');
    await tap.until<Marked>('attendance:marked', ({ record }) => record.studentId === d!.id, 60_000);
    expect(server.context.live.stats().held).toBe(0);
  }, 120_000);

  it('writes one mark for a decision that comes ten times and from two cameras', async () => {
    const [, , , , e] = server.seeded!.students;
    for (let i = 0; i < 10; i++) decide(server, { streamId, trackId: 5, studentId: e!.id });
    decide(server, { streamId, trackId: 6, studentId: e!.id });
    await tap.until<Marked>('attendance:marked', ({ record }) => record.studentId === e!.id);
    await server.context.live.journal.drained(5000);
    const marks = tap.events.filter(
      ({ name, payload }) => name === 'attendance:marked' && (payload as Marked).record.studentId === e!.id,
    );
    expect(marks).toHaveLength(1);
  }, 60_000);
});
