import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Sampling } from '../../pipeline/messages.ts';
import { probeSource } from '../../pipeline/sources/probe.ts';
import { createSource, type SourceOptions } from '../../pipeline/sources/source.ts';
import { type CameraOptions, skipWithoutCamera, startCamera, type TestCamera } from '../support/camera.ts';
import { expectWithin, slack } from '../support/promise.ts';
import { makeVideo } from '../support/video.ts';
import { ffmpegChildren, testFfmpeg, type WatchedSource, watchSource } from '../support/watch-source.ts';

/** Cameras that work, and all the ways in which they do not. */

const FIVE: Sampling = { mode: 'fps', fps: 5 };
/** What the product promises is 5 s; the pauses are the product's own. */
const BACK_WITHIN_MS = 5000;

const cleanups: (() => Promise<unknown>)[] = [];
async function cleanUp() {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
}
afterEach(async () => {
  await cleanUp();
  expect(ffmpegChildren()).toEqual([]);
});

async function watch(
  url: string,
  sampling: Sampling = FIVE,
  options: Partial<SourceOptions> = {},
): Promise<WatchedSource> {
  const watched = await watchSource({ kind: 'rtsp', url }, sampling, options);
  cleanups.push(() => watched.source.stop());
  return watched;
}

describe.skipIf(skipWithoutCamera('RTSP cameras'))('RTSP cameras', () => {
  let dir = '';
  const stream = (name: string) => join(dir, name);
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'yoklama-cameras-'));
    await makeVideo(stream('wide.h264'), { width: 640, height: 360, seconds: 4 });
    await makeVideo(stream('wide.hevc'), { width: 640, height: 360, seconds: 2 });
    await makeVideo(stream('square.h264'), { width: 480, height: 480, seconds: 2, countFrom: 100 });
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  async function camera(options: Partial<CameraOptions> = {}): Promise<TestCamera> {
    const started = await startCamera({ files: [stream('wide.h264')], ...options });
    cleanups.push(started.kill);
    return started;
  }

  it.each([
    ['h264', 'wide.h264'],
    ['hevc', 'wide.hevc'],
  ] as const)('gives whole %s frames at the rate, size and time asked for', async (codec, file) => {
    const cam = await camera({ codec, files: [stream(file)], user: 'viewer', password: 'p@ss w:1/' });
    const watched = await watch(cam.url, FIVE, { maxWidth: 320 });
    await watched.more(16, 15_000);
    // The first frames may be a backlog: from the last key frame to now.
    const frames = watched.frames.slice(4);

    expect(watched.statuses.map((s) => s.state)).toEqual(['connecting', 'live']);
    expect(watched.status()).toMatchObject({ reason: 'ok', width: 320, height: 180, codec });
    for (const [index, frame] of frames.entries()) {
      expect(frame.counter).not.toBeNull();
      const sentMs = sentAt(cam, frame.counter!, frame.arrivedMs);
      expect(frame.atMs - sentMs).toBeGreaterThanOrEqual(-1);
      expect(frame.atMs - sentMs).toBeLessThan(500);
      const before = frames[index - 1];
      if (!before) continue;
      expect((frame.counter! - before.counter! + cam.frames) % cam.frames).toBe(5);
      expect(frame.seq).toBe(before.seq + 1);
      expect(frame.mediaTimeS - before.mediaTimeS).toBeCloseTo(0.2, 0);
    }
  });

  it.each([
    ['h264', 'wide.h264'],
    ['hevc', 'wide.hevc'],
  ] as const)('shows no half-decoded picture of %s when it joins in mid-stream', async (codec, file) => {
    const cam = await camera({ codec, files: [stream(file)] });
    // The camera's stream begins with a key frame for the first viewer only.
    const first = await watch(cam.url);
    await first.more(8);
    const second = await watch(cam.url);
    await second.more(6);
    expect(second.frames.map((frame) => frame.counter)).not.toContain(null);
  });

  it('gives one frame a group of pictures in economy mode', async () => {
    const cam = await camera();
    const watched = await watch(cam.url, { mode: 'keyframes' });
    const frames = await watched.more(3, 15_000);
    for (const frame of frames) expect(frame.counter! % 25).toBe(0);
  });

  it('follows a change of resolution in mid-stream', async () => {
    const cam = await camera({ files: [stream('wide.h264'), stream('square.h264')] });
    const watched = await watch(cam.url);
    await watched.until('the square pictures', (s) => s.width === 480, 12_000);
    await watched.until('the wide pictures', (s) => s.width === 640, 12_000);
    await watched.more(2);
    for (const frame of watched.frames) {
      expect(frame.counter).not.toBeNull();
      const wide = frame.counter! < 100;
      expect([frame.width, frame.height]).toEqual(wide ? [640, 360] : [480, 480]);
    }
  });

  it('is back within 5 s when a camera that lost its power returns', async () => {
    const cam = await camera();
    const watched = await watch(cam.url);
    await watched.more(5);
    await cam.kill();
    const lost = await watched.until('the loss', (s) => s.state === 'reconnecting', 3000);
    expect(lost).toMatchObject({ reason: 'disconnected' });
    expect(lost.retryAtMs).toBeGreaterThan(Date.now() - 1000);
    await watched.until('the refusal', (s) => s.reason === 'refused', 3000);
    expect(ffmpegChildren()).toEqual([]);
    // Long enough for the pauses to have grown to their longest.
    await sleep(3000);
    await cam.restart();
    const returnedMs = Date.now();
    const [frame] = await watched.more(1, slack(BACK_WITHIN_MS));
    expectWithin(BACK_WITHIN_MS, 'power back: a frame', frame!.arrivedMs - returnedMs);
    expect(watched.status().state).toBe('live');
    expectRising(watched);
  });

  it('tells a frozen camera, and is back within 5 s when it goes on', async () => {
    const cam = await camera();
    const watched = await watch(cam.url);
    await watched.more(5);
    cam.freeze();
    await watched.until('stalled', (s) => s.state === 'stalled', 4000);
    const lost = await watched.until('reconnecting', (s) => s.state === 'reconnecting', 4000);
    expect(lost.reason).toBe('frozen');
    await sleep(5000);
    expect(watched.status().state).toBe('reconnecting');
    cam.thaw();
    const thawedMs = Date.now();
    const [frame] = await watched.more(1, slack(BACK_WITHIN_MS));
    expectWithin(BACK_WITHIN_MS, 'frozen camera goes on: a frame', frame!.arrivedMs - thawedMs);
    expectRising(watched);
  });

  it('goes on without a new connection after a short hang', async () => {
    const cam = await camera();
    const watched = await watch(cam.url, FIVE, { timings: { stall: 600, giveUp: 8000 } });
    await watched.more(5);
    cam.freeze();
    await watched.until('stalled', (s) => s.state === 'stalled');
    cam.thaw();
    await watched.until('live', (s) => s.state === 'live');
    expect(watched.statuses.map((s) => s.state)).toEqual(['connecting', 'live', 'stalled', 'live']);
  });

  it('tells a wrong password, keeps it to itself, and does not try again at once', async () => {
    const cam = await camera({ user: 'viewer', password: 'right' });
    const url = cam.url.replace('right', 'secret-but-wrong');
    const watched = await watch(url);
    const status = await watched.until('failed', (s) => s.state === 'failed');
    expect(status.reason).toBe('wrong-credentials');
    expect(status.retryAtMs! - Date.now()).toBeGreaterThan(15_000);
    expect(JSON.stringify(watched.statuses)).not.toContain('secret-but-wrong');

    const probed = await probe(url);
    expect(probed).toMatchObject({ ok: false, code: 'wrong-credentials' });
    expect(JSON.stringify(probed)).not.toContain('secret-but-wrong');
  });

  it('tells a wrong path', async () => {
    const cam = await camera();
    const watched = await watch(cam.url.replace('/cam', '/nothing-here'));
    await watched.until('failed', (s) => s.state === 'failed' && s.reason === 'not-found');
  });

  it('probes: codec, size, rate and a picture', async () => {
    const cam = await camera({ user: 'viewer', password: 'x' });
    const probed = await probe(cam.url);
    expect(probed).toMatchObject({ ok: true, codec: 'h264', width: 640, height: 360, fps: 25 });
    expect(probed.ok && Buffer.from(probed.snapshot.subarray(0, 2)).toString('hex')).toBe('ffd8');
  });

  it('throws frames away, and no memory, when nobody gives buffers back', async () => {
    const cam = await camera();
    let held = 0;
    const source = createSource(
      { kind: 'rtsp', url: cam.url },
      { mode: 'fps', fps: 25 },
      { maxWidth: 0, cameras: { allowedNetworks: [], allowLoopback: true }, ffmpeg: await testFfmpeg() },
      { onFrame: () => held++, onStatus: () => {} },
    );
    cleanups.push(source.stop);
    source.start();
    await expect.poll(() => source.stats().skipped, { timeout: 10_000 }).toBeGreaterThan(10);
    expect(held).toBeLessThanOrEqual(4);
  });

  it('stops at any moment and leaves no process behind', async () => {
    const cam = await camera();
    for (const delay of [0, 30, 150, 400, 900]) {
      const watched = await watch(cam.url);
      await sleep(delay);
      await watched.source.stop();
      const told = watched.statuses.length;
      expect(ffmpegChildren()).toEqual([]);
      await sleep(50);
      expect(watched.statuses.length).toBe(told);
    }
  });
});

describe('what is no camera', () => {
  async function server(onConnection: (socket: Socket) => void): Promise<string> {
    const sockets = new Set<Socket>();
    const listening: Server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => {});
      onConnection(socket);
    });
    await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
    cleanups.push(async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => listening.close(resolve));
    });
    const address = listening.address();
    return `rtsp://127.0.0.1:${typeof address === 'object' ? address!.port : 0}/cam`;
  }

  const answering = (answer: (cseq: string) => string) => (socket: Socket) => {
    socket.on('data', (request) => socket.write(answer(/CSeq: (\d+)/.exec(String(request))?.[1] ?? '1')));
  };

  it('tells a port where nothing listens, without starting ffmpeg', async () => {
    const url = await server(() => {});
    await cleanUp();
    const watched = await watch(url);
    await watched.until('refused', (s) => s.state === 'reconnecting' && s.reason === 'refused', 3000);
    expect(await probe(url)).toMatchObject({ ok: false, code: 'refused' });
  });

  it('tells a server that takes connections and says nothing', async () => {
    const url = await server(() => {});
    const watched = await watch(url, FIVE, { timings: { describe: 700 } });
    await watched.until('unreachable', (s) => s.reason === 'unreachable', 5000);
    expect(await probe(url, 800)).toMatchObject({ ok: false, code: 'unreachable' });
  });

  it('tells a server that speaks something else', async () => {
    const url = await server((socket) => socket.end('220 mail.example ESMTP\r\n'));
    const watched = await watch(url);
    const status = await watched.until('a loss', (s) => s.state === 'reconnecting', 8000);
    expect(status.reason).not.toBe('starting');
  });

  it('tells a camera that is too busy', async () => {
    const url = await server(
      answering((cseq) => `RTSP/1.0 453 Not Enough Bandwidth\r\nCSeq: ${cseq}\r\n\r\n`),
    );
    const watched = await watch(url);
    await watched.until('refused', (s) => s.reason === 'refused', 5000);
  });

  it('does not follow a redirect to another address', async () => {
    let visits = 0;
    const elsewhere = await server(() => visits++);
    const url = await server(
      answering((cseq) => `RTSP/1.0 302 Moved\r\nCSeq: ${cseq}\r\nLocation: ${elsewhere}\r\n\r\n`),
    );
    const watched = await watch(url);
    await watched.until('forbidden', (s) => s.state === 'failed' && s.reason === 'forbidden', 5000);
    expect(await probe(url)).toMatchObject({ ok: false, code: 'forbidden' });
    expect(visits).toBeLessThanOrEqual(2);
  });

  it('does not connect to an address outside the allowed networks', async () => {
    let visits = 0;
    const url = await server(() => visits++);
    const cameras = { allowedNetworks: ['10.0.0.0/8'], allowLoopback: false };
    const watched = await watch(url, FIVE, { cameras });
    await watched.until('forbidden', (s) => s.state === 'failed' && s.reason === 'forbidden', 3000);
    const options = { ffmpeg: await testFfmpeg(), cameras };
    expect(await probeSource({ kind: 'rtsp', url }, options)).toMatchObject({ ok: false, code: 'forbidden' });
    expect(visits).toBe(0);
  });
});

async function probe(url: string, timeoutMs = 8000) {
  const cameras = { allowedNetworks: [], allowLoopback: true };
  return probeSource({ kind: 'rtsp', url }, { ffmpeg: await testFfmpeg(), cameras, timeoutMs });
}

/** When the frame with this counter was last sent before it arrived. */
function sentAt(cam: TestCamera, counter: number, arrivedMs: number): number {
  const now = Math.floor(((arrivedMs - cam.startedAtMs) / 1000) * cam.fps);
  const age = (((now - counter) % cam.frames) + cam.frames) % cam.frames;
  return cam.startedAtMs + ((now - age) * 1000) / cam.fps;
}

function expectRising({ frames }: WatchedSource) {
  for (const [index, frame] of frames.entries()) {
    const before = frames[index - 1];
    if (!before) continue;
    expect(frame.seq).toBe(before.seq + 1);
    expect(frame.atMs).toBeGreaterThan(before.atMs);
    expect(frame.mediaTimeS).toBeGreaterThan(before.mediaTimeS);
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
