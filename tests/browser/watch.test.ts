import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ClassSession } from '../../server/features/sessions/schemas.ts';
import { skipWithoutCamera, startCamera, type TestCamera } from '../support/camera.ts';
import { eventually, type LiveTap, tapLive } from '../support/live.ts';
import { descendants, programs } from '../support/processes.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { makeVideo, readCounter } from '../support/video.ts';
import { skipWithoutMediaWorker } from '../support/webrtc.ts';
import { chromiumPath, launchChromium } from './browser.ts';
import { percentile, spread } from './figures.ts';
import { openViewer, type Viewer } from './viewer.ts';

const SUITE = 'watching a camera live';
const leftOut = !chromiumPath || skipWithoutMediaWorker(SUITE) || skipWithoutCamera(SUITE);

describe.skipIf(leftOut)(SUITE, () => {
  let dir: string;
  let camera: TestCamera;
  let hevc: TestCamera;
  let server: TestServer;
  let browser: Browser;
  let viewer: Viewer;
  let tap: LiveTap;
  let streamId: string;
  let hevcStreamId: string;
  let sessionId: string;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'yoklama-watch-'));
    const files = { h264: join(dir, 'a.h264'), hevc: join(dir, 'a.hevc') };
    const size = { width: 1280, height: 720, fps: 25, seconds: 8 };
    await makeVideo(files.h264, size);
    await makeVideo(files.hevc, { ...size, seconds: 4 });
    camera = await startCamera({ files: [files.h264] });
    hevc = await startCamera({ files: [files.hevc], codec: 'hevc' });
    server = await startTestServer({ pipeline: true, students: 0, env: { WEBRTC_MAX_VIEWERS: '3' } });
    const { courseId } = server.seeded!;
    const cameraIds: string[] = [];
    for (const [name, { url }] of Object.entries({ camera, hevc })) {
      const made = await server.admin.post<{ id: string }>('/cameras', {
        ...{ name, url },
        sampling: { mode: 'fps', fps: 5 },
      });
      expect(made.status, JSON.stringify(made.body)).toBe(201);
      cameraIds.push(made.body.id);
    }
    const opened = await server.teacher.post<ClassSession>('/sessions', { courseId, cameraIds });
    expect(opened.status, JSON.stringify(opened.body)).toBe(201);
    sessionId = opened.body.id;
    const streamOf = (cameraId: string | undefined) =>
      opened.body.cameras.find((one) => one.cameraId === cameraId)!.streamId;
    streamId = streamOf(cameraIds[0]);
    hevcStreamId = streamOf(cameraIds[1]);
    tap = tapLive(server.url, server.teacher.token);
    await tap.joined(sessionId);
    await eventually(() => server.context.supervisor.statusOf(streamId)?.state === 'live', 60_000);
    browser = await launchChromium();
    viewer = await openViewer(browser, server.url);
  }, 300_000);

  afterAll(async () => {
    tap?.close();
    await browser?.close();
    await server?.close();
    await camera?.kill();
    await hevc?.kill();
    await rm(dir, { recursive: true, force: true });
  });

  const token = () => server.teacher.token;
  const isLive = (name: string) => async () => {
    const { state, frames } = await viewer.told(name);
    return state === 'live' && frames > 0;
  };

  it('shows the picture soon, as the camera sent it, and knows when it was captured', async () => {
    await viewer.start('one', { token: token(), streamId });
    await eventually(isLive('one'));
    const first = await viewer.told('one');
    const [relay] = await relays();
    expect(relay?.args).toContain('-c:v copy');
    expect(first.width).toBe(1280);
    await sleep(3000);
    await viewer.take('one');
    const before = await cpuSeconds(relay!.pid);
    const since = tap.events.length;
    tap.socket.emit('session:watch', { sessionId, streamId, width: 960 });
    await sleep(6000);
    tap.socket.emit('session:watch', { sessionId, streamId: null });
    const cpu = ((await cpuSeconds(relay!.pid)) - before) / 6;
    const frames = (await viewer.take('one')).filter(({ counter }) => counter !== null);
    const shown = frames.map(({ counter, atMs }) => atMs - sentAt(counter!, atMs, camera));
    const captured = frames.map(
      ({ counter, atMs, captureMs }) => captureMs! - sentAt(counter!, atMs, camera),
    );
    const pipeline = await pictureErrors(tap, since, camera);
    console.log(
      [
        `first picture after ${Math.round(first.firstAfterMs!)} ms`,
        `relay: ${(100 * cpu).toFixed(1)}% of a core`,
        `camera to screen: ${spread(shown)}`,
        `capture time by the SDK − truth: ${spread(captured)}`,
        `capture time of the pipeline − truth: ${spread(pipeline)}`,
      ].join('\n'),
    );
    expect(first.firstAfterMs).toBeLessThan(10_000);
    expect(frames.length).toBeGreaterThan(30);
    expect(percentile(shown, 0.5)).toBeLessThan(1000);
    // To the frame: what a busy machine delays is shown late, but not taken for another instant.
    expect(Math.abs(percentile(captured, 0.5))).toBeLessThan(150);
    expect(percentile(captured, 0.95) - percentile(captured, 0.05)).toBeLessThan(60);
  }, 120_000);

  it('is shown later where a delay is asked for', async () => {
    const median = async () => {
      await sleep(2500);
      await viewer.take('one');
      await sleep(2000);
      const frames = (await viewer.take('one')).filter(({ captureMs }) => captureMs !== null);
      return percentile(
        frames.map(({ atMs, captureMs }) => atMs - captureMs!),
        0.5,
      );
    };
    const before = await median();
    await viewer.delay('one', 400);
    const after = await median();
    console.log(
      `shown ${Math.round(before)} ms after its capture, with a delay of 400 ms ${Math.round(after)} ms`,
    );
    expect(after - before).toBeGreaterThan(150);
    await viewer.delay('one', 0);
  }, 60_000);

  it('connects to the camera once for all who watch, and not at all for nobody', async () => {
    await viewer.start('two', { token: token(), streamId });
    await eventually(isLive('two'));
    expect(await relays()).toHaveLength(1);
    expect(server.context.feeds.stats()).toEqual({ feeds: 1, relays: 1 });
    expect(server.context.viewers.count()).toBe(2);
    await viewer.stop('one');
    await sleep(500);
    expect(await relays()).toHaveLength(1);
    await viewer.more('two', 10);
    await viewer.stop('two');
    await eventually(async () => (await relays()).length === 0);
    expect(server.context.feeds.stats()).toEqual({ feeds: 0, relays: 0 });
    expect(server.context.viewers.count()).toBe(0);
    expect(server.context.sfu.stats().rooms).toBe(0);
  }, 60_000);

  it('comes back after the relay, the pipeline worker, the media worker or the camera was gone', async () => {
    await viewer.start('three', { token: token(), streamId });
    await eventually(isLive('three'));
    const worker = () => programs('node').filter((pid) => pid !== process.pid);
    const blows: Record<string, () => Promise<void>> = {
      relay: async () => {
        process.kill((await relays())[0]!.pid, 'SIGKILL');
      },
      'media worker': async () => {
        process.kill(programs('mediasoup-worker')[0]!, 'SIGKILL');
      },
      'pipeline worker': async () => {
        const parents = new Set((await relays()).map(({ parent }) => parent));
        for (const pid of worker()) if (parents.has(pid)) process.kill(pid, 'SIGKILL');
      },
      camera: async () => {
        await camera.kill();
        await sleep(1000);
        await camera.restart();
      },
    };
    for (const [what, strike] of Object.entries(blows)) {
      const before = await relays();
      await strike();
      const began = performance.now();
      await eventually(async () =>
        (await relays()).some(({ pid }) => before.every((one) => one.pid !== pid)),
      );
      await viewer.more('three', 3);
      console.log(`${what} killed: picture again after ${Math.round(performance.now() - began)} ms`);
      expect(performance.now() - began).toBeLessThan(40_000);
      await eventually(async () => (await viewer.told('three')).state === 'live');
    }
    await viewer.stop('three');
    await eventually(async () => (await relays()).length === 0);
  }, 240_000);

  it('encodes what browsers do not read anew, while somebody watches', async () => {
    await eventually(() => server.context.supervisor.statusOf(hevcStreamId)?.state === 'live', 60_000);
    await viewer.start('four', { token: token(), streamId: hevcStreamId });
    await eventually(isLive('four'), 60_000);
    const first = await viewer.told('four');
    const [relay] = await relays();
    expect(relay?.args).toContain('libx264');
    await viewer.take('four');
    const before = await cpuSeconds(relay!.pid);
    await sleep(4000);
    const cpu = ((await cpuSeconds(relay!.pid)) - before) / 4;
    const frames = (await viewer.take('four')).filter(({ counter }) => counter !== null);
    const shown = frames.map(({ counter, atMs }) => atMs - sentAt(counter!, atMs, hevc));
    console.log(
      `HEVC: first picture after ${Math.round(first.firstAfterMs!)} ms, ${(100 * cpu).toFixed(0)}% of a core, ` +
        `camera to screen ${spread(shown)}`,
    );
    expect(frames.length).toBeGreaterThan(10);
    await viewer.stop('four');
    await eventually(async () => (await relays()).length === 0);
  }, 120_000);

  it('ends with the session', async () => {
    await viewer.start('five', { token: token(), streamId });
    await eventually(isLive('five'));
    const closed = await server.teacher.post(`/sessions/${sessionId}/close`);
    expect(closed.status).toBe(200);
    await eventually(async () => {
      const { state, reason } = await viewer.told('five');
      return state === 'unavailable' && reason === 'session-closed';
    });
    await eventually(async () => (await relays()).length === 0);
    expect(server.context.feeds.stats().feeds).toBe(0);
  }, 60_000);
});

/** The programs that send cameras' video to the media worker. */
async function relays(): Promise<{ pid: number; parent: number; args: string }[]> {
  const found: { pid: number; parent: number; args: string }[] = [];
  for (const { pid, parent, program } of descendants()) {
    if (program !== 'ffmpeg') continue;
    const args = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).replaceAll('\0', ' ');
    if (/ rtp:\/\/127\.0\.0\.1:/.test(args)) found.push({ pid, parent, args });
  }
  return found;
}

/** User and system time of a process, by proc(5) in hundredths. */
async function cpuSeconds(pid: number): Promise<number> {
  const stat = (await readFile(`/proc/${pid}/stat`, 'utf8')).replace(/^.*\) /, '').split(' ');
  return (Number(stat[11]) + Number(stat[12])) / 100;
}

/** When the camera sent the frame with this counter the last time before `beforeMs`; epoch milliseconds. */
function sentAt(counter: number, beforeMs: number, { startedAtMs, fps, frames }: TestCamera): number {
  const firstMs = startedAtMs + (1000 * counter) / fps;
  const loopMs = (1000 * frames) / fps;
  return firstMs + Math.floor((beforeMs - firstMs) / loopMs) * loopMs;
}

/** How far the times of the pipeline's pictures are from when the camera sent them. */
async function pictureErrors(tap: LiveTap, since: number, camera: TestCamera): Promise<number[]> {
  const errors: number[] = [];
  for (const { name, payload } of tap.events.slice(since)) {
    if (name !== 'session:picture') continue;
    const { atMs, jpeg } = payload as { atMs: number; jpeg: Uint8Array };
    const { data, info } = await sharp(jpeg).removeAlpha().raw().toBuffer({ resolveWithObject: true });
    const counter = readCounter({ data, width: info.width, height: info.height });
    if (counter !== null) errors.push(atMs - sentAt(counter, atMs, camera));
  }
  return errors;
}
