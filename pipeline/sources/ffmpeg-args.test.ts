import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { FfmpegFeatures } from './ffmpeg.ts';
import { fileInput, framesOutput, rtspInput, selectRate } from './ffmpeg-args.ts';

const today: FfmpegFeatures = {
  rtspTimeout: '-timeout',
  autoscale: true,
  frameTiming: '-fps_mode',
  showinfo: 'showinfo=checksum=0',
};

const optionOf = (args: string[], option: string) => args[args.indexOf(option) + 1];

describe('ffmpeg’s options', () => {
  it('for a camera: TCP, its own time-out option, few protocols', () => {
    const { input, inputOptions } = rtspInput('rtsp://10.0.0.4/cam', { mode: 'keyframes' }, today, 4000);
    expect(input).toBe('rtsp://10.0.0.4/cam');
    expect(optionOf(inputOptions, '-rtsp_transport')).toBe('tcp');
    expect(optionOf(inputOptions, '-timeout')).toBe('4000000');
    expect(optionOf(inputOptions, '-skip_frame')).toBe('nokey');
    expect(optionOf(inputOptions, '-protocol_whitelist')!.split(',')).not.toContain('file');
    const old = rtspInput('rtsp://10.0.0.4/cam', null, { ...today, rtspTimeout: '-stimeout' }, 4000);
    expect(optionOf(old.inputOptions, '-stimeout')).toBe('4000000');
    expect(old.inputOptions).not.toContain('-timeout');
  });

  it('for a file: an absolute path behind `file:`, and no playlists', () => {
    const { input, inputOptions } = fileInput('-v.mp4', null);
    expect(input).toBe(`file:${resolve('-v.mp4')}`);
    expect(optionOf(inputOptions, '-protocol_whitelist')).toBe('file');
    const containers = optionOf(inputOptions, '-format_whitelist')!.split(',');
    for (const name of ['hls', 'concat', 'dash', 'sdp', 'image2', 'lavfi'])
      expect(containers).not.toContain(name);
    expect(optionOf(fileInput('a%d.JPG', null).inputOptions, '-pattern_type')).toBe('none');
  });

  it('for frames: neither repeated nor dropped, nor squeezed where ffmpeg can help it', () => {
    const args = framesOutput(
      { sampling: { mode: 'fps', fps: 5 }, live: true, maxWidth: 640, still: false },
      today,
    );
    expect(optionOf(args, '-fps_mode')).toBe('passthrough');
    expect(optionOf(args, '-autoscale')).toBe('0');
    const old = framesOutput(
      { sampling: { mode: 'fps', fps: 5 }, live: true, maxWidth: 640, still: false },
      { ...today, autoscale: false, frameTiming: '-vsync' },
    );
    expect(optionOf(old, '-vsync')).toBe('passthrough');
    expect(old).not.toContain('-autoscale');
  });

  it('has no option with a space, which fluent-ffmpeg might split', () => {
    const sampling = { mode: 'fps', fps: 2.5 } as const;
    const all = [
      ...rtspInput('rtsp://10.0.0.4/cam', sampling, today, 4000).inputOptions,
      ...fileInput('/a b.mp4', sampling, 3).inputOptions,
      ...framesOutput({ sampling, live: false, maxWidth: 0, still: true }, today),
      selectRate(5, true),
    ];
    expect(all.filter((option) => option.includes(' '))).toEqual([]);
  });
});
