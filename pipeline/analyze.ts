import { readFile } from 'node:fs/promises';
import type { FaceModels } from '../models/face-models.ts';
import { type AnalysisReport, createReportBuilder } from './analysis-report.ts';
import { createFacePipeline } from './face-pipeline.ts';
import type { GalleryEntry } from './messages.ts';
import { createLoadGauge, ratesAt } from './scheduler.ts';
import type { FfmpegBinary } from './sources/ffmpeg.ts';
import { createLatestFrame } from './sources/latest.ts';
import { createSource, type SourceStatus } from './sources/source.ts';

export interface AnalyzeOptions {
  models: FaceModels;
  ffmpeg: FfmpegBinary;
  video: string;
  gallery: readonly GalleryEntry[];
  fps: number;
  /** Play at the file's own speed and drop what comes too fast, as with a camera. */
  realtime: boolean;
  /** List every sampled frame with its faces. */
  frames: boolean;
  maxWidth?: number;
  /** Length as the container gives it; without it the last frame's time is taken. */
  durationS?: number | null;
  /** One line about something odd that did not stop the analysis. */
  onWarning?(line: string): void;
  /** Seconds of video done. */
  onProgress?(seconds: number): void;
}

/** The video cannot be analysed; the message is one line for the person who asked. */
export class AnalyzeError extends Error {
  override readonly name = 'AnalyzeError';
}

/** Runs the live pipeline over a file and says who was there from when to when. */
export async function analyzeVideo(options: AnalyzeOptions): Promise<AnalysisReport> {
  const { models, realtime } = options;
  const began = performance.now();
  const cpuBefore = await cpuSeconds();
  const pipeline = createFacePipeline(models, {
    gallery: options.gallery,
    purposes: { identify: true, attention: true, emotion: 'off', liveness: false },
    detectWidth: 0,
    firstTrackId: 1,
  });
  const report = createReportBuilder({
    gallery: options.gallery,
    embeddingLength: models.embeddingLength,
    frames: options.frames,
    policy: pipeline.policy(),
    durationS: options.durationS ?? null,
  });
  const gauge = createLoadGauge();
  let status: SourceStatus | null = null;
  const source = createSource(
    { kind: 'file', path: options.video, loop: false, realtime },
    { mode: 'fps', fps: options.fps },
    {
      maxWidth: options.maxWidth ?? 0,
      cameras: { allowedNetworks: [], allowLoopback: false },
      ffmpeg: options.ffmpeg,
    },
    {
      onFrame: (frame) => latest.put(frame),
      onStatus: (next) => {
        status = next;
        // `ended` may come while the last frames are still in work; closing throws a waiting one away.
        if (next.state === 'ended' || next.state === 'failed') void drained().then(() => latest.close());
      },
    },
  );
  const latest = createLatestFrame((frame) => source.release(frame));
  let taken = 0;
  const drained = async (): Promise<void> => {
    while (taken + latest.counts().dropped < latest.counts().sampled) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };

  source.start();
  try {
    for (;;) {
      const frame = await latest.take();
      if (!frame) break;
      taken++;
      try {
        const before = performance.now();
        const result = await pipeline.process(frame, ratesAt(realtime ? gauge.level() : 'full'));
        report.add(frame, result);
        if (realtime) gauge.add(performance.now() - before, 1000 / options.fps, frame.atMs);
        options.onProgress?.(frame.mediaTimeS);
      } finally {
        source.release(frame);
      }
    }
  } finally {
    latest.close();
    await source.stop();
  }
  const ended = status as SourceStatus | null;
  if (taken === 0) throw new AnalyzeError(explain(options.video, ended));
  if (ended?.reason === 'corrupt') options.onWarning?.(`${options.video}: ${ended.detail}`);
  const { sampled, dropped } = latest.counts();
  const skipped = source.stats().skipped;
  return report.finish({
    framesSampled: sampled + skipped,
    framesDropped: dropped + skipped,
    wallS: (performance.now() - began) / 1000,
    cpuS: (await cpuSeconds()) - cpuBefore,
  });
}

function explain(video: string, status: SourceStatus | null): string {
  switch (status?.reason) {
    case 'not-found':
      return `${video}: there is no such file`;
    case 'no-video':
      return `${video}: the file has no video stream`;
    case 'unsupported-codec':
      return `${video}: ffmpeg cannot decode the video's codec`;
    default:
      return `${video}: no frame could be read (${status?.detail || status?.reason || 'no answer from ffmpeg'})`;
  }
}

/** CPU time of this process and, on Linux, of its ended children (ffmpeg). */
async function cpuSeconds(): Promise<number> {
  const { user, system } = process.cpuUsage();
  const own = (user + system) / 1e6;
  try {
    const stat = await readFile('/proc/self/stat', 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // Fields 16 and 17 of proc(5), in ticks of 10 ms.
    return own + (Number(fields[13]) + Number(fields[14])) / 100;
  } catch {
    return own;
  }
}
