import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ageOf, type BrowserCameras, openCameras } from '../support/browser-cameras.ts';
import { eventually, type LiveTap, tapLive } from '../support/live.ts';
import { programs } from '../support/processes.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { readCounter } from '../support/video.ts';
import { latest, makeLink, openSession, skipWithoutMediaWorker } from '../support/webrtc.ts';
import { chromiumPath, launchChromium } from './browser.ts';
import { percentile, spread } from './figures.ts';
import { openViewer, type Viewer } from './viewer.ts';

const SUITE = 'watching a browser live';

describe.skipIf(!chromiumPath || skipWithoutMediaWorker(SUITE))(SUITE, () => {
  let server: TestServer;
  let browser: Browser;
  let cameras: BrowserCameras;
  let viewer: Viewer;
  let tap: LiveTap;
  let sessionId: string;
  let streamId: string;

  beforeAll(async () => {
    server = await startTestServer({ pipeline: true, students: 0 });
    sessionId = await openSession(server);
    tap = tapLive(server.url, server.teacher.token);
    await tap.joined(sessionId);
    browser = await launchChromium();
    cameras = await openCameras(browser, server.url, { width: 1280, height: 720, fps: 20 });
    viewer = await openViewer(browser, server.url);
  }, 180_000);
  afterAll(async () => {
    tap?.close();
    await browser?.close();
    await server?.close();
  });

  const told = async () => {
    const { state, reason } = await viewer.told('one');
    return [state, reason];
  };

  it('waits for the publisher, then shows it, and knows when its frames were captured', async () => {
    const link = await makeLink(server, sessionId);
    ({ streamId } = link);
    await viewer.start('one', { token: server.teacher.token!, streamId });
    await eventually(async () => String(await told()) === 'waiting,no-publisher');
    await cameras.start('camera', link.token);
    await eventually(async () => String(await told()) === 'live,');
    await latest(tap, streamId, ({ state }) => state === 'live');
    // It may begin with the small picture; the large one follows when the connection has proved itself.
    await sleep(5000);
    await viewer.take('one');
    const since = tap.events.length;
    tap.socket.emit('session:watch', { sessionId, streamId, width: 1280 });
    await sleep(6000);
    tap.socket.emit('session:watch', { sessionId, streamId: null });
    const frames = (await viewer.take('one')).filter(({ counter }) => counter !== null);
    const shown = frames.map(({ counter, atMs }) => ageOf(counter!, atMs));
    const off = frames.map(({ counter, captureMs }) => signed(ageOf(counter!, captureMs!)));
    const pipeline: number[] = [];
    for (const { name, payload } of tap.events.slice(since)) {
      if (name !== 'session:picture') continue;
      const { atMs, jpeg } = payload as { atMs: number; jpeg: Uint8Array };
      const { data, info } = await sharp(jpeg).removeAlpha().raw().toBuffer({ resolveWithObject: true });
      const counter = readCounter({ data, width: info.width, height: info.height });
      if (counter !== null) pipeline.push(signed(ageOf(counter, atMs)));
    }
    const { width } = await viewer.told('one');
    console.log(
      [
        `${width} wide, drawn to shown: ${spread(shown)}`,
        `capture time by the SDK − drawn: ${spread(off)}`,
        `capture time of the pipeline − drawn: ${spread(pipeline)}`,
      ].join('\n'),
    );
    expect(frames.length).toBeGreaterThan(20);
    expect(frames.every(({ captureMs }) => captureMs !== null)).toBe(true);
    expect(Math.abs(percentile(off, 0.5))).toBeLessThan(200);
  }, 120_000);

  it('comes back with the publisher after the media worker was killed', async () => {
    const [pid] = programs('mediasoup-worker');
    process.kill(pid!, 'SIGKILL');
    const began = performance.now();
    await eventually(async () => (await told())[0] !== 'live');
    await viewer.more('one', 3);
    await viewer.take('one');
    console.log(`media worker killed: picture again after ${Math.round(performance.now() - began)} ms`);
    await sleep(1500);
    const frames = (await viewer.take('one')).filter(({ counter }) => counter !== null);
    const off = frames.map(({ counter, captureMs }) => signed(ageOf(counter!, captureMs!)));
    console.log(`capture time by the SDK − drawn: ${spread(off)}`);
    expect(Math.abs(percentile(off, 0.5))).toBeLessThan(500);
  }, 90_000);

  it('says so when the publisher has left, and leaves nothing when the viewer has', async () => {
    await cameras.stop('camera');
    await eventually(async () => String(await told()) === 'waiting,no-publisher');
    await viewer.stop('one');
    await eventually(() => server.context.sfu.stats().rooms === 0);
    expect(server.context.feeds.stats().feeds).toBe(0);
  }, 60_000);
});

/** Counters go round; a time before the drawing is a small negative age. */
function signed(age: number): number {
  return age > 2 ** 19 ? age - 2 ** 20 : age;
}
