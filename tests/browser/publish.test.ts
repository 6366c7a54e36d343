import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { demoCache } from '../../scripts/demo/photos.ts';
import { type DemoClassroom, renderDemoClassroom } from '../../scripts/demo/render.ts';
import type { AttendanceRecord } from '../../server/features/attendance/schemas.ts';
import type { ClassSession, StreamStatusView } from '../../server/features/sessions/schemas.ts';
import { type LiveTap, tapLive } from '../support/live.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { buildDashboard, chromiumPath, launchChromium, openPage, seriousViolations } from './browser.ts';

const WIDTH = 640;

describe.skipIf(!chromiumPath)('a browser as a camera', () => {
  let server: TestServer;
  let classroom: DemoClassroom;
  let browser: Browser;
  let tap: LiveTap;
  let sessionId: string;
  const students = new Map<string, string>();

  beforeAll(async () => {
    [classroom] = await Promise.all([
      renderDemoClassroom({ dir: join(demoCache, 'classroom') }),
      buildDashboard(),
    ]);
    server = await startTestServer({ pipeline: true, students: 0, env: { CAMERA_ALLOW_FILES: 'true' } });
    browser = await launchChromium([
      '--use-fake-device-for-media-stream',
      '--use-fake-ui-for-media-stream',
      `--use-file-for-fake-video-capture=${await motionJpeg(classroom.video)}`,
    ]);
    for (const { id: number, name, photos } of classroom.roster) {
      const made = await server.admin.post<{ id: string }>('/students', {
        number,
        name,
        consents: { face: true },
      });
      students.set(number, made.body.id);
      const form = new FormData();
      for (const path of photos)
        form.append('photo', new Blob([await readFile(path)], { type: 'image/jpeg' }), 'a.jpg');
      await server.admin.post(`/students/${made.body.id}/face`, form);
    }
    const { courseId } = server.seeded!;
    await server.admin.post(`/courses/${courseId}/enrolments`, { studentIds: [...students.values()] });
    const opened = await server.teacher.post<ClassSession>('/sessions', { courseId, cameraIds: [] });
    sessionId = opened.body.id;
  }, 300_000);

  afterAll(async () => {
    tap?.close();
    await browser?.close();
    await server?.close();
  });

  it('joins by a link, is live, and its students are marked', async () => {
    const link = await server.teacher.post<{ token: string; streamId: string }>(
      `/sessions/${sessionId}/publishers`,
      { name: 'Dizüstü' },
    );
    expect(link.status, JSON.stringify(link.body)).toBe(201);
    tap = tapLive(server.url, server.teacher.token);
    await tap.joined(sessionId);
    const { page, problems } = await openPage(browser, server.url, { locale: 'tr-TR' });
    await page.goto(`/publish#${link.body.token}`);
    await page.getByRole('button', { name: 'Başlat' }).click();
    await page.getByText('Görüntünüz gönderiliyor').waitFor();
    await tap.until<StreamStatusView>(
      'stream:status',
      ({ streamId, state }) => streamId === link.body.streamId && state === 'live',
    );
    for (const number of classroom.truth.present.slice(0, 3)) {
      await tap.until<{ record: AttendanceRecord }>(
        'attendance:marked',
        ({ record }) => record.studentId === students.get(number),
        60_000,
      );
    }
    expect(await seriousViolations(page)).toEqual([]);
    expect(problems).toEqual([]);
    await sleep(100);
  }, 120_000);
});

/** What Chromium plays as its camera. */
async function motionJpeg(video: string): Promise<string> {
  const out = join(demoCache, 'classroom', `camera-${WIDTH}.mjpeg`);
  await promisify(execFile)('ffmpeg', [
    ...['-y', '-loglevel', 'error', '-i', video, '-an', '-vf', 'scale=1280:-2,fps=10', '-q:v', '3'],
    ...['-f', 'mjpeg', out],
  ]);
  return out;
}
