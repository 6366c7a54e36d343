import type { FaceModels } from '../../models/face-models.ts';
import { createFacePipeline } from '../../pipeline/face-pipeline.ts';
import type { Frame } from '../../pipeline/frame.ts';
import type { GalleryEntry, Sampling, SourceSpec } from '../../pipeline/messages.ts';
import { ratesAt } from '../../pipeline/scheduler.ts';
import { locateFfmpeg } from '../../pipeline/sources/ffmpeg.ts';
import { createSource } from '../../pipeline/sources/source.ts';
import { fullPurposes, sleep } from './pipeline-worker.ts';
import { coresBetween, treeCpu } from './process-cpu.ts';

export interface PartsOptions {
  source: SourceSpec;
  sampling: Sampling;
  detectWidth: number;
  models: FaceModels;
  gallery: GalleryEntry[];
  seconds: number;
}

/** One call of a network as the pipeline made it, to be made again alone. */
interface Call {
  part: string;
  again(): Promise<unknown>;
}

/**
 * Cores of each part alone: decoding with the frames thrown away, then each network on the very calls that the
 * pipeline makes on this source in its steady state, one network after another with nothing else running.
 */
export async function partsAlone(options: PartsOptions): Promise<Record<string, number>> {
  const { calls, decode, seconds } = await record(options);
  const alone: Record<string, number> = { decode };
  for (const part of new Set(calls.map((call) => call.part))) {
    const own = calls.filter((call) => call.part === part);
    for (const call of own.slice(0, 3)) await call.again();
    const before = process.cpuUsage();
    for (const call of own) await call.again();
    const { user, system } = process.cpuUsage(before);
    alone[part] = (user + system) / 1e6 / seconds;
  }
  return alone;
}

/** Frames are copied and looked at only when the source has gone: its cores are decoding and nothing else. */
async function record(options: PartsOptions): Promise<{ calls: Call[]; decode: number; seconds: number }> {
  const { models, sampling } = options;
  // Full frames are kept in memory: 100 of 1080p are 0.6 GB.
  const kept: Frame[] = [];
  const source = createSource(
    options.source,
    sampling,
    {
      maxWidth: 0,
      cameras: { allowedNetworks: [], allowLoopback: true },
      ffmpeg: await locateFfmpeg({ ffmpegPath: process.env.FFMPEG_PATH ?? null }),
    },
    {
      onFrame(frame) {
        if (kept.length < 100) kept.push({ ...frame, data: frame.data.slice() });
        source.release(frame);
      },
      onStatus: () => {},
    },
  );
  source.start();
  await sleep(3);
  const began = performance.now();
  const before = treeCpu(process.pid);
  await sleep(options.seconds);
  const cores = coresBetween(before, treeCpu(process.pid), (performance.now() - began) / 1000);
  await source.stop();

  const calls: Call[] = [];
  const pipeline = createFacePipeline(recording(models, calls), {
    gallery: options.gallery,
    purposes: fullPurposes,
    detectWidth: options.detectWidth,
    firstTrackId: 1,
  });
  // The first half settles who is who; the second is the steady state that counts.
  const half = Math.floor(kept.length / 2);
  for (const frame of kept.slice(0, half)) await pipeline.process(frame, ratesAt('full'));
  calls.length = 0;
  for (const frame of kept.slice(half)) await pipeline.process(frame, ratesAt('full'));
  const seconds = (kept.at(-1)!.atMs - kept[half - 1]!.atMs) / 1000;
  return { calls, decode: cores.children.ffmpeg ?? 0, seconds };
}

/** The models, with every call noted down. */
function recording(models: FaceModels, calls: Call[]): FaceModels {
  const watch = <T extends object>(part: string, model: T): T =>
    new Proxy(model, {
      get(target, key, receiver) {
        const method: unknown = Reflect.get(target, key, receiver);
        if (typeof method !== 'function') return method;
        return (...args: unknown[]) => {
          const again = (): Promise<unknown> => Promise.resolve(method.apply(target, args));
          calls.push({ part, again });
          return again();
        };
      },
    });
  const optional = <T extends object>(part: string, model: T | null): T | null => model && watch(part, model);
  return {
    ...models,
    detector: watch('detect', models.detector),
    verifier: optional('verify', models.verifier),
    landmarks: optional('landmarks', models.landmarks),
    embedder: watch('embed', models.embedder),
    headPose: optional('pose', models.headPose),
    eyes: optional('eyes', models.eyes),
    liveness: optional('liveness', models.liveness),
    emotion: async () => optional('emotion', await models.emotion()),
  };
}
