import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeVideo } from '../tests/support/video.ts';
import { locateFfmpeg } from './sources/ffmpeg.ts';
import { parseFacts, videoFacts } from './video-facts.ts';

describe('parseFacts', () => {
  it('reads duration and streams', () => {
    const text = `Input #0, mov,mp4, from 'a.mp4':
  Duration: 01:02:03.50, start: 0.000000, bitrate: 1117 kb/s
  Stream #0:0[0x1](und): Video: h264 (High) (avc1 / 0x31637661), yuv420p, 1920x1080, 25 fps
  Stream #0:1: Audio: aac (LC)`;
    expect(parseFacts(text)).toEqual({ durationS: 3723.5, hasVideo: true, readable: true });
  });

  it('does not take a cover picture for a video', () => {
    const text = `Input #0, mp3, from 'a.mp3':
  Duration: 00:00:10.00, start: 0.02
    Stream #0:0: Audio: mp3, 44100 Hz
    Stream #0:1: Video: mjpeg, yuvj420p, 500x500, 90k tbr (attached pic)`;
    expect(parseFacts(text)).toMatchObject({ hasVideo: false, readable: true });
  });

  it('knows what is no media file', () => {
    expect(parseFacts('notes.txt: Invalid data found when processing input')).toEqual({
      durationS: null,
      hasVideo: false,
      readable: false,
    });
  });
});

describe('videoFacts', () => {
  it('refuses a playlist that names another file', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'yoklama-facts-'));
    try {
      const ffmpeg = await locateFfmpeg({ ffmpegPath: process.env.FFMPEG_PATH ?? null });
      await makeVideo(join(dir, 'inner.mp4'), { seconds: 1 });
      await writeFile(join(dir, 'list.ffconcat'), "ffconcat version 1.0\nfile 'inner.mp4'\n");
      expect(await videoFacts(join(dir, 'inner.mp4'), ffmpeg)).toMatchObject({
        readable: true,
        hasVideo: true,
      });
      expect(await videoFacts(join(dir, 'list.ffconcat'), ffmpeg)).toMatchObject({ readable: false });
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  });
});
