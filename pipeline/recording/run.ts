import type { Readable } from 'node:stream';
import { type FfmpegBinary, runFfmpeg } from '../sources/ffmpeg.ts';
import { createFfmpegLog, type Problem, tidy } from '../sources/ffmpeg-log.ts';
import { type RecordingMode, segmentsOutput } from './ffmpeg-args.ts';
import { type CutSegment, createTsCutter } from './ts-cutter.ts';

/** One run of ffmpeg that gives segments: from its start to its exit, whoever caused it. */
export interface SegmentRun {
  done: Promise<SegmentRunEnd>;
  kill(why?: Problem): void;
}

export interface SegmentRunEnd {
  problem: Problem | null;
  /** The input is none that can be copied: begin again and make H.264 of it. */
  mustTranscode: boolean;
  segments: number;
}

export interface SegmentRunOptions {
  ffmpeg: FfmpegBinary;
  input: string | Readable;
  inputOptions: string[];
  mode: RecordingMode;
  segmentMs: number;
  /** Awaited: ffmpeg waits while a segment is written. */
  onSegment(segment: CutSegment): Promise<void>;
  /** Bytes came. `openMs`: length of the segment that is being collected; null before the first key frame. */
  onData(openMs: number | null): void;
  onInput(): void;
}

/** Ten times what a camera sends in ten seconds: a segment without an end must not fill the memory. */
const MAX_SEGMENT_BYTES = 48 * 1024 * 1024;
const COPIED = new Set(['h264']);

export function runSegments(options: SegmentRunOptions): SegmentRun {
  const { mode, segmentMs } = options;
  const cutter = createTsCutter({ targetMs: segmentMs - 250, maxBytes: MAX_SEGMENT_BYTES });
  let verdict: Problem | null = null;
  let mustTranscode = false;
  let segments = 0;

  const log = createFfmpegLog({
    onFrame() {},
    onInput(info) {
      options.onInput();
      if (mode === 'copy' && !COPIED.has(info.codec)) {
        mustTranscode = true;
        run.kill();
      }
    },
    onFatal: (problem) => kill(problem),
  });
  const hand = async (segment: CutSegment): Promise<void> => {
    segments++;
    await options.onSegment(segment);
  };
  const run = runFfmpeg(options.ffmpeg, {
    input: options.input,
    inputOptions: options.inputOptions,
    outputOptions: segmentsOutput(mode, segmentMs / 1000, options.ffmpeg.features),
    async onData(chunk) {
      if (mustTranscode) return;
      try {
        const done = cutter.push(chunk);
        options.onData(cutter.openMs());
        for (const segment of done) await hand(segment);
      } catch (error) {
        kill({ reason: 'decoder-failed', detail: (error as Error).message });
      }
    },
    onLine: log.line,
  });

  function kill(why?: Problem): void {
    verdict ??= why ?? null;
    run.kill();
  }

  return {
    kill,
    done: run.done.then(async (exit) => {
      const last = mustTranscode ? null : cutter.end();
      if (last) await hand(last);
      const said = exit.ok || /signal SIGKILL/.test(exit.message) ? null : tidy(exit.message.split('\n')[0]!);
      const crash: Problem | null = said === null ? null : { reason: 'decoder-failed', detail: said };
      return { problem: verdict ?? log.problem() ?? crash, mustTranscode, segments };
    }),
  };
}
