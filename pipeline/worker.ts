import type { Logger } from 'pino';
import type { Config } from '../config/index.ts';
import type { FaceModels } from '../models/face-models.ts';
import { enrolPhoto } from './enrolment.ts';
import type { FromWorker, StreamSpec, ToWorker, WorkerFailure } from './messages.ts';
import { readPhotoFaces } from './photo-faces.ts';
import { createRecorders } from './recording/recorders.ts';
import { createRelays } from './relays/relays.ts';
import type { FfmpegBinary } from './sources/ffmpeg.ts';
import { probeSource } from './sources/probe.ts';
import { createStreamRunner, type StreamRunner } from './stream-runner.ts';

export interface WorkerOptions {
  config: Config;
  models: FaceModels;
  ffmpeg: FfmpegBinary;
  log: Logger;
  send(message: FromWorker): void;
}

export interface Worker {
  receive(message: ToWorker): void;
  onShutdown(listener: () => void): void;
  close(): Promise<void>;
}

/** Photos are CPU, probes are waiting: each kind has its own small number at a time, the rest is told `busy`. */
const PHOTOS_AT_ONCE = 2;
const PHOTOS_WAITING = 8;
const PROBES_AT_ONCE = 4;

/** The worker's messages in, its streams and answers out; knows nothing of processes and channels. */
export function createWorker(options: WorkerOptions): Worker {
  const { config, models, ffmpeg, log, send } = options;
  const streams = new Map<string, StreamRunner>();
  const relays = createRelays({ cameras: config.cameras, ffmpeg }, send);
  const stopping = new Set<Promise<void>>();
  const photos = createLane(PHOTOS_AT_ONCE, PHOTOS_WAITING);
  const probes = createLane(PROBES_AT_ONCE, 0);
  let shutdown: () => void = () => {};
  const source = { cameras: config.cameras, ffmpeg };
  const recorders = createRecorders({ ...source, log, send });

  function start(spec: StreamSpec): void {
    stop(spec.streamId, true);
    const runner = createStreamRunner(spec, {
      models,
      source,
      send,
      onError: (error, streamId) => log.error({ err: error, streamId }, 'frame failed'),
    });
    streams.set(spec.streamId, runner);
    runner.start();
  }

  function stop(streamId: string, silently = false): void {
    const runner = streams.get(streamId);
    if (!runner) return;
    streams.delete(streamId);
    const done = runner
      .stop(silently)
      .catch((error) => log.error({ err: error, streamId }, 'stream did not stop cleanly'))
      .finally(() => stopping.delete(done));
    stopping.add(done);
  }

  const failed = (error: unknown, what: string): WorkerFailure => {
    log.error({ err: error }, `${what} failed`);
    return { ok: false, code: 'internal', message: `The ${what} failed inside the pipeline.` };
  };
  const busy = (what: string): WorkerFailure => ({
    ok: false,
    code: 'busy',
    message: `Too many ${what}s at once; try again shortly.`,
  });

  return {
    receive(message) {
      if (recorders.receive(message)) return;
      switch (message.type) {
        case 'stream:start':
          return start(message.stream);
        case 'stream:stop':
          return stop(message.streamId);
        case 'stream:gallery':
          return streams.get(message.streamId)?.setGallery(message.gallery);
        case 'stream:verdict':
          return streams.get(message.streamId)?.verdict(message.trackId, message.studentId, message.verdict);
        case 'stream:watch':
          return streams.get(message.streamId)?.watch(message.pictureWidth);
        case 'relay:start':
          return relays.start(message.relay);
        case 'relay:stop':
          return relays.stop(message.relayId);
        case 'stream:picture':
          return streams.get(message.streamId)?.picture(message.picture);
        case 'probe': {
          const { requestId } = message;
          const run = async (): Promise<void> => {
            const result = await probeSource(message.source, {
              ...source,
              timeoutMs: message.timeoutMs,
            }).catch((error) => failed(error, 'probe'));
            send({ type: 'probe:result', requestId, result });
          };
          if (!probes.run(run)) send({ type: 'probe:result', requestId, result: busy('probe') });
          return;
        }
        case 'photo': {
          const { requestId } = message;
          const run = async (): Promise<void> => {
            const result = await enrolPhoto(models, message.photo).catch((error) => failed(error, 'photo'));
            send({ type: 'photo:result', requestId, result });
          };
          if (!photos.run(run)) send({ type: 'photo:result', requestId, result: busy('photo') });
          return;
        }
        case 'photo:faces': {
          const { requestId, photo, maxFaces, pictureWidth, gallery } = message;
          const run = async (): Promise<void> => {
            const result = await readPhotoFaces(models, photo, { maxFaces, pictureWidth, gallery }).catch(
              (error) => failed(error, 'photo'),
            );
            send({ type: 'photo:faces:result', requestId, result });
          };
          if (!photos.run(run)) send({ type: 'photo:faces:result', requestId, result: busy('photo') });
          return;
        }
        case 'shutdown':
          return shutdown();
        default:
          log.warn({ type: (message as { type?: unknown }).type }, 'unknown message');
      }
    },
    onShutdown(listener) {
      shutdown = listener;
    },
    async close() {
      for (const streamId of [...streams.keys()]) stop(streamId);
      await Promise.all([...stopping, recorders.close(), relays.close()]);
      await models.dispose();
    },
  };
}

/** Runs at most `atOnce` jobs and lets at most `waiting` wait; refuses (false) beyond. */
export function createLane(atOnce: number, waiting: number): { run(job: () => Promise<void>): boolean } {
  const line: (() => Promise<void>)[] = [];
  let running = 0;
  const next = (): void => {
    while (running < atOnce) {
      const job = line.shift();
      if (!job) return;
      running++;
      void job().finally(() => {
        running--;
        next();
      });
    }
  };
  return {
    run(job) {
      if (running >= atOnce && line.length >= waiting) return false;
      line.push(job);
      next();
      return true;
    },
  };
}
