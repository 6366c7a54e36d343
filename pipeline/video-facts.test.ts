import { describe, expect, it } from 'vitest';
import { parseFacts } from './video-facts.ts';

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
