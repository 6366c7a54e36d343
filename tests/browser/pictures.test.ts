import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StreamStatusView } from '../../server/features/sessions/schemas.ts';
import type { Faces } from '../../server/realtime/topics.ts';
import { eventually, type LiveTap, tapLive } from '../support/live.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { latest, makeLink, openSession, skipWithoutMediaWorker } from '../support/webrtc.ts';
import { chromiumPath, launchChromium, openPage, seriousViolations } from './browser.ts';

const SUITE = 'a browser whose network lets no media through';
if (chromiumPath === null) console.warn(`SKIPPED ${SUITE}: no Chromium; CHROMIUM_PATH names one`);

describe.skipIf(chromiumPath === null || skipWithoutMediaWorker(SUITE))(SUITE, () => {
  let server: TestServer;
  let browser: Browser;
  let tap: LiveTap;
  let sessionId: string;
  let page: Page;

  beforeAll(async () => {
    // An address for documentation: nothing is there, so nothing that is sent to it arrives.
    server = await startTestServer({ pipeline: true, env: { WEBRTC_ANNOUNCED_ADDRESS: '192.0.2.1' } });
    browser = await launchChromium(['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream']);
    sessionId = await openSession(server);
    tap = tapLive(server.url, server.teacher.token);
    await tap.joined(sessionId);
  }, 180_000);
  afterAll(async () => {
    tap?.close();
    await browser?.close();
    await server?.close();
  });

  const isLive = ({ state }: StreamStatusView) => state === 'live';
  const facesOf = (streamId: string) =>
    tap.events
      .filter(({ name, payload }) => name === 'session:faces' && (payload as Faces).streamId === streamId)
      .map(({ payload }) => payload as Faces);

  let streamId: string;

  it('publishes single pictures by itself, and says so', async () => {
    const link = await makeLink(server, sessionId, 'Kapalı ağ');
    streamId = link.streamId;
    const opened = await openPage(browser, server.url, { locale: 'tr-TR', permissions: ['camera'] });
    page = opened.page;
    await page.goto(`/publish#${link.token}`);
    const began = performance.now();
    await page.getByRole('button', { name: 'Başlat' }).click();
    await page.getByText('tek tek resimler gönderiliyor').waitFor({ timeout: 60_000 });
    await latest(tap, streamId, isLive);
    console.log(`pictures ${Math.round((performance.now() - began) / 100) / 10} s after the start`);
    await page.getByText('Görüntünüz gönderiliyor').waitFor();
    await eventually(() => facesOf(streamId).length > 5);
    const { width, height } = facesOf(streamId).at(-1)!;
    expect([width, height]).toEqual([1280, 720]);
    expect(await seriousViolations(page)).toEqual([]);
    expect(opened.problems).toEqual([]);
  }, 120_000);

  it('tells when its pictures were taken, by the server’s clock', () => {
    const { atMs } = facesOf(streamId).at(-1)!;
    expect(atMs).toBeLessThanOrEqual(Date.now());
    const times = facesOf(streamId).map((faces) => faces.atMs);
    expect([...times].sort((a, b) => a - b)).toEqual(times);
  });

  it('goes on in the background and comes back after its socket was cut', async () => {
    const other = await page.context().newPage();
    await other.bringToFront();
    const before = facesOf(streamId).length;
    await eventually(() => facesOf(streamId).length > before + 3);
    await other.close();

    for (const socket of server.context.publications.live()) expect(socket).toBe(streamId);
    await page.context().setOffline(true);
    await page.context().setOffline(false);
    await latest(tap, streamId, isLive);
    const again = facesOf(streamId).length;
    await eventually(() => facesOf(streamId).length > again + 3, 60_000);
  }, 120_000);

  it('ends when it is stopped', async () => {
    await page.getByRole('button', { name: 'Durdur' }).click();
    await latest(tap, streamId, ({ reason }) => reason === 'no-publisher');
    expect(server.context.publications.live()).toEqual([]);
    await eventually(() => server.context.sfu.stats().rooms === 0);
  });
});
