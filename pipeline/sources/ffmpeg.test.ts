import { describe, expect, it } from 'vitest';
import { FfmpegMissingError, isOld, locateFfmpeg, parseVersion, readFeatures, runFfmpeg } from './ffmpeg.ts';

const DEBIAN =
  'ffmpeg version 5.1.6-0+deb12u1 Copyright (c) 2000-2024 the FFmpeg developers\nbuilt with gcc 12';
const BUNDLED =
  'ffmpeg version N-47683-g0e8eb07980-static https://example.org/  Copyright (c) 2000-2018 the FFmpeg developers';

describe('finding ffmpeg', () => {
  it('reads versions', () => {
    expect(parseVersion(DEBIAN)).toBe('5.1.6-0+deb12u1');
    expect(parseVersion(BUNDLED)).toBe('N-47683-g0e8eb07980-static');
    expect(parseVersion('avconv version 9')).toBeNull();
    expect([DEBIAN, BUNDLED].map(isOld)).toEqual([false, true]);
    expect(isOld('ffmpeg version 4.4.2-0ubuntu Copyright (c) 2000-2021')).toBe(true);
    expect(isOld('ffmpeg version n7.1 Copyright (c) 2000-2024')).toBe(false);
  });

  it('asks for what differs', () => {
    const old = readFeatures(
      '  -stimeout  <int>\n  -timeout <int>',
      '-vsync  video sync method',
      'AVOptions:',
    );
    expect(old).toEqual({
      rtspTimeout: '-stimeout',
      autoscale: false,
      frameTiming: '-vsync',
      showinfo: 'showinfo',
    });
    const today = readFeatures(
      '  -timeout  <int64>',
      '-autoscale   insert a scale filter\n-fps_mode    set framerate mode',
      '   checksum   <boolean>',
    );
    expect(today).toEqual({
      rtspTimeout: '-timeout',
      autoscale: true,
      frameTiming: '-fps_mode',
      showinfo: 'showinfo=checksum=0',
    });
  });

  it('finds one on this machine', async () => {
    const found = await locateFfmpeg({ ffmpegPath: null });
    expect(found.version).not.toBe('');
  });

  it('says what to do when the configured one does not work', async () => {
    await expect(locateFfmpeg({ ffmpegPath: '/nowhere/ffmpeg' })).rejects.toThrow(FfmpegMissingError);
    await expect(locateFfmpeg({ ffmpegPath: process.execPath })).rejects.toThrow('not a working ffmpeg');
  });
});

describe('running ffmpeg', () => {
  const task = (lines: string[], chunks: Buffer[] = []) => ({
    input: 'color=size=16x16:rate=25',
    inputOptions: ['-hide_banner', '-nostdin', '-f', 'lavfi'],
    outputOptions: ['-frames:v', '3', '-pix_fmt', 'rgb24', '-f', 'rawvideo'],
    onData: async (chunk: Buffer) => void chunks.push(chunk),
    onLine: (line: string) => void lines.push(line),
  });

  it('gives all output before it is done', async () => {
    const chunks: Buffer[] = [];
    const lines: string[] = [];
    const exit = await runFfmpeg(await locateFfmpeg({ ffmpegPath: null }), task(lines, chunks)).done;
    expect(exit.ok).toBe(true);
    expect(Buffer.concat(chunks)).toHaveLength(3 * 16 * 16 * 3);
    expect(lines.join('\n')).toContain('Input #0');
  });

  it('is killed before and after it has started, also while nobody reads', async () => {
    const binary = await locateFfmpeg({ ffmpegPath: null });
    const stuck = {
      ...task([]),
      outputOptions: ['-pix_fmt', 'rgb24', '-f', 'rawvideo'],
      onData: () => new Promise<void>(() => {}),
    };
    const first = runFfmpeg(binary, stuck);
    first.kill();
    expect((await first.done).ok).toBe(false);
    const second = runFfmpeg(binary, stuck);
    await new Promise((resolve) => setTimeout(resolve, 300));
    second.kill();
    expect((await second.done).ok).toBe(false);
  });

  it('ends, and does not throw, when the binary is gone', async () => {
    const binary = await locateFfmpeg({ ffmpegPath: null });
    const exit = await runFfmpeg({ ...binary, path: '/nowhere/ffmpeg' }, task([])).done;
    expect(exit.ok).toBe(false);
  });
});
