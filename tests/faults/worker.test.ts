import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ClassSession, StreamStatusView } from '../../server/features/sessions/schemas.ts';
import type { Alert, Faces } from '../../server/realtime/topics.ts';
import { type LiveTap, tapLive } from '../support/live.ts';
import { expectWithin } from '../support/promise.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { makeVideo } from '../support/video.ts';

/** What docs/performance.md says of it, rounded up. */
const BACK_MS = 5000;

describe('the pipeline worker is killed in mid-session', () => {
  let folder: string;
  let server: TestServer;
  let tap: LiveTap;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'yoklama-worker-'));
    await makeVideo(join(folder, 'camera.mp4'), { seconds: 3 });
    server = await startTestServer({ pipeline: true, env: { CAMERA_ALLOW_FILES: 'true' } });
  });
  afterAll(async () => {
    tap?.close();
    await server?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('tells the teacher, starts another, and the stream goes on', async () => {
    const camera = await server.admin.post<{ id: string }>('/cameras', {
      name: 'Kamera',
      url: pathToFileURL(join(folder, 'camera.mp4')).href,
      sampling: { mode: 'fps', fps: 5 },
    });
    const { courseId } = server.seeded!;
    const opened = await server.teacher.post<ClassSession>('/sessions', {
      courseId,
      cameraIds: [camera.body.id],
    });
    const sessionId = opened.body.id;
    tap = tapLive(server.url, server.teacher.token);
    await tap.joined(sessionId);
    await tap.until<Faces>('session:faces');

    const { pid } = server.context.supervisor.info()!;
    tap.events.length = 0;
    const killedAt = Date.now();
    process.kill(pid, 'SIGKILL');
    await tap.until<StreamStatusView>(
      'stream:status',
      (s) => s.state === 'reconnecting' && s.reason === 'worker-restarted',
    );
    await tap.until<Alert>('alert', (alert) => alert.code === 'worker-restarted');
    await tap.until<StreamStatusView>(
      'stream:status',
      (s) => s.state === 'live' && Date.parse(s.since) > killedAt,
    );
    await tap.until<Faces>('session:faces', (faces) => faces.atMs > killedAt + 500);
    expectWithin(BACK_MS, 'pipeline worker killed: faces again', Date.now() - killedAt);
    expect(server.context.supervisor.stats()).toMatchObject({ restarts: 1, ready: 1, streams: 1 });
    const healthy = await server.teacher.get<ClassSession>(`/sessions/${sessionId}`);
    expect(healthy.body.cameras[0]).toMatchObject({ state: 'live' });
  }, 90_000);
});
