import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { H264, type OnPacket, type RtpSender, sendRtp, VP8 } from '../../tests/support/rtp.ts';
import { counterFilter, ffmpeg } from '../../tests/support/video.ts';
import { ffmpegChildren, type WatchedSource, watchSource } from '../../tests/support/watch-source.ts';
import type { RtpCodec, Sampling } from '../messages.ts';

const FPS = 25;
const FRAME_MS = 1000 / FPS;
const TWENTY_FIVE: Sampling = { mode: 'fps', fps: FPS };

let folder: string;
let vp8: string;
let watched: WatchedSource | null = null;
let sender: RtpSender | null = null;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'yoklama-rtp-'));
  vp8 = await film('a.webm', { fps: FPS, seconds: 15 });
});
afterAll(() => rm(folder, { recursive: true, force: true }));
afterEach(async () => {
  await watched?.source.stop();
  await sender?.close();
  [watched, sender] = [null, null];
});

async function film(
  name: string,
  given: { fps: number; seconds: number; size?: string; gop?: number },
): Promise<string> {
  const path = join(folder, name);
  const { fps, seconds, size = '320x180', gop = fps } = given;
  const codec = name.endsWith('.webm')
    ? ['-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '8', '-b:v', '1M', '-lag-in-frames', '0']
    : ['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-bf', '0', '-crf', '30'];
  await ffmpeg([
    ...['-f', 'lavfi', '-i', `testsrc2=size=${size}:rate=${fps}`, '-t', String(seconds)],
    ...['-vf', `${counterFilter()},format=yuv420p`, ...codec, '-g', String(gop), path],
  ]);
  return path;
}

/** The source with a publisher that sends to whatever ports it opens. */
async function publish(
  file: string,
  codec: RtpCodec,
  sampling: Sampling,
  onPacket?: OnPacket,
  more: Parameters<typeof watchSource>[2] = {},
): Promise<{ watched: WatchedSource; ports: number[]; keyFrames: () => number }> {
  const sending = await sendRtp(file, codec, onPacket);
  sender = sending;
  const ports: number[] = [];
  let asked = 0;
  const rtp = {
    opened(opened: { rtpPort: number; rtcpPort: number }) {
      expect(opened.rtcpPort).toBe(opened.rtpPort + 1);
      ports.push(opened.rtpPort);
      sending.to(opened);
    },
    keyFrame: () => void asked++,
  };
  watched = await watchSource({ kind: 'webrtc', codec }, sampling, { rtp, ...more });
  return { watched, ports, keyFrames: () => asked };
}

/** How unevenly frames lie, by their times: 0 where each is as far from the first as it was when it was filmed. */
function unevenness(
  frames: readonly { counter: number | null; atMs: number; arrivedMs: number }[],
  by: 'atMs' | 'arrivedMs',
): number {
  const offsets = frames
    .filter(({ counter }) => counter !== null)
    .map((frame) => frame[by] - frame.counter! * FRAME_MS);
  return Math.max(...offsets) - Math.min(...offsets);
}

describe('frames of a publisher', () => {
  it('have the times at which they were taken, whatever the network does to their packets', async () => {
    let frame = 0;
    let last = -1;
    const jitter = [0, 120, 10, 60, 150, 0, 90, 30];
    const given = await publish(vp8, VP8, TWENTY_FIVE, (_packet, time) => {
      if (time !== last) frame++;
      last = time;
      return jitter[frame % jitter.length]!;
    });
    const seen = await given.watched.more(100, 30_000);
    const settled = seen.slice(25);
    const filmed = unevenness(settled, 'atMs');
    const arrived = unevenness(settled, 'arrivedMs');
    console.log(`jitter: arrival ${arrived.toFixed(0)} ms, capture time ${filmed.toFixed(0)} ms`);
    expect(arrived).toBeGreaterThan(60);
    expect(filmed).toBeLessThan(25);
    expect(settled.every(({ atMs, arrivedMs }) => atMs <= arrivedMs)).toBe(true);
    expect(settled.every(({ counter }) => counter !== null)).toBe(true);
  }, 60_000);

  it('go on where the 32 bits of RTP time begin anew, and after a jump of it', async () => {
    const start = 2 ** 32 - 90_000;
    let first: number | null = null;
    let jump = 0;
    const given = await publish(vp8, VP8, TWENTY_FIVE, (packet, time) => {
      first ??= time;
      packet.writeUInt32BE((start + ((time - first) >>> 0) + jump) >>> 0, 4);
      return 0;
    });
    const wrapped = await given.watched.more(75, 30_000);
    expect(unevenness(wrapped.slice(10), 'atMs')).toBeLessThan(60);
    jump = 3600 * 90_000;
    const jumped = await given.watched.more(50, 30_000);
    const settled = jumped.slice(25);
    expect(unevenness(settled, 'atMs')).toBeLessThan(60);
    for (const { atMs, arrivedMs } of settled) expect(arrivedMs - atMs).toBeLessThan(1000);
    expect(given.ports.length).toBe(1);
  }, 60_000);

  it('come back after losses, for which a key frame is asked', async () => {
    let lost = false;
    const given = await publish(vp8, VP8, { mode: 'fps', fps: 5 }, () => (lost ? null : 0));
    await given.watched.more(5, 20_000);
    const before = given.keyFrames();
    lost = true;
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(given.keyFrames()).toBeGreaterThan(before);
    lost = false;
    const after = await given.watched.more(10, 20_000);
    expect(after.at(-1)!.counter).not.toBeNull();
    expect(given.ports.length).toBe(1);
  }, 60_000);

  it('are taken at one a second without the source being given up', async () => {
    const slow = await film('slow.webm', { fps: 1, seconds: 20, gop: 1 });
    const given = await publish(slow, VP8, { mode: 'fps', fps: 5 });
    const seen = await given.watched.more(7, 40_000);
    expect(given.ports.length).toBe(1);
    expect(given.watched.statuses.filter(({ state }) => state === 'reconnecting')).toEqual([]);
    // A sender that starts late sends its first frames at once; from then on the clock knows better.
    const settled = seen.slice(2);
    const gaps = settled.slice(1).map(({ atMs }, at) => atMs - settled[at]!.atMs);
    for (const gap of gaps) expect(Math.abs(gap - 1000)).toBeLessThan(100);
  }, 60_000);

  it('of 4K at 60 a second are made small and few, and do not get old', async () => {
    const large = await film('large.ts', { fps: 60, seconds: 2, size: '3840x2160', gop: 60 });
    const given = await publish(large, H264, { mode: 'fps', fps: 5 }, undefined, { maxWidth: 1920 });
    const seen = await given.watched.more(12, 60_000);
    expect(seen.at(-1)).toMatchObject({ width: 1920, height: 1080 });
    const spanS = (seen.at(-1)!.atMs - seen[0]!.atMs) / 1000;
    expect(seen.length / spanS).toBeLessThan(7);
    const oldest = Math.max(...seen.slice(2).map(({ atMs, arrivedMs }) => arrivedMs - atMs));
    console.log(`4K at 60: ${(11 / spanS).toFixed(1)} frames/s, ${oldest} ms behind at most`);
    expect(oldest).toBeLessThan(5000);
  }, 120_000);
});

describe('a publisher', () => {
  it('that sends nothing is told as such, and its pictures are taken as soon as they come', async () => {
    const given = await publish(vp8, VP8, { mode: 'fps', fps: 5 }, undefined, {
      timings: { firstFrame: 700, retryMin: 50, retryMax: 100 },
      rtp: { opened: () => undefined, keyFrame: () => undefined },
    });
    const told = await given.watched.until('no picture', ({ state }) => state === 'reconnecting');
    expect(told.reason).toBe('frozen');
    await given.watched.until(
      'the next run',
      ({ state }) => state === 'connecting' || state === 'reconnecting',
    );
    expect(ffmpegChildren().length).toBeLessThanOrEqual(2);
  });

  it('is found again on new ports after its decoder was killed', async () => {
    const given = await publish(vp8, VP8, { mode: 'fps', fps: 10 });
    await given.watched.more(5, 20_000);
    const before = ffmpegChildren();
    // The sender is one of them, the decoder the other, started later.
    process.kill(Math.max(...before), 'SIGKILL');
    const began = performance.now();
    await given.watched.until('the death', ({ state }) => state === 'reconnecting');
    await given.watched.more(5, 20_000);
    console.log(`decoder killed: frames again after ${Math.round(performance.now() - began)} ms`);
    expect(given.ports.length).toBe(2);
    expect(given.ports[1]).not.toBe(given.ports[0]);
  }, 60_000);

  it('that is nobody costs no process, and stopping leaves none', async () => {
    watched = await watchSource({ kind: 'webrtc', codec: null }, TWENTY_FIVE);
    expect(watched.status()).toMatchObject({ state: 'connecting', reason: 'no-publisher' });
    expect(ffmpegChildren()).toEqual([]);
    await watched.source.stop();
    const given = await publish(vp8, VP8, TWENTY_FIVE);
    await given.watched.more(3, 20_000);
    await given.watched.source.stop();
    await sender!.close();
    expect(ffmpegChildren()).toEqual([]);
  }, 60_000);
});
