import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../config/index.ts';
import { installPack } from '../models/install.ts';
import { makeVideo } from '../tests/support/video.ts';
import type { FromWorker, StreamSpec, ToWorker } from './messages.ts';

const entry = fileURLToPath(new URL('./main.ts', import.meta.url));

/** The worker as the server runs it: a process of its own, spoken to over its channel. */
describe('pipeline worker', () => {
  let dir: string;
  let video: string;
  let worker: ChildProcess;
  const heard: FromWorker[] = [];

  const send = (message: ToWorker): void => {
    worker.send(message);
  };
  async function hear<T extends FromWorker['type']>(
    type: T,
    fits: (message: Extract<FromWorker, { type: T }>) => boolean = () => true,
  ): Promise<Extract<FromWorker, { type: T }>> {
    for (;;) {
      const found = heard.find(
        (message): message is Extract<FromWorker, { type: T }> =>
          message.type === type && fits(message as Extract<FromWorker, { type: T }>),
      );
      if (found) return found;
      await once(worker, 'message');
    }
  }

  beforeAll(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'yoklama-worker-'));
    video = path.join(dir, 'video.mp4');
    const { models } = loadConfig();
    await Promise.all([installPack(models), makeVideo(video, { width: 320, height: 180, seconds: 2 })]);
    worker = fork(entry, {
      execArgv: ['--import', 'tsx'],
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: { ...process.env, LOG_LEVEL: 'warn' },
    });
    worker.on('message', (message) => heard.push(message as FromWorker));
    await hear('ready');
  }, 120_000);

  afterAll(async () => {
    worker?.kill('SIGKILL');
    await rm(dir, { recursive: true, force: true });
  });

  const spec = (streamId: string, more: Partial<StreamSpec> = {}): StreamSpec => ({
    streamId,
    source: { kind: 'file', path: video, loop: true, realtime: true },
    sampling: { mode: 'fps', fps: 5 },
    maxWidth: 0,
    detectWidth: 0,
    purposes: { identify: true, attention: true, emotion: 'off', liveness: false },
    gallery: [],
    firstTrackId: 1,
    ...more,
  });

  it('says which embeddings it makes', async () => {
    const ready = await hear('ready');
    expect(ready.embeddingLength).toBeGreaterThan(64);
    expect(ready.duplicateThreshold).toBeGreaterThan(0.3);
    expect(ready.pid).toBe(worker.pid);
    expect(ready.ffmpeg.version).not.toBe('');
  });

  it('runs several streams, sends pictures only while they are watched, and lets one go', async () => {
    send({ type: 'stream:start', stream: spec('a') });
    send({ type: 'stream:start', stream: spec('b', { sampling: { mode: 'keyframes' } }) });
    send({ type: 'stream:watch', streamId: 'a', pictureWidth: 160 });
    const picture = await hear('picture');
    expect(picture).toMatchObject({ streamId: 'a', width: 160, height: 90 });
    expect((await sharp(picture.jpeg).metadata()).format).toBe('jpeg');
    const { observation } = await hear('observation', (m) => m.observation.streamId === 'b');
    expect(observation).toMatchObject({ width: 320, height: 180, faces: [] });
    expect((await hear('metrics', (m) => m.metrics.streamId === 'a')).metrics.students).toEqual([]);
    expect(heard.some((m) => m.type === 'picture' && m.streamId === 'b')).toBe(false);

    send({ type: 'stream:stop', streamId: 'a' });
    await hear('stream:status', (m) => m.status.streamId === 'a' && m.status.reason === 'stopped');
    const count = heard.filter((m) => m.type === 'observation' && m.observation.streamId === 'a').length;
    const { seq } = observation;
    await hear('observation', (m) => m.observation.streamId === 'b' && m.observation.seq > seq + 1);
    expect(heard.filter((m) => m.type === 'observation' && m.observation.streamId === 'a').length).toBe(
      count,
    );
  });

  it('says that a stream cannot be had, and goes on', async () => {
    const source = {
      kind: 'file',
      path: path.join(dir, 'nothing.mp4'),
      loop: false,
      realtime: true,
    } as const;
    send({ type: 'stream:start', stream: spec('lost', { source }) });
    const { status } = await hear(
      'stream:status',
      (m) => m.status.streamId === 'lost' && m.status.state === 'failed',
    );
    expect(status.reason).toBe('not-found');
  });

  it('answers a probe with a picture', async () => {
    const source = { kind: 'file', path: video, loop: false, realtime: false } as const;
    send({ type: 'probe', requestId: 'p1', source, timeoutMs: 10_000 });
    const { result } = await hear('probe:result', (m) => m.requestId === 'p1');
    expect(result).toMatchObject({ ok: true, codec: 'h264', width: 320, height: 180 });
  });

  it('answers photos with a code each, and refuses more than it can take', async () => {
    const grey = await sharp({ create: { width: 200, height: 200, channels: 3, background: '#888' } })
      .jpeg()
      .toBuffer();
    send({ type: 'photo', requestId: 'n', photo: Buffer.from('no photo') });
    send({ type: 'photo', requestId: 'g', photo: grey });
    for (let i = 0; i < 30; i++) send({ type: 'photo', requestId: `many${i}`, photo: grey });
    const answer = async (id: string) => (await hear('photo:result', (m) => m.requestId === id)).result;
    expect(await answer('n')).toMatchObject({ ok: false, code: 'not-a-photo' });
    expect(await answer('g')).toMatchObject({ ok: false, code: 'no-face' });
    const many = await Promise.all(Array.from({ length: 30 }, (_, i) => answer(`many${i}`)));
    const codes = new Set(many.map((result) => (result.ok ? 'ok' : result.code)));
    expect(codes).toEqual(new Set(['no-face', 'busy']));
  });

  it('ends by itself when the server is gone', async () => {
    const ended = once(worker, 'exit');
    worker.disconnect();
    expect((await ended)[0]).toBe(0);
  });
});
