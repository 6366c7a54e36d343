import type { Config } from './index.ts';

/** Variables that a pipeline worker has no use for: it never sees the database, the keys or anybody's password. */
const WITHHELD = [
  'MASTER_KEY',
  'MASTER_KEY_PREVIOUS',
  'DATABASE_URL',
  'DATABASE_APP_URL',
  'REDIS_URL',
  'SMTP_URL',
  'ADMIN_EMAIL',
  'ADMIN_PASSWORD',
];

/** The environment that gives a worker the same settings as the server has, wherever the server has them from. */
export function workerEnvironment(config: Config, base: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = {
    ...base,
    NODE_ENV: config.env,
    LOG_LEVEL: config.log.level,
    DATA_DIR: config.dataDir,
    MODEL_PACK: config.models.pack,
    MODELS_DIR: config.models.dir,
    FFMPEG_PATH: config.ffmpegPath ?? '',
    PIPELINE_WORKERS: String(config.pipeline.workers),
    PIPELINE_THREADS: String(config.pipeline.threads),
    PIPELINE_MAX_WIDTH: String(config.pipeline.maxWidth),
    PIPELINE_FPS: String(config.pipeline.defaultFps),
    CAMERA_NETWORKS: config.cameras.allowedNetworks.join(','),
    CAMERA_ALLOW_LOOPBACK: String(config.cameras.allowLoopback),
    CAMERA_ALLOW_FILES: String(config.cameras.allowFiles),
  };
  for (const name of WITHHELD) delete env[name];
  return env;
}
