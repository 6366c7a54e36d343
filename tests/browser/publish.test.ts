import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Browser, Page } from 'playwright-core';
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
  let shown: Page;
  let token: string;
  let streamId: string;
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

  async function publishing(page: Page): Promise<void> {
    await page.getByText('Görüntünüz gönderiliyor').waitFor();
  }

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
    await publishing(page);
    ({ token, streamId } = link.body);
    await tap.until<StreamStatusView>(
      'stream:status',
      ({ streamId, state }) => streamId === link.body.streamId && state === 'live',
    );
    const { absent } = classroom.truth;
    const marked = () =>
      new Set(
        tap.events
          .filter(({ name }) => name === 'attendance:marked')
          .map(({ payload }) => (payload as { record: AttendanceRecord }).record.studentId),
      );
    await tap.until('attendance:marked', () => marked().size >= 8, 60_000);
    for (const number of absent) expect(marked().has(students.get(number)!)).toBe(false);
    expect(await seriousViolations(page)).toEqual([]);
    expect(problems).toEqual([]);
    shown = page;
  }, 120_000);

  it('refuses a link that was used', async () => {
    const { page } = await openPage(browser, server.url, { locale: 'tr-TR' });
    await page.goto(`/publish#${token}`);
    await page.getByRole('button', { name: 'Başlat' }).click();
    await page.getByText('Bağlantı daha önce kullanılmış').waitFor();
    await page.close();
  });

  it('comes back within five seconds when the media worker is killed, and when ffmpeg is', async () => {
    const live = (since: number) =>
      until(async () => {
        const frames = tap.events.slice(since).filter(({ name }) => name === 'session:faces');
        return frames.length > 2 ? true : undefined;
      });
    for (const program of ['mediasoup-worker', 'ffmpeg']) {
      const pids = await childrenOf(process.pid, program);
      expect(pids.length, program).toBeGreaterThan(0);
      for (const pid of pids) process.kill(pid, 'SIGKILL');
      const began = performance.now();
      await sleep(300);
      await live(tap.events.length);
      console.log(`${program} killed: picture again after ${Math.round(performance.now() - began)} ms`);
      expect(performance.now() - began).toBeLessThan(15_000);
      await publishing(shown);
    }
  }, 60_000);

  it('takes an encoder over WHIP, refuses what it cannot take, and frees everything at DELETE', async () => {
    const made = await server.teacher.post<{ token: string; streamId: string }>(
      `/sessions/${sessionId}/publishers`,
      { name: 'Kodlayıcı' },
    );
    const { page } = await openPage(browser, server.url);
    await page.goto('/');
    const whip = (body: { codec: string | null; token: string }) =>
      page.evaluate(async ({ codec, token: bearer }) => {
        const peer = new RTCPeerConnection();
        const stream = await navigator.mediaDevices.getUserMedia({ video: true });
        const sender = peer.addTransceiver(stream.getVideoTracks()[0]!, { direction: 'sendonly' });
        const all = RTCRtpSender.getCapabilities('video')!.codecs;
        if (codec) sender.setCodecPreferences(all.filter(({ mimeType }) => mimeType === codec));
        await peer.setLocalDescription();
        const answer = await fetch('/ingest/whip', {
          method: 'POST',
          headers: { 'content-type': 'application/sdp', authorization: `Bearer ${bearer}` },
          body: peer.localDescription!.sdp,
        });
        const text = await answer.text();
        if (answer.status === 201) await peer.setRemoteDescription({ type: 'answer', sdp: text });
        else peer.close();
        Object.assign(globalThis, { peer });
        return { status: answer.status, text, location: answer.headers.get('location') };
      }, body);
    const accepted = await whip({ codec: 'video/H264', token: made.body.token });
    expect(accepted.status, accepted.text).toBe(201);
    await tap.until<StreamStatusView>(
      'stream:status',
      (status) => status.streamId === made.body.streamId && status.state === 'live',
    );
    const again = await whip({ codec: null, token: made.body.token });
    expect([again.status, again.text]).toEqual([401, expect.stringContaining('publish-token-invalid')]);
    const path = new URL(accepted.location!).pathname;
    const stranger = await fetch(server.url + path, {
      method: 'DELETE',
      headers: { authorization: 'Bearer other' },
    });
    expect(stranger.status).toBe(404);
    const removed = await fetch(server.url + path, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${made.body.token}` },
    });
    expect(removed.status).toBe(200);
    await tap.until<StreamStatusView>(
      'stream:status',
      (status) => status.streamId === made.body.streamId && status.reason === 'no-publisher',
    );
    await page.close();
  }, 60_000);

  it('is sent away', async () => {
    const gone = await server.teacher.call('DELETE', `/sessions/${sessionId}/publishers/${streamId}`);
    expect(gone.status).toBe(204);
    await tap.until<StreamStatusView>(
      'stream:status',
      (status) => status.streamId === streamId && status.reason === 'no-publisher',
    );
    expect(server.context.sfu.stats().rooms).toBe(0);
  });
});

/** Processes under this one, at any depth, whose program has this name. */
async function childrenOf(root: number, program: string): Promise<number[]> {
  const { stdout } = await promisify(execFile)('ps', ['-eo', 'pid,ppid,comm']);
  const rows = stdout
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line)!)
    .map(([, pid, parent, name]) => ({ pid: Number(pid), parent: Number(parent), name: name! }));
  const parents = new Map(rows.map(({ pid, parent }) => [pid, parent]));
  const isUnder = (pid: number): boolean => {
    for (let at: number | undefined = pid; at !== undefined && at > 1; at = parents.get(at))
      if (at === root) return true;
    return false;
  };
  return rows
    .filter(({ pid, name }) => program.startsWith(name.slice(0, 15)) && isUnder(pid))
    .map(({ pid }) => pid);
}

async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  const end = Date.now() + 15_000;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > end) throw new Error('not within 15 s');
    await sleep(50);
  }
}

/** What Chromium plays as its camera. */
async function motionJpeg(video: string): Promise<string> {
  const out = join(demoCache, 'classroom', `camera-${WIDTH}.mjpeg`);
  await promisify(execFile)('ffmpeg', [
    ...['-y', '-loglevel', 'error', '-i', video, '-an', '-vf', 'scale=1280:-2,fps=10', '-q:v', '3'],
    ...['-f', 'mjpeg', out],
  ]);
  return out;
}
