import { execFile } from 'node:child_process';
import type { FfmpegBinary } from './sources/ffmpeg.ts';
import { fileInput } from './sources/ffmpeg-args.ts';

export interface VideoFacts {
  /** Null where the container does not say. */
  durationS: number | null;
  hasVideo: boolean;
  /** False: ffmpeg does not know the file as media at all. */
  readable: boolean;
}

/** What ffmpeg says about a file before a single frame is decoded. Never throws for a bad file. */
export function videoFacts(file: string, ffmpeg: Pick<FfmpegBinary, 'path'>): Promise<VideoFacts> {
  // The options of the decoder itself: a playlist that names further files is refused here, too.
  const { input, inputOptions } = fileInput(file, null);
  const args = [...inputOptions, '-i', input];
  return new Promise((resolve) => {
    // Without an output ffmpeg describes the input and exits with 1: the error is expected.
    execFile(ffmpeg.path, args, { timeout: 20_000, maxBuffer: 4 << 20 }, (_error, _stdout, stderr) => {
      resolve(parseFacts(stderr));
    });
  });
}

export function parseFacts(text: string): VideoFacts {
  const duration = /^\s*Duration: (\d+):(\d\d):(\d\d(?:\.\d+)?)/m.exec(text);
  const streams = [
    ...text.matchAll(/^\s*Stream #\d+:\d+.*?: (Video|Audio|Subtitle|Data|Attachment):(.*)$/gm),
  ];
  return {
    durationS: duration ? Number(duration[1]) * 3600 + Number(duration[2]) * 60 + Number(duration[3]) : null,
    // A cover picture inside a sound file is listed as video too.
    hasVideo: streams.some(([, kind, rest]) => kind === 'Video' && !/\(attached pic\)/.test(rest ?? '')),
    readable: /^Input #0/m.test(text),
  };
}
