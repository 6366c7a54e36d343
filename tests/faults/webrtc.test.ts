import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Observation } from '../../pipeline/messages.ts';
import { percentile } from '../bench/table.ts';
import { chromiumPath, launchChromium } from '../browser/browser.ts';
import { ageOf, type BrowserCameras, openCameras } from '../support/browser-cameras.ts';
import { eventually } from '../support/live.ts';
import { programs } from '../support/processes.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { freeUdpPort, startUdpProxy, type UdpProxy } from '../support/udp-proxy.ts';
import { readCounter } from '../support/video.ts';
import { makeLink, openSession, skipWithoutMediaWorker } from '../support/webrtc.ts';

const FPS = 5;
/** Browsers are told this address; nothing but the bad network listens there. */
const OUTSIDE = '127.0.0.2';

describe.skipIf(!chromiumPath || skipWithoutMediaWorker('WebRTC on bad days'))('WebRTC on bad days', () => {
  let server: TestServer;
  let browser: Browser;
  let cameras: BrowserCameras;
  let network: UdpProxy;
  let sessionId: string;
  let streamId: string;
  const seen: { streamId: string; atMs: number; arrivedMs: number }[] = [];
  const pictures: { atMs: number; arrivedMs: number; jpeg: Uint8Array }[] = [];

  beforeAll(async () => {
    const port = await freeUdpPort('127.0.0.1');
    server = await startTestServer({
      pipeline: true,
      students: 0,
      env: {
        ...{ WEBRTC_PORT: String(port), WEBRTC_ANNOUNCED_ADDRESS: OUTSIDE, WEBRTC_MAX_PUBLISHERS: '2' },
        PIPELINE_FPS: String(FPS),
      },
    });
    network = await startUdpProxy(OUTSIDE, port, '127.0.0.1');
    const { events } = server.context.supervisor;
    events.on('observation', ({ streamId: of, atMs }: Observation) =>
      seen.push({ streamId: of, atMs, arrivedMs: Date.now() }),
    );
    events.on('picture', ({ streamId: of, atMs, jpeg }) => {
      if (of === streamId) pictures.push({ atMs, arrivedMs: Date.now(), jpeg });
    });
    browser = await launchChromium();
    cameras = await openCameras(browser, server.url, { width: 640, height: 360, fps: 15 });
    sessionId = await openSession(server);
    const link = await makeLink(server, sessionId);
    ({ streamId } = link);
    await cameras.start('one', link.token);
    await goesOn(0, 60_000);
    server.context.supervisor.watch(streamId, 640);
  }, 180_000);
  afterAll(async () => {
    await browser?.close();
    network?.close();
    await server?.close();
  });

  /** Resolves when pictures that were taken after `sinceMs` have been looked at, with how long that took. */
  async function goesOn(sinceMs: number, timeoutMs = 15_000): Promise<number> {
    const began = performance.now();
    await eventually(
      () => seen.filter((one) => one.streamId === streamId && one.atMs > sinceMs).length >= 3,
      timeoutMs,
    );
    return Math.round(performance.now() - began);
  }

  /** What the pictures since then say about the time from the camera to here. */
  async function ages(since: number): Promise<{ read: number; p50: number; p95: number; clock: number }> {
    const age: number[] = [];
    const clock: number[] = [];
    for (const { atMs, arrivedMs, jpeg } of pictures.slice(since)) {
      const { data, info } = await sharp(jpeg).removeAlpha().raw().toBuffer({ resolveWithObject: true });
      const counter = readCounter({ data, width: info.width, height: info.height });
      if (counter === null) continue;
      age.push(ageOf(counter, arrivedMs));
      clock.push(ageOf(counter, atMs));
    }
    return {
      read: age.length,
      p50: percentile(age, 0.5),
      p95: percentile(age, 0.95),
      clock: percentile(clock, 0.5),
    };
  }

  it('keeps a stream live where one packet in twenty is lost each way', async () => {
    const before = network.counts();
    const from = seen.length;
    const fromPicture = pictures.length;
    const began = Date.now();
    network.lose(0.05);
    await sleep(10_000);
    network.lose(0);
    const counts = network.counts();
    const lost = counts.lost - before.lost;
    const passed = counts.passed - before.passed;
    const looked = seen.length - from;
    const { read, p50, p95, clock } = await ages(fromPicture);
    console.log(
      `5% loss: ${lost} of ${lost + passed} packets lost; ${looked} pictures in ${Date.now() - began} ms; ` +
        `age at the server p50 ${p50}, p95 ${p95} ms (${read} read); capture time ${clock} ms after the drawing`,
    );
    expect(lost).toBeGreaterThan(10);
    expect(looked).toBeGreaterThan(0.5 * 10 * FPS);
    expect(read).toBeGreaterThan(0);
    // Times of capture, not of arrival: what waits for a packet to be repeated is not taken for later.
    expect(clock).toBeLessThan(500);
    expect((await cameras.told('one')).states.at(-1)).toBe('publishing');
  }, 60_000);

  it('goes on when the browser’s address changes, with the same connection', async () => {
    const { states } = await cameras.told('one');
    await network.rebind();
    const ms = await goesOn(Date.now() + 300);
    console.log(`address changed: picture again after ${ms} ms`);
    expect(server.context.sfu.stats()).toMatchObject({ publishers: 1, rooms: 1 });
    expect((await cameras.told('one')).states).toEqual(states);
  }, 60_000);

  it('goes on after the network was away', async () => {
    network.cut(true);
    await sleep(7000);
    network.cut(false);
    const ms = await goesOn(Date.now(), 30_000);
    console.log(`network away for 7 s: picture again ${ms} ms after its return`);
    await eventually(async () => (await cameras.told('one')).states.at(-1) === 'publishing');
    expect(server.context.sfu.stats()).toMatchObject({ publishers: 1, rooms: 1 });
  }, 90_000);

  it.each(['mediasoup-worker', 'ffmpeg'])(
    'goes on after %s was killed',
    async (program) => {
      const pids = programs(program);
      expect(pids.length).toBe(1);
      const killedMs = Date.now();
      for (const pid of pids) process.kill(pid, 'SIGKILL');
      const ms = await goesOn(killedMs + 300, 20_000);
      console.log(`${program} killed: picture again after ${ms} ms`);
      expect(programs(program).length).toBe(1);
      await eventually(async () => (await cameras.told('one')).states.at(-1) === 'publishing');
      const { sfu } = server.context;
      expect(sfu.stats()).toMatchObject({ publishers: 1, rooms: 1, restarts: 1, workers: 1 });
      expect(sfu.reason()).toBeNull();
    },
    60_000,
  );

  it('tells in /metrics what is carried', async () => {
    const text = await (await fetch(`${server.url}/metrics`)).text();
    const of = (series: string): number => Number(new RegExp(`^${series} (\\S+)$`, 'm').exec(text)?.[1]);
    expect(of('yoklama_webrtc_workers')).toBe(1);
    expect(of('yoklama_webrtc_workers_ready')).toBe(1);
    expect(of('yoklama_webrtc_worker_restarts_total')).toBe(1);
    expect(of('yoklama_webrtc_rooms')).toBe(1);
    expect(of('yoklama_webrtc_publishers')).toBe(1);
    expect(of('yoklama_webrtc_viewers')).toBe(0);
    expect(of('yoklama_webrtc_transports\\{kind="webrtc"\\}')).toBe(1);
    expect(of('yoklama_webrtc_transports\\{kind="plain"\\}')).toBe(1);
    expect(of('yoklama_webrtc_ports\\{use="public"\\}')).toBe(2);
    expect(of('yoklama_webrtc_ports\\{use="loopback"\\}')).toBe(2);
    expect(of('yoklama_webrtc_bits_per_second\\{side="webrtc",direction="in"\\}')).toBeGreaterThan(10_000);
    expect(of('yoklama_webrtc_bits_per_second\\{side="local",direction="out"\\}')).toBeGreaterThan(10_000);
  });

  it('refuses a publisher over the institution’s limit with a clear answer, and takes it when there is room', async () => {
    const [two, three] = [await makeLink(server, sessionId), await makeLink(server, sessionId)];
    await cameras.start('two', two.token);
    await eventually(() => server.context.publications.isLive(two.streamId));
    await cameras.start('three', three.token);
    await eventually(async () => (await cameras.told('three')).end !== null);
    expect(await cameras.told('three')).toMatchObject({ end: 'publishers-full' });
    const encoder = await fetch(`${server.url}/ingest/whip`, {
      method: 'POST',
      headers: { 'content-type': 'application/sdp', authorization: `Bearer ${three.token}` },
      body: OFFER,
    });
    expect(encoder.status, await encoder.clone().text()).toBe(429);
    expect(await encoder.json()).toMatchObject({ error: { code: 'publishers-full', details: { most: 2 } } });
    await cameras.stop('two');
    await eventually(() => !server.context.publications.isLive(two.streamId));
    // The link was not used up by the refusals.
    await cameras.start('three again', three.token);
    await eventually(() => server.context.publications.isLive(three.streamId));
    await cameras.stop('three again');
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(metrics).toMatch(/^yoklama_webrtc_publishers_refused_total 2$/m);
  }, 60_000);
});

const OFFER = [
  'v=0',
  'o=- 1 2 IN IP4 127.0.0.1',
  's=-',
  't=0 0',
  'a=group:BUNDLE 0',
  `a=fingerprint:sha-256 ${Array.from({ length: 32 }, () => 'AB').join(':')}`,
  'a=setup:actpass',
  'a=ice-ufrag:abcd',
  'a=ice-pwd:abcdefghijklmnopqrstuvwx',
  'm=video 9 UDP/TLS/RTP/SAVPF 96',
  'c=IN IP4 0.0.0.0',
  'a=mid:0',
  'a=sendonly',
  'a=rtcp-mux',
  'a=rtpmap:96 VP8/90000',
  'a=ssrc:1111 cname:me',
  '',
].join('\r\n');
