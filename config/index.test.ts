import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError } from './env-reader.ts';
import { loadConfig } from './index.ts';
import { projectRoot } from './paths.ts';
import { workerEnvironment } from './worker-env.ts';

describe('loadConfig', () => {
  it('needs nothing', () => {
    const config = loadConfig({});
    expect(config).toMatchObject({
      env: 'development',
      host: '127.0.0.1',
      port: 8780,
      publicUrl: 'http://127.0.0.1:8780',
      databaseUrl: null,
      redisUrl: null,
      models: { pack: 'default', dir: join(homedir(), '.cache/yoklama/models') },
      cameras: { allowLoopback: true, allowFiles: false },
    });
    expect(config.dataDir).toBe(join(process.cwd(), 'data'));
  });

  it('is strict about cameras and open to the network in production', () => {
    const config = loadConfig({ NODE_ENV: 'production' });
    expect(config.host).toBe('0.0.0.0');
    expect(config.cameras.allowLoopback).toBe(false);
  });

  it('counts an empty variable as unset', () => {
    expect(loadConfig({ PORT: '', DATABASE_URL: ' ' })).toMatchObject({ port: 8780, databaseUrl: null });
  });

  it('lists everything that is wrong in one error', () => {
    const load = () =>
      loadConfig({
        NODE_ENV: 'production',
        PORT: 'eighty',
        LOG_LEVEL: 'loud',
        DATABASE_URL: 'mysql://u:s3cret@h/d',
        CAMERA_NETWORKS: '10.0.0.0/99',
        CAMERA_ALLOW_FILES: 'true',
        MASTER_KEY: 'short',
        ADMIN_PASSWORD: 'tiny',
        TIMEZONE: 'Mars/Olympus',
      });
    expect(load).toThrow(ConfigError);
    try {
      load();
    } catch (error) {
      const { message } = error as ConfigError;
      for (const name of [
        'PORT',
        'LOG_LEVEL',
        'DATABASE_URL',
        'CAMERA_NETWORKS',
        'CAMERA_ALLOW_FILES',
        'MASTER_KEY',
        'ADMIN_PASSWORD',
        'TIMEZONE',
      ]) {
        expect(message).toContain(`${name}:`);
      }
      expect(message).not.toContain('s3cret');
    }
  });

  it('reads master keys in hex and base64', () => {
    expect(loadConfig({ MASTER_KEY: 'ab'.repeat(32) }).masterKey).toHaveLength(64);
    expect(loadConfig({ MASTER_KEY: Buffer.alloc(32, 7).toString('base64') }).masterKey).toHaveLength(44);
  });
});

it('gives workers the server’s settings and none of its secrets', () => {
  const config = loadConfig({
    MODELS_DIR: '/m',
    CAMERA_NETWORKS: '10.9.0.0/16',
    PIPELINE_FPS: '2',
    MASTER_KEY: 'ab'.repeat(32),
    ADMIN_PASSWORD: 'a long password',
  });
  const env = workerEnvironment(config, {
    MASTER_KEY: 'ab'.repeat(32),
    ADMIN_PASSWORD: 'a long password',
    PATH: '/bin',
  });
  const { models, pipeline, cameras, env: mode } = loadConfig(env);
  expect({ models, pipeline, cameras, env: mode }).toEqual({
    models: config.models,
    pipeline: config.pipeline,
    cameras: config.cameras,
    env: config.env,
  });
  expect(JSON.stringify(env)).not.toMatch(/abab|a long password/);
});

it('.env.example names exactly the variables that are read', () => {
  const example = readFileSync(join(projectRoot, '.env.example'), 'utf8');
  const documented = new Set([...example.matchAll(/^#([A-Z][A-Z0-9_]+)=/gm)].map((match) => match[1]));
  const asked = new Set<string>();
  const spy = new Proxy({} as NodeJS.ProcessEnv, {
    get: (_, name) => {
      asked.add(String(name));
      return undefined;
    },
  });
  loadConfig(spy);
  // The package itself reads where its program is.
  expect([...documented].sort()).toEqual([...asked, 'MEDIASOUP_WORKER_BIN'].sort());
});
