import type { FaceModels } from '../models/face-models.ts';
import { createEngagementWindows } from './engagement/windows.ts';
import { createFacePipeline } from './face-pipeline.ts';
import type { Frame } from './frame.ts';
import type { FromWorker, GalleryEntry, LoadLevel, PushedPicture, StreamSpec } from './messages.ts';
import { identityOf, observationOf, readingsOf } from './observations.ts';
import { encodeJpeg } from './pictures.ts';
import { createLoadGauge, ratesAt } from './scheduler.ts';
import { createLatestFrame } from './sources/latest.ts';
import { createSource, type SourceOptions, type SourceStatus } from './sources/source.ts';

export interface StreamRunner {
  start(): void;
  /** @param silently no status follows: another runner has taken the stream over. */
  stop(silently?: boolean): Promise<void>;
  setGallery(gallery: GalleryEntry[]): void;
  verdict(trackId: number, studentId: string, verdict: 'confirmed' | 'rejected'): void;
  /** Pictures on (their width) or off. */
  watch(pictureWidth: number | null): void;
  /** A picture for a source that is handed them. */
  picture(picture: PushedPicture): void;
}

export interface StreamRunnerOptions {
  models: FaceModels;
  source: Omit<SourceOptions, 'maxWidth'>;
  send(message: FromWorker): void;
  /** Something went wrong with one frame or the stream; the stream goes on. */
  onError(error: unknown, streamId: string): void;
  now?: () => number;
}

const METRICS_MS = 1000;

/** One stream from its source to its messages. Model sessions are shared with the other streams of the worker. */
export function createStreamRunner(spec: StreamSpec, options: StreamRunnerOptions): StreamRunner {
  const { models, send } = options;
  const now = options.now ?? Date.now;
  const { streamId, purposes } = spec;
  const pipeline = createFacePipeline(models, spec);
  const windows = createEngagementWindows();
  const gauge = createLoadGauge();
  const backPressured = spec.source.kind === 'file' && !spec.source.realtime;
  let status: SourceStatus | null = null;
  let statusSinceMs = now();
  let sentLoad: LoadLevel = 'full';
  let pictureWidth: number | null = null;
  let encoding: Promise<void> = Promise.resolve();
  let isEncoding = false;
  let lastMetricsMs = 0;
  let stopped = false;
  let loop: Promise<void> | null = null;
  const frameTimes: number[] = [];

  const source = createSource(
    spec.source,
    spec.sampling,
    {
      ...options.source,
      maxWidth: spec.maxWidth,
      rtp: {
        opened(ports) {
          if (!stopped) send({ type: 'stream:rtp', streamId, ...ports });
        },
        keyFrame() {
          if (!stopped) send({ type: 'stream:key-frame', streamId });
        },
      },
    },
    {
      onFrame: (frame) => latest.put(frame),
      onStatus: (next) => {
        if (status?.state !== next.state) statusSinceMs = now();
        status = next;
        sendStatus();
        if (next.state === 'ended' || next.state === 'failed') flushBuckets();
      },
    },
  );
  const latest = createLatestFrame((frame) => source.release(frame));

  function sendStatus(): void {
    if (!status || stopped) return;
    const { sampled, dropped } = latest.counts();
    const skipped = source.stats().skipped;
    sentLoad = gauge.level();
    send({
      type: 'stream:status',
      status: {
        streamId,
        ...status,
        sinceMs: statusSinceMs,
        framesSampled: sampled + skipped,
        framesDropped: dropped + skipped,
        load: sentLoad,
      },
    });
  }

  async function run(): Promise<void> {
    let seq = 0;
    for (;;) {
      const frame = await latest.take();
      if (!frame) return;
      const rates = ratesAt(gauge.level());
      try {
        if (seq++ % rates.everyNth === 0) await handle(frame);
      } catch (error) {
        options.onError(error, streamId);
      } finally {
        source.release(frame);
      }
    }
  }

  async function handle(frame: Frame): Promise<void> {
    const before = performance.now();
    const { faces, stagesMs } = await pipeline.process(frame, ratesAt(gauge.level()));
    if (stopped) return;
    windows.add(frame.atMs, readingsOf(faces, frame.atMs, purposes));
    send({ type: 'observation', observation: observationOf(streamId, frame, faces, purposes, stagesMs) });
    for (const face of faces) {
      const identity = identityOf(streamId, face, frame.atMs);
      if (!identity) continue;
      if (identity.verdict === 'review' && face.best) {
        identity.face = (await encodeJpeg(face.best.image, 240, 80)).jpeg;
      }
      send({ type: 'identity', identity });
    }
    if (pictureWidth !== null && !isEncoding) await picture(frame, pictureWidth);
    measure(frame, performance.now() - before);
    metrics(frame.atMs);
  }

  /** The encoder reads a copy made at its own pace by libvips' threads: the frame stays lent until it is done. */
  async function picture(frame: Frame, width: number): Promise<void> {
    const image = { data: frame.data.slice(), width: frame.width, height: frame.height };
    const { seq, atMs } = frame;
    isEncoding = true;
    encoding = encodeJpeg(image, width)
      .then((encoded) => {
        if (!stopped) send({ type: 'picture', streamId, seq, atMs, ...encoded });
      })
      .catch((error) => options.onError(error, streamId))
      .finally(() => {
        isEncoding = false;
      });
  }

  function measure(frame: Frame, busyMs: number): void {
    frameTimes.push(frame.atMs);
    if (frameTimes.length > 30) frameTimes.shift();
    // A file read as fast as it goes is never short of CPU.
    if (backPressured) return;
    const level = gauge.add(busyMs, intervalMs(), frame.atMs);
    if (level !== sentLoad) sendStatus();
  }

  function intervalMs(): number {
    if (spec.sampling.mode === 'fps') return 1000 / spec.sampling.fps;
    const span = (frameTimes.at(-1) ?? 0) - (frameTimes[0] ?? 0);
    return frameTimes.length > 1 && span > 0 ? span / (frameTimes.length - 1) : 1000;
  }

  function metrics(atMs: number): void {
    for (const bucket of windows.finished(atMs))
      send({ type: 'engagement', bucket: { streamId, ...bucket } });
    if (atMs - lastMetricsMs < METRICS_MS - 50) return;
    lastMetricsMs = atMs;
    const span = (frameTimes.at(-1) ?? 0) - (frameTimes[0] ?? 0);
    send({
      type: 'metrics',
      metrics: {
        streamId,
        atMs,
        windowMs: 60_000,
        students: windows.rolling(atMs),
        unknownTracks: pipeline
          .alive()
          .filter(({ track, votes }) => track.visible && votes.standing().state !== 'sure').length,
        fps: span > 0 ? ((frameTimes.length - 1) * 1000) / span : 0,
        load: gauge.level(),
      },
    });
  }

  function flushBuckets(): void {
    for (const bucket of windows.flush()) send({ type: 'engagement', bucket: { streamId, ...bucket } });
  }

  return {
    start() {
      loop ??= run();
      source.start();
    },
    async stop(silently = false) {
      if (stopped) return;
      stopped = silently;
      latest.close();
      await source.stop();
      await loop;
      flushBuckets();
      await encoding;
      if (status) {
        status = {
          ...status,
          state: 'ended',
          reason: 'stopped',
          detail: 'stopped on request',
          retryAtMs: null,
        };
        statusSinceMs = now();
        sendStatus();
      }
      stopped = true;
    },
    setGallery: (gallery) => pipeline.setGallery(gallery),
    verdict: (trackId, studentId, verdict) => {
      pipeline.verdict(trackId, studentId, verdict);
    },
    picture(picture) {
      const told = (ok: boolean) => {
        if (!stopped) send({ type: 'stream:picture-taken', streamId, ok });
      };
      source.take?.(picture).then(told, (error: unknown) => {
        options.onError(error, streamId);
        told(false);
      });
    },
    watch(width) {
      pictureWidth = width === null ? null : Math.max(64, Math.min(1920, Math.round(width)));
    },
  };
}
