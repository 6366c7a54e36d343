import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Frame } from '../../pipeline/frame.ts';
import type { Sampling } from '../../pipeline/messages.ts';
import { probeSource } from '../../pipeline/sources/probe.ts';
import { createSource } from '../../pipeline/sources/source.ts';
import { ffmpeg, makeVideo } from '../support/video.ts';
import { ffmpegChildren, testFfmpeg, type WatchedSource, watchSource } from '../support/watch-source.ts';

/** Video files, pictures, and things that are neither. */

const FIVE: Sampling = { mode: 'fps', fps: 5 };
const cameras = { allowedNetworks: [], allowLoopback: false };
const binary = await testFfmpeg();

let dir = '';
const file = (name: string) => join(dir, name);
const cleanups: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'yoklama-files-'));
  await makeVideo(file('clip.mp4'), { width: 640, height: 360, seconds: 4 });
});
afterAll(() => rm(dir, { recursive: true, force: true }));
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
  expect(ffmpegChildren()).toEqual([]);
});

async function play(
  path: string,
  { loop = false, realtime = false, sampling = FIVE, maxWidth = 0 } = {},
): Promise<WatchedSource> {
  const watched = await watchSource({ kind: 'file', path, loop, realtime }, sampling, { maxWidth });
  cleanups.push(() => watched.source.stop());
  return watched;
}

const over = (watched: WatchedSource) =>
  watched.until('the end', (s) => s.state === 'ended' || s.state === 'failed', 20_000);

async function probe(path: string) {
  return probeSource({ kind: 'file', path, loop: false, realtime: false }, { ffmpeg: binary, cameras });
}

describe('a file played once', () => {
  it('gives every sampled frame with the file’s own times, then ends', async () => {
    const watched = await play(file('clip.mp4'), { maxWidth: 320 });
    expect(await over(watched)).toMatchObject({ state: 'ended', reason: 'end-of-file', codec: 'h264' });
    expect(watched.statuses.map((s) => s.state)).toEqual(['connecting', 'live', 'ended']);
    expect(watched.frames).toHaveLength(21);
    for (const frame of watched.frames) {
      expect([frame.width, frame.height]).toEqual([320, 180]);
      expect(frame.mediaTimeS).toBeCloseTo(frame.counter! / 25, 3);
      expect(frame.atMs - watched.frames[0]!.atMs).toBeCloseTo(frame.mediaTimeS * 1000, -1);
    }
  });

  it('waits for a slow reader and drops nothing', async () => {
    let out = 0;
    let most = 0;
    const seen: Frame[] = [];
    const ended = new Promise<void>((resolve) => {
      const source = createSource(
        { kind: 'file', path: file('clip.mp4'), loop: false, realtime: false },
        FIVE,
        { maxWidth: 0, cameras, ffmpeg: binary },
        {
          onFrame(frame) {
            most = Math.max(most, ++out);
            setTimeout(() => {
              seen.push({ ...frame });
              out--;
              source.release(frame);
            }, 40);
          },
          onStatus: (status) => {
            if (status.state === 'ended') resolve();
          },
        },
      );
      cleanups.push(source.stop);
      source.start();
    });
    await ended;
    await expect.poll(() => seen.length).toBe(21);
    expect(most).toBe(1);
  });

  it('samples by key frames', async () => {
    const watched = await play(file('clip.mp4'), { sampling: { mode: 'keyframes' } });
    await over(watched);
    expect(watched.frames.map((f) => f.counter)).toEqual([0, 25, 50, 75]);
  });

  it('takes any name for what it is: the name of one file', async () => {
    await mkdir(file('a: b'));
    const name = file('a: b/-i %03d "x".mp4');
    await copyFile(file('clip.mp4'), name);
    const watched = await play(name, { sampling: { mode: 'fps', fps: 1 } });
    expect(await over(watched)).toMatchObject({ reason: 'end-of-file' });
  });

  it('follows a change of size, with the proportions kept', async () => {
    await makeVideo(file('one.ts'), { width: 640, height: 360, seconds: 2 });
    await makeVideo(file('two.ts'), { width: 480, height: 480, seconds: 2, countFrom: 100 });
    await ffmpeg(['-i', file('two.ts'), '-c', 'copy', '-output_ts_offset', '2', file('later.ts')]);
    const parts = await Promise.all([readFile(file('one.ts')), readFile(file('later.ts'))]);
    await writeFile(file('both.ts'), Buffer.concat(parts));
    const watched = await play(file('both.ts'));
    expect((await over(watched)).state).toBe('ended');
    const sizes = watched.frames.map((f) => `${f.width}x${f.height}`);
    expect([...new Set(sizes)]).toEqual(['640x360', '480x480']);
    for (const frame of watched.frames) {
      expect(frame.counter! < 100).toBe(frame.width === 640);
    }
  });

  it('makes pixels square', async () => {
    const source = ['-f', 'lavfi', '-i', 'testsrc2=size=360x288:rate=25'];
    await ffmpeg([...source, '-t', '1', '-vf', 'setsar=16/15', '-pix_fmt', 'yuv420p', file('pal.mp4')]);
    const watched = await play(file('pal.mp4'));
    await over(watched);
    expect([watched.frames[0]!.width, watched.frames[0]!.height]).toEqual([384, 288]);
  });
});

describe('a file played as a camera', () => {
  it('keeps the file’s pace, and media time rises through the loops', async () => {
    await makeVideo(file('short.mp4'), { width: 320, height: 180, seconds: 1 });
    const watched = await play(file('short.mp4'), { loop: true, realtime: true });
    const begun = Date.now();
    await watched.more(16, 15_000);
    const frames = watched.frames;
    expect(Date.now() - begun).toBeGreaterThan(2200);
    for (const [index, frame] of frames.entries()) {
      expect(frame.mediaTimeS % 1).toBeCloseTo(frame.counter! / 25, 3);
      const before = frames[index - 1];
      if (!before) continue;
      expect(frame.mediaTimeS).toBeGreaterThan(before.mediaTimeS);
      expect(frame.mediaTimeS - before.mediaTimeS).toBeLessThan(0.3);
    }
    expect(watched.statuses.map((s) => s.state)).toEqual(['connecting', 'live']);
  });

  it('repeats a picture at the sampling rate', async () => {
    await ffmpeg(['-i', file('clip.mp4'), '-frames:v', '1', file('still.jpg')]);
    const watched = await play(file('still.jpg'), { loop: true, realtime: true });
    const frames = await watched.more(8);
    expect(frames.every((frame) => frame.counter === 0)).toBe(true);
    const last = frames.at(-1)!;
    expect(last.mediaTimeS).toBeGreaterThan(1);
  });

  it('plays a GIF', async () => {
    await ffmpeg(['-i', file('clip.mp4'), '-t', '1', '-r', '10', file('clip.gif')]);
    const watched = await play(file('clip.gif'), { loop: true, realtime: true });
    await watched.more(8);
    expect(watched.status()).toMatchObject({ state: 'live', codec: 'gif' });
  });

  it('stops at any moment and leaves no process behind', async () => {
    for (const delay of [0, 40, 200, 600]) {
      const watched = await play(file('clip.mp4'), { loop: true, realtime: true });
      await new Promise((resolve) => setTimeout(resolve, delay));
      await watched.source.stop();
      expect(ffmpegChildren()).toEqual([]);
    }
  });
});

describe('a bad file', () => {
  const noise = (bytes: number) =>
    Buffer.from(Array.from({ length: bytes }, (_, i) => (i * 7919 + 13) % 251));
  const bad: [string, (path: string) => Promise<unknown>, string][] = [
    ['missing.mp4', async () => {}, 'not-found'],
    ['folder.mp4', (path) => mkdir(path), 'not-found'],
    ['empty.mp4', (path) => writeFile(path, ''), 'corrupt'],
    ['noise.mp4', (path) => writeFile(path, noise(100_000)), 'corrupt'],
    ['text.mp4', (path) => writeFile(path, 'no video at all\n'), 'corrupt'],
    ['no-index.mp4', async (path) => writeFile(path, (await clip()).subarray(0, 50_000)), 'corrupt'],
    ['sound.wav', (path) => ffmpeg(['-f', 'lavfi', '-i', 'sine=duration=1', path]), 'no-video'],
    // A list of other files: opening those would let a file read what it should not.
    ['list.m3u8', (path) => writeFile(path, playlist()), 'unsupported-codec'],
    ['list.mp4', (path) => writeFile(path, playlist()), 'unsupported-codec'],
    ['picture.png', (path) => writeFile(path, noise(500)), 'corrupt'],
  ];
  const clip = () => readFile(file('clip.mp4'));
  const playlist = () =>
    `#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:4,\nfile://${file('clip.mp4')}\n#EXT-X-ENDLIST\n`;

  it.each(bad)('%s is refused', async (name, make, reason) => {
    await make(file(name));
    const watched = await play(file(name));
    expect(await over(watched)).toMatchObject({ state: 'failed', reason });
    expect(watched.frames).toEqual([]);
    expect(watched.status().detail).not.toBe('');
    expect(await probe(file(name))).toMatchObject({ ok: false, code: reason });
  });

  it('plays a truncated file up to the damage and says so', async () => {
    await ffmpeg(['-i', file('clip.mp4'), '-c', 'copy', '-movflags', 'faststart', file('whole.mp4')]);
    const whole = await readFile(file('whole.mp4'));
    await writeFile(file('half.mp4'), whole.subarray(0, whole.length / 2));
    const watched = await play(file('half.mp4'));
    expect(await over(watched)).toMatchObject({ state: 'ended', reason: 'corrupt' });
    expect(watched.frames.length).toBeGreaterThan(5);
    expect(watched.frames.length).toBeLessThan(16);
  });
});

describe('a probe', () => {
  it('tells codec, size and rate, and shows the first picture', async () => {
    const probed = await probe(file('clip.mp4'));
    expect(probed).toMatchObject({ ok: true, codec: 'h264', width: 640, height: 360, fps: 25 });
    expect(probed.ok && probed.snapshot[0]).toBe(0xff);
  });

  it('gives up in time', async () => {
    const spec = { kind: 'file', path: file('clip.mp4'), loop: false, realtime: false } as const;
    const probed = await probeSource(spec, { ffmpeg: binary, cameras, timeoutMs: 1 });
    expect(probed).toMatchObject({ ok: false });
  });
});
