import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectRoot } from '../../config/paths.ts';
import { demoCache } from '../../scripts/demo/photos.ts';
import { type DemoClassroom, renderDemoClassroom } from '../../scripts/demo/render.ts';
import type { AttendanceRecord } from '../../server/features/attendance/schemas.ts';
import type { ClassSession } from '../../server/features/sessions/schemas.ts';
import type { Faces } from '../../server/realtime/topics.ts';
import { eventually, type LiveTap, tapLive } from '../support/live.ts';
import { ADMIN_EMAIL, type Api, PASSWORD, signIn } from '../support/server.ts';

type Marked = { record: AttendanceRecord };

/** The real command, in a process of its own that can be killed. */
async function serve(dataDir: string): Promise<{ url: string; process: ChildProcess }> {
  const child = spawn(process.execPath, [join(projectRoot, 'bin', 'yoklama.mjs'), 'serve'], {
    cwd: dataDir,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      NODE_ENV: 'test',
      LOG_LEVEL: process.env.TEST_LOG_LEVEL ?? 'fatal',
      HOST: '127.0.0.1',
      PORT: '0',
      DATA_DIR: join(dataDir, 'data'),
      ADMIN_EMAIL,
      ADMIN_PASSWORD: PASSWORD,
      CAMERA_ALLOW_FILES: 'true',
    },
  });
  for await (const line of createInterface({ input: child.stdout! })) {
    const url = /yoklama is at (\S+)/.exec(line)?.[1];
    if (url) return { url, process: child };
  }
  throw new Error('The server ended before it listened.');
}

describe('the server is killed with SIGKILL in mid-session', () => {
  let folder: string;
  let classroom: DemoClassroom;
  let server: { url: string; process: ChildProcess };
  let tap: LiveTap;
  let api: Api;

  beforeAll(async () => {
    classroom = await renderDemoClassroom({ dir: join(demoCache, 'classroom') });
    folder = await mkdtemp(join(tmpdir(), 'yoklama-kill-'));
    // Postgres runs as another user where this is root: it must be able to enter the folder above its own.
    await chmod(folder, 0o755);
    server = await serve(folder);
  }, 300_000);
  afterAll(async () => {
    tap?.close();
    if (server?.process.exitCode === null && server.process.signalCode === null) {
      const gone = once(server.process, 'exit');
      server.process.kill('SIGTERM');
      await gone;
    }
    await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 500 });
  }, 60_000);

  it('has every announced mark after the restart, and the session goes on by itself', async () => {
    api = await signIn(server.url, ADMIN_EMAIL, PASSWORD);
    const sessionId = await openSession();
    tap = tapLive(server.url, api.token);
    await tap.joined(sessionId);
    // In the middle of the marking: some are announced, some are still being decided.
    await tap.until<Marked>('attendance:marked', () => announced(tap).size >= 3, 90_000);
    const lastTrack = Math.max(
      ...tap.events
        .filter((event) => event.name === 'session:faces')
        .flatMap((event) => (event.payload as Faces).faces.map((face) => face.trackId)),
    );
    server.process.kill('SIGKILL');
    await once(server.process, 'exit');
    const before = announced(tap);
    tap.close();

    server = await serve(folder);
    api = await signIn(server.url, ADMIN_EMAIL, PASSWORD);
    const open = await api.get<{ items: ClassSession[] }>('/sessions?status=open');
    expect(open.body.items.map((session) => session.id)).toEqual([sessionId]);
    const { body } = await api.get<{ items: AttendanceRecord[] }>(`/sessions/${sessionId}/attendance`);
    for (const [studentId, record] of before) {
      const kept = body.items.find((item) => item.studentId === studentId);
      expect(kept).toMatchObject({ status: record.status, method: 'face', firstSeenAt: record.firstSeenAt });
      expect(kept!.version).toBeGreaterThanOrEqual(record.version);
    }

    tap = tapLive(server.url, api.token);
    const snapshot = await tap.joined(sessionId);
    for (const studentId of before.keys()) {
      const entry = snapshot.roster.find((candidate) => candidate.studentId === studentId);
      expect(entry?.record?.status).not.toBe('pending');
    }
    await tap.live(snapshot, 60_000);
    const faces = await tap.until<Faces>('session:faces', ({ faces }) => faces.length > 0, 60_000);
    expect(Math.min(...faces.faces.map((face) => face.trackId))).toBeGreaterThan(lastTrack);
    // Those who were not marked before the kill are marked now.
    const expected = [...classroom.truth.present, ...classroom.truth.leaving].length;
    if (before.size < expected) await tap.until<Marked>('attendance:marked', () => true, 90_000);

    const closed = await api.post<ClassSession>(`/sessions/${sessionId}/close`);
    expect(closed.body.counts.pending).toBe(0);
  }, 300_000);

  async function openSession(): Promise<string> {
    await eventually(async () => (await fetch(`${server.url}/readyz`)).ok, 90_000);
    const studentIds: string[] = [];
    for (const { id: number, name, photos } of classroom.roster) {
      const made = await api.post<{ id: string }>('/students', { number, name, consents: { face: true } });
      const form = new FormData();
      form.append('photo', new Blob([await readFile(photos[0]!)], { type: 'image/jpeg' }), 'a.jpg');
      const face = await api.post(`/students/${made.body.id}/face`, form);
      if (face.status !== 201) throw new Error(JSON.stringify(face.body));
      studentIds.push(made.body.id);
    }
    const course = await api.post<{ id: string }>('/courses', { code: 'BIO101', name: 'Biyoloji' });
    await api.post(`/courses/${course.body.id}/enrolments`, { studentIds });
    const camera = await api.post<{ id: string }>('/cameras', {
      name: 'Derslik',
      url: pathToFileURL(classroom.video).href,
      sampling: { mode: 'fps', fps: 3 },
    });
    const opened = await api.post<ClassSession>('/sessions', {
      courseId: course.body.id,
      cameraIds: [camera.body.id],
    });
    if (opened.status !== 201) throw new Error(JSON.stringify(opened.body));
    return opened.body.id;
  }
});

function announced(tap: LiveTap): Map<string, AttendanceRecord> {
  const marks = new Map<string, AttendanceRecord>();
  for (const { name, payload } of tap.events) {
    if (name !== 'attendance:marked') continue;
    const { record } = payload as Marked;
    marks.set(record.studentId, record);
  }
  return marks;
}
