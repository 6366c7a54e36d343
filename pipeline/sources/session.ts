import type { Readable } from 'node:stream';
import type { BufferPool } from './buffer-pool.ts';
import { type FfmpegBinary, type FfmpegExit, runFfmpeg } from './ffmpeg.ts';
import type { InputArgs } from './ffmpeg-args.ts';
import { createFfmpegLog, type InputInfo, lastingDamage, type Problem, tidy } from './ffmpeg-log.ts';
import { createFrameReader, type FrameHeader } from './frame-reader.ts';

/** One run of ffmpeg that gives frames: from its start to its exit, whoever caused it. */
export interface Session {
  done: Promise<SessionEnd>;
  /** The reason given first is the one reported. */
  kill(why?: Problem): void;
  skipped(): number;
}

export interface SessionEnd {
  /** Frames that ffmpeg announced. */
  frames: number;
  /** What went wrong, by the watchdog's or ffmpeg's own word; null when ffmpeg just ended. */
  problem: Problem | null;
  exit: FfmpegExit;
  input: InputInfo | null;
  lastPtsS: number | null;
  /** Where the size changed, with an ffmpeg that cannot go on from there. */
  resizedAtS: number | null;
}

export interface SessionOptions extends Omit<InputArgs, 'input'> {
  /** An address, or what ffmpeg reads from its standard input. */
  input: string | Readable;
  ffmpeg: FfmpegBinary;
  outputOptions: string[];
  pool: BufferPool;
  /** See `FrameReaderOptions.wait`. */
  wait: boolean;
  onInput(info: InputInfo): void;
  onFrame(header: FrameHeader, data: Uint8Array): void | Promise<void>;
  /** ffmpeg said or wrote something. */
  onActivity?(): void;
}

export function openSession(options: SessionOptions): Session {
  let frames = 0;
  let lastPtsS: number | null = null;
  let resizedAtS: number | null = null;
  let size: { width: number; height: number } | null = null;
  let verdict: Problem | null = null;

  const reader = createFrameReader(options);
  const log = createFfmpegLog({
    onInput: options.onInput,
    onFatal: (problem) => kill(problem),
    onFrame(header) {
      if (resizedAtS !== null) return;
      if (size && !options.ffmpeg.features.autoscale && differs(size, header)) {
        resizedAtS = header.ptsS ?? lastPtsS ?? 0;
        kill();
        return;
      }
      size = header;
      frames++;
      lastPtsS = header.ptsS ?? lastPtsS;
      try {
        reader.header(header);
      } catch (error) {
        kill({ reason: 'decoder-failed', detail: (error as Error).message });
      }
    },
  });

  const run = runFfmpeg(options.ffmpeg, {
    input: options.input,
    inputOptions: options.inputOptions,
    outputOptions: options.outputOptions,
    onData(chunk) {
      options.onActivity?.();
      return reader.data(chunk);
    },
    onLine(line) {
      options.onActivity?.();
      log.line(line);
    },
  });

  function kill(why?: Problem) {
    verdict ??= why ?? null;
    // Half a frame is of no use, and a reader that waits for a buffer must not hold the exit up.
    reader.close();
    run.kill();
  }

  return {
    kill,
    skipped: reader.skipped,
    done: run.done.then((exit) => {
      reader.close();
      const problem = verdict ?? (frames === 0 ? log.problem() : lastingDamage(log.problem())) ?? crash(exit);
      return { frames, problem, exit, input: log.input(), lastPtsS, resizedAtS };
    }),
  };
}

function crash(exit: FfmpegExit): Problem | null {
  if (exit.ok || /signal SIGKILL/.test(exit.message)) return null;
  return { reason: 'decoder-failed', detail: tidy(exit.message.split('\n')[0] ?? '') };
}

function differs(a: { width: number; height: number }, b: { width: number; height: number }): boolean {
  return a.width !== b.width || a.height !== b.height;
}
