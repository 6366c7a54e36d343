import { pino } from 'pino';
import sharp from 'sharp';
import { loadConfig } from '../config/index.ts';
import { loadFaceModels } from '../models/face-models.ts';
import { thresholdAt } from '../models/manifest.ts';
import type { FromWorker, ToWorker } from './messages.ts';
import { locateFfmpeg } from './sources/ffmpeg.ts';
import { createWorker } from './worker.ts';

/**
 * The pipeline worker: a child process with an IPC channel to the server (`serialization: 'advanced'`). It ends
 * when the channel closes, so it never outlives the server, and on any error that nobody caught: the supervisor
 * starts a fresh one, which is safer than going on in an unknown state.
 */
const config = loadConfig();
const log = pino(
  { level: config.log.level, base: { process: 'pipeline', pid: process.pid } },
  pino.destination(2),
);

process.on('uncaughtException', (error) => fail(error));
process.on('unhandledRejection', (error) => fail(error));
process.on('SIGINT', () => {}); // Ctrl+C reaches the whole process group; the server decides when we end.

function fail(error: unknown): never {
  log.fatal({ err: error }, 'pipeline worker ends');
  process.exit(1);
}

if (!process.send) fail(new Error('pipeline/main.ts is started by the server, not by hand'));

/** At enrolment: of 100,000 comparisons of different people one would be taken for a double. */
const DUPLICATE_FAR = 1e-5;
/** What may wait in the channel before overlays and pictures are left out. */
const MOST_UNSENT = 64;
let unsent = 0;

function send(message: FromWorker): void {
  if (!process.connected) return;
  const droppable =
    message.type === 'observation' || message.type === 'picture' || message.type === 'metrics';
  if (droppable && unsent > MOST_UNSENT) return;
  unsent++;
  process.send?.(message, undefined, undefined, () => {
    unsent--;
  });
}

sharp.concurrency(1);
sharp.cache(false);
const ffmpeg = await locateFfmpeg(config);
const models = await loadFaceModels({
  pack: config.models.pack,
  dir: config.models.dir,
  threads: config.pipeline.threads || 1,
});
const worker = createWorker({ config, models, ffmpeg, log, send });

process.on('message', (message: ToWorker) => worker.receive(message));
process.on('disconnect', () => {
  void end();
});

let ending = false;
async function end(): Promise<void> {
  if (ending) return;
  ending = true;
  // Cameras are let go of in order; a decoder that hangs does not keep the process.
  setTimeout(() => process.exit(0), 3000).unref();
  await worker.close();
  process.exit(0);
}
worker.onShutdown(() => void end());

send({
  type: 'ready',
  pid: process.pid,
  pack: models.pack,
  embeddingModel: models.embeddingModel,
  embeddingLength: models.embeddingLength,
  duplicateThreshold: thresholdAt(models.calibration, DUPLICATE_FAR),
  ffmpeg: { path: ffmpeg.path, version: ffmpeg.version, warning: ffmpeg.warning },
});
log.info({ pack: models.pack, ffmpeg: ffmpeg.version }, 'pipeline worker ready');
if (!process.connected) await end();
