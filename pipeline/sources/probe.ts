import type { ProbedSource, ProbeResult, StreamReason, WorkerFailure } from '../messages.ts';
import { type FfmpegBinary, runFfmpeg } from './ffmpeg.ts';
import { fileInput, type InputArgs, rtspInput, snapshotOutput } from './ffmpeg-args.ts';
import { createFfmpegLog, type Problem } from './ffmpeg-log.ts';
import { checkFile } from './file.ts';
import type { FrameHeader } from './frame-reader.ts';
import { reachCamera } from './reach-camera.ts';
import type { SourceOptions } from './source.ts';
import { DEFAULT_TIMINGS } from './timings.ts';

export interface ProbeOptions extends Pick<SourceOptions, 'cameras'> {
  ffmpeg: FfmpegBinary;
  /** For everything together; 10 s by default. */
  timeoutMs?: number;
  /** Of the snapshot; 1280 by default. */
  maxWidth?: number;
  signal?: AbortSignal;
}

const MAX_JPEG_BYTES = 16 * 1024 * 1024;

/** Opens a source once, for its first picture. Never throws, and leaves no ffmpeg behind. */
export async function probeSource(
  spec: ProbedSource,
  options: ProbeOptions,
): Promise<ProbeResult | WorkerFailure> {
  const timeoutMs = options.timeoutMs ?? 10_000;
  const deadline = AbortSignal.timeout(timeoutMs);
  const signal = options.signal ? AbortSignal.any([deadline, options.signal]) : deadline;
  const opened = await open(spec, options, signal);
  if ('reason' in opened) return failure(opened.reason, opened.detail);

  const jpeg: Buffer[] = [];
  let bytes = 0;
  let frame: FrameHeader | null = null;
  const log = createFfmpegLog({
    onFrame: (header) => {
      frame ??= header;
    },
    onFatal: () => run.kill(),
  });
  const run = runFfmpeg(options.ffmpeg, {
    ...opened,
    outputOptions: snapshotOutput(spec.kind === 'rtsp', options.maxWidth ?? 1280, options.ffmpeg.features),
    async onData(chunk) {
      bytes += chunk.length;
      if (bytes > MAX_JPEG_BYTES) run.kill();
      else jpeg.push(chunk);
    },
    onLine: log.line,
  });
  const giveUp = () => run.kill();
  signal.addEventListener('abort', giveUp, { once: true });
  if (signal.aborted) giveUp();
  const exit = await run.done;
  signal.removeEventListener('abort', giveUp);

  const seen = frame as FrameHeader | null;
  if (seen && bytes > 0 && exit.ok) {
    const input = log.input();
    return {
      ok: true,
      codec: input?.codec ?? 'unknown',
      width: seen.width,
      height: seen.height,
      fps: input?.fps ?? null,
      snapshot: Buffer.concat(jpeg),
    };
  }
  const problem = log.problem();
  if (problem) return failure(problem.reason, problem.detail);
  if (options.signal?.aborted) return failure('stopped', 'stopped');
  if (deadline.aborted) return failure('unreachable', `no picture within ${timeoutMs} ms`);
  return failure('no-video', 'there is no picture in it');
}

async function open(
  spec: ProbedSource,
  options: ProbeOptions,
  signal: AbortSignal,
): Promise<InputArgs | Problem> {
  if (spec.kind === 'file') return (await checkFile(spec.path)) ?? fileInput(spec.path, null);
  const reached = await reachCamera(spec.url, options.cameras, DEFAULT_TIMINGS.connect, signal);
  if ('reason' in reached) return reached;
  return rtspInput(reached.pinned, null, options.ffmpeg.features, DEFAULT_TIMINGS.describe);
}

function failure(code: StreamReason, message: string): WorkerFailure {
  return { ok: false, code, message };
}
