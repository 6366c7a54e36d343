import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Faces } from '../../server/realtime/topics.ts';
import type { ScriptPage } from '../support/bidi.ts';
import { ageOf, openCameras } from '../support/browser-cameras.ts';
import { eventually, type LiveTap, tapLive } from '../support/live.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { latest, makeLink, openSession, skipWithoutMediaWorker } from '../support/webrtc.ts';
import { percentile, spread } from './figures.ts';
import { type Firefox, launchFirefox, skipWithoutFirefox } from './firefox.ts';
import { openViewer, type Viewer } from './viewer.ts';

const SUITE = 'Firefox';
/** An address of this machine that is not loopback: Firefox looks for no way over loopback. */
const address = process.env.FIREFOX_ADDRESS;
if (!address) console.warn(`SKIPPED ${SUITE}, video: FIREFOX_ADDRESS does not name an address to try it on`);

describe.skipIf(skipWithoutMediaWorker(SUITE) || skipWithoutFirefox(SUITE))(SUITE, () => {
  let server: TestServer;
  let firefox: Firefox;
  let viewer: Viewer<ScriptPage>;
  let tap: LiveTap;
  let sessionId: string;

  beforeAll(async () => {
    const env: Record<string, string> = address ? { WEBRTC_LISTEN: address } : {};
    [server, firefox] = await Promise.all([
      startTestServer({ pipeline: true, students: 0, env }),
      launchFirefox(),
    ]);
    sessionId = await openSession(server);
    tap = tapLive(server.url, server.teacher.token);
    await tap.joined(sessionId);
    viewer = await openViewer(firefox, server.url);
  }, 180_000);
  afterAll(async () => {
    tap?.close();
    await firefox?.close();
    await server?.close();
  });

  it.skipIf(address)('sends single pictures by a link where media find no way', async () => {
    const { token, streamId } = await makeLink(server, sessionId);
    const page = await firefox.newPage();
    await page.goto(`${server.url}/publish#${token}`);
    await eventually(async () => (await page.evaluate(PRESS_START)) === true);
    await latest(tap, streamId, ({ state }) => state === 'live');
    expect(server.context.publications.find(streamId)).toBeNull();
    const looks = () =>
      tap.events.filter(
        ({ name, payload }) => name === 'session:faces' && (payload as Faces).streamId === streamId,
      ).length;
    const before = looks();
    await eventually(() => looks() > before + 2);
    await page.close();
    await latest(tap, streamId, ({ reason }) => reason === 'no-publisher');
  });

  it.skipIf(!address)('publishes its camera by a link, as video, and shows it moving', async () => {
    const { token, streamId } = await makeLink(server, sessionId);
    const page = await firefox.newPage();
    await page.goto(`${server.url}/publish#${token}`);
    await eventually(async () => (await page.evaluate(PRESS_START)) === true);
    await eventually(async () =>
      String(await page.evaluate('document.body.innerText')).includes('Görüntünüz gönderiliyor'),
    );
    await latest(tap, streamId, ({ state }) => state === 'live');
    expect(server.context.publications.find(streamId)).not.toBeNull();

    await viewer.start('camera', { token: server.teacher.token, streamId });
    await viewer.more('camera', 10);
    const seen = new Set<unknown>();
    // The camera's picture changes its colour all the time.
    await eventually(async () => seen.add(await viewer.page.evaluate(COLOUR)).size >= 3);
    expect((await viewer.told('camera')).states).toEqual(['connecting', 'live']);
    await viewer.stop('camera');

    await page.close();
    await latest(tap, streamId, ({ reason }) => reason === 'no-publisher');
  });

  it.skipIf(!address)('knows when the frames that it shows were captured', async () => {
    const cameras = await openCameras(firefox, server.url, { width: 640, height: 360, fps: 15 });
    const { token, streamId } = await makeLink(server, sessionId);
    await cameras.start('counter', token);
    await latest(tap, streamId, ({ state }) => state === 'live');
    await viewer.start('counter', { token: server.teacher.token, streamId });
    await viewer.more('counter', 20);
    // The server has looked at the first packets by then.
    await sleep(1500);
    await viewer.take('counter');
    await viewer.more('counter', 20);
    const frames = (await viewer.take('counter')).filter(({ counter }) => counter !== null);
    const off = frames.map(({ counter, captureMs }) => signed(ageOf(counter!, captureMs!)));
    console.log(`Firefox, capture time by the SDK − drawn: ${spread(off)}`);
    expect(frames.length).toBeGreaterThan(10);
    expect(frames.every(({ captureMs }) => captureMs !== null)).toBe(true);
    expect(Math.abs(percentile(off, 0.5))).toBeLessThan(200);
    await viewer.stop('counter');
    await cameras.stop('counter');
    expect((await cameras.told('counter')).states).toEqual(['connecting', 'publishing', 'ended']);
    await eventually(() => server.context.sfu.stats().rooms === 0);
  });
});

const PRESS_START = `(() => {
  const button = [...document.querySelectorAll('button')].find((one) => one.textContent.includes('Başlat'));
  if (!button || button.disabled) return false;
  button.click();
  return true;
})()`;

const COLOUR = `(() => {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 1;
  const brush = canvas.getContext('2d');
  brush.drawImage(document.querySelector('video'), 0, 0, 1, 1);
  return brush.getImageData(0, 0, 1, 1).data.join();
})()`;

/** Counters go round; a time before the drawing is a small negative age. */
function signed(age: number): number {
  return age > 2 ** 19 ? age - 2 ** 20 : age;
}
