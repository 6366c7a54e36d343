import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { mkdir, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AttendanceRecord } from '../../server/features/attendance/schemas.ts';
import type { ClassSession } from '../../server/features/sessions/schemas.ts';
import type { Alert } from '../../server/realtime/topics.ts';
import { decide } from '../support/decide.ts';
import { type LiveTap, tapLive } from '../support/live.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { makeVideo } from '../support/video.ts';

type Marked = { record: AttendanceRecord };

/** A disk of its own that can be filled: a tmpfs, which only root may mount. */
function mountSmallDisk(): { dir: string } | { why: string } {
  if (process.getuid?.() !== 0) return { why: 'a small disk can only be mounted by root' };
  const dir = mkdtempSync(join(tmpdir(), 'yoklama-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=320m,mode=0755', 'tmpfs', dir], { stdio: 'pipe' });
    return { dir };
  } catch (error) {
    return { why: `mount failed: ${(error as Error).message.split('\n')[0]}` };
  }
}

const disk = mountSmallDisk();
if ('why' in disk) console.warn(`SKIPPED the disk is full: ${disk.why}`);

describe.skipIf('why' in disk)('the disk of the data directory is full', () => {
  const dir = 'dir' in disk ? disk.dir : '';
  let folder: string;
  let server: TestServer;
  let tap: LiveTap;
  let sessionId: string;
  let streamId: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'yoklama-video-'));
    await makeVideo(join(folder, 'camera.mp4'), { seconds: 2 });
    await mkdir(join(dir, 'data'));
    server = await startTestServer({
      pipeline: true,
      students: 6,
      dataDir: join(dir, 'data'),
      env: { CAMERA_ALLOW_FILES: 'true' },
    });
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
    if (folder) await rm(folder, { recursive: true, force: true });
    // Processes of Postgres may hold the disk for a moment longer.
    if (dir) execFileSync('umount', ['--lazy', dir]);
    if (dir) await rm(dir, { recursive: true, force: true });
  });

  it('holds the marks, tells the teacher, refuses changes with a clear code, and loses nothing', async () => {
    const students = server.seeded!.students;
    decide(server, { streamId, trackId: 1, studentId: students[0]!.id });
    await tap.until<Marked>('attendance:marked', ({ record }) => record.studentId === students[0]!.id);

    const filler = join(dir, 'filler');
    await fill(filler);
    // Postgres goes on within the segment of its log that it has allocated; then it has to stop.
    await useUpLog(server);
    const refused = await server.admin.post<{ error: { code: string } }>('/courses', {
      code: 'X',
      name: 'X',
    });
    expect(refused.status).toBeGreaterThanOrEqual(500);
    expect(['disk-full', 'database-unavailable']).toContain(refused.body.error.code);

    for (const [i, student] of students.slice(1, 6).entries()) {
      decide(server, { streamId, trackId: 2 + i, studentId: student.id });
    }
    await tap.until<Alert>('alert', (alert) => alert.code === 'database-unavailable', 30_000);
    expect(server.context.live.stats().held).toBe(5);

    await rm(filler);
    await tap.until<Alert>('alert', (alert) => alert.code === 'database-back', 90_000);
    for (const student of students.slice(1, 6)) {
      await tap.until<Marked>('attendance:marked', ({ record }) => record.studentId === student.id, 60_000);
    }
    const { body } = await server.teacher.get<{ items: AttendanceRecord[] }>(
      `/sessions/${sessionId}/attendance`,
    );
    for (const student of students.slice(0, 6)) {
      expect(body.items.find((record) => record.studentId === student.id)?.status).toBe('present');
    }
  }, 240_000);
});

/** Takes every free byte of the disk. */
async function fill(path: string): Promise<void> {
  const file = await open(path, 'a');
  try {
    for (let size = 1024 * 1024; size >= 4096; ) {
      try {
        await file.appendFile(Buffer.alloc(size));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
        size /= 2;
      }
    }
  } finally {
    await file.close();
  }
}

async function useUpLog(server: TestServer): Promise<void> {
  for (let megabyte = 0; megabyte < 500; megabyte++) {
    try {
      await server.context.db.system((tx) =>
        tx.execute(sql`select pg_logical_emit_message(true, 'test', repeat('x', 1000000))`),
      );
    } catch {
      return;
    }
  }
  throw new Error('The disk did not become full.');
}
