import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { workerBin } from 'mediasoup';
import type { Browser } from 'playwright-core';
import sharp from 'sharp';
import { io, type Socket } from 'socket.io-client';
import { chromiumPath, launchChromium } from '../browser/browser.ts';
import { type CameraScene, cameraScene } from '../browser/camera-scene.ts';
import { ageOf, openCameras } from '../support/browser-cameras.ts';
import { ADMIN_EMAIL, type Api, PASSWORD, signIn } from '../support/server.ts';
import { ffmpeg, readCounter } from '../support/video.ts';
import { sleep } from './pipeline-worker.ts';
import { startServe } from './serve.ts';
import { percentile, table } from './table.ts';
import { usageOf, usedBetween } from './usage.ts';

export interface WebRtcFigures {
  /** One 720p publisher at 5 fps: from the drawing of a picture in the browser, milliseconds. */
  latency: {
    pictures: number;
    /** To what was seen in it being at another client's socket. */
    observed: { p50: number; p95: number; max: number };
    /** To the time that the pipeline takes for its capture: how far its clock is off. */
    clock: { p50: number; p95: number };
  };
  capacity: CapacityRow[];
}

interface CapacityRow {
  publishers: number;
  /** Cores and MiB by part: server, pipeline, ffmpeg, media worker, browser. */
  parts: Record<string, { cores: number; mib: number }>;
  /** Pictures looked at a second and stream. */
  perStream: { mean: number; least: number };
  /** Streams that were not live at the end, looked at less than once in two seconds, or whose publisher lost its way. */
  droppedStreams: number;
  /** Streams that leave work out because the CPU is short. */
  reduced: number;
}

const COUNTED = ['server', 'pipeline', 'ffmpeg', 'media worker'];
const FPS = 2;
const PEOPLE_AT_S = 10;

/** Publishers are canvases of one page of a real Chromium, through the SDK; a text says why there are no figures. */
export async function benchWebRtc(
  seconds: number,
  counts: readonly number[],
): Promise<WebRtcFigures | string> {
  if (!chromiumPath) return 'no Chromium';
  if (!existsSync(process.env.MEDIASOUP_WORKER_BIN ?? workerBin))
    return 'no media worker; `npm run setup:webrtc` prepares it';
  const scene = await cameraScene();
  const browser = await launchChromium();
  try {
    return {
      latency: await latency(browser, scene, seconds),
      capacity: await capacity(browser, scene, seconds, counts),
    };
  } finally {
    await browser.close();
  }
}

interface Bench {
  url: string;
  pid: number;
  api: Api;
  sessionId: string;
  socket: Socket;
  link(): Promise<{ streamId: string; token: string }>;
}

async function withServer<T>(
  scene: CameraScene,
  fps: number,
  work: (bench: Bench) => Promise<T>,
): Promise<T> {
  const dataDir = await mkdtemp(join(tmpdir(), 'yoklama-bench-'));
  const { child, url } = await startServe(dataDir, { PIPELINE_FPS: String(fps) });
  let socket: Socket | null = null;
  try {
    const api = await signIn(url, ADMIN_EMAIL, PASSWORD);
    const sessionId = await openSession(api, scene);
    socket = io(`${url}/live`, { auth: { token: api.token }, transports: ['websocket'] });
    const joined = (await socket.timeout(10_000).emitWithAck('session:join', { sessionId })) as {
      ok: boolean;
    };
    if (!joined.ok) throw new Error('joining the session failed');
    const link = async () => {
      const made = await api.post<{ streamId: string; token: string }>(`/sessions/${sessionId}/publishers`, {
        name: 'Bench',
      });
      if (made.status !== 201) throw new Error(`no link: ${JSON.stringify(made.body)}`);
      return made.body;
    };
    return await work({ url, pid: child.pid!, api, sessionId, socket, link });
  } finally {
    socket?.disconnect();
    child.kill('SIGTERM');
    await once(child, 'exit');
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** With everybody enrolled who may be in the picture, and no camera. */
async function openSession(api: Api, { people }: CameraScene): Promise<string> {
  const created = async (path: string, body: unknown): Promise<string> => {
    const answer = await api.post<{ id: string }>(path, body);
    if (answer.status >= 300) throw new Error(`POST ${path}: ${JSON.stringify(answer.body)}`);
    return answer.body.id;
  };
  const studentIds: string[] = [];
  for (const { number, name, photos } of people) {
    const id = await created('/students', { number, name, consents: { face: true } });
    const form = new FormData();
    for (const photo of photos) form.append('photo', new Blob([await readFile(photo)]), basename(photo));
    // The worker loads its models while the first waits.
    for (let attempt = 0; attempt < 60; attempt++) {
      const { status } = await api.post(`/students/${id}/face`, form);
      if (status !== 503) break;
      await sleep(0.5);
    }
    studentIds.push(id);
  }
  const courseId = await created('/courses', { code: 'BENCH', name: 'Bench' });
  await api.post(`/courses/${courseId}/enrolments`, { studentIds });
  return created('/sessions', { courseId, cameraIds: [] });
}

/** One picture of the scene, JPEG in Base64. */
async function pictureOf({ file }: CameraScene): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'yoklama-bench-'));
  const out = join(dir, 'picture.jpg');
  await ffmpeg(['-f', 'mjpeg', '-i', file, '-frames:v', '1', '-q:v', '3', out]);
  const jpeg = await readFile(out);
  await rm(dir, { recursive: true });
  return jpeg.toString('base64');
}

async function latency(
  browser: Browser,
  scene: CameraScene,
  seconds: number,
): Promise<WebRtcFigures['latency']> {
  return withServer(scene, 5, async ({ url, sessionId, socket, link }) => {
    const image = await pictureOf(scene);
    const cameras = await openCameras(browser, url, { width: 1280, height: 720, fps: 25, image });
    const { streamId, token } = await link();
    await cameras.start('one', token);
    await sleep(PEOPLE_AT_S);
    const facesAt = new Map<number, number>();
    const pictures: { seq: number; atMs: number; jpeg: Buffer }[] = [];
    socket.on('session:faces', ({ seq }: { seq: number }) => void facesAt.set(seq, Date.now()));
    socket.on('session:picture', ({ seq, atMs, jpeg }: { seq: number; atMs: number; jpeg: Buffer }) => {
      pictures.push({ seq, atMs, jpeg: Buffer.from(jpeg) });
    });
    socket.emit('session:watch', { sessionId, streamId, width: 640 });
    await sleep(seconds);
    socket.off('session:picture');
    await cameras.close();
    const observed: number[] = [];
    const clock: number[] = [];
    // Read afterwards: decoding here would take the cores from what is measured.
    for (const { seq, atMs, jpeg } of pictures) {
      const { data, info } = await sharp(jpeg).removeAlpha().raw().toBuffer({ resolveWithObject: true });
      const counter = readCounter({ data, width: info.width, height: info.height });
      const facesMs = facesAt.get(seq);
      if (counter === null || facesMs === undefined) continue;
      observed.push(ageOf(counter, facesMs));
      clock.push(ageOf(counter, atMs));
    }
    return {
      pictures: observed.length,
      observed: {
        p50: percentile(observed, 0.5),
        p95: percentile(observed, 0.95),
        max: Math.max(...observed),
      },
      clock: { p50: percentile(clock, 0.5), p95: percentile(clock, 0.95) },
    };
  });
}

async function capacity(
  browser: Browser,
  scene: CameraScene,
  seconds: number,
  counts: readonly number[],
): Promise<CapacityRow[]> {
  return withServer(scene, FPS, async ({ url, pid, socket, link }) => {
    const image = await pictureOf(scene);
    const cameras = await openCameras(browser, url, { width: 640, height: 360, fps: 10, image });
    const states = new Map<string, { state: string; load: string }>();
    const looked = new Map<string, number>();
    socket.on('stream:status', (status: { streamId: string; state: string; load: string }) => {
      states.set(status.streamId, status);
    });
    socket.on('session:faces', ({ streamId }: { streamId: string }) => {
      looked.set(streamId, (looked.get(streamId) ?? 0) + 1);
    });
    const streams: string[] = [];
    const rows: CapacityRow[] = [];
    for (const publishers of counts) {
      while (streams.length < publishers) {
        const { streamId, token } = await link();
        await cameras.start(streamId, token);
        streams.push(streamId);
      }
      await sleep(PEOPLE_AT_S);
      looked.clear();
      const before = { ...usageOf(pid), ...only(usageOf(process.pid), 'browser') };
      const began = performance.now();
      await sleep(seconds);
      const wall = (performance.now() - began) / 1000;
      const after = { ...usageOf(pid), ...only(usageOf(process.pid), 'browser') };
      const rates = streams.map((streamId) => (looked.get(streamId) ?? 0) / wall);
      const lost = await Promise.all(
        streams.map(async (streamId, at) => {
          const told = await cameras.told(streamId);
          return (
            told.states.at(-1) !== 'publishing' ||
            told.states.includes('reconnecting') ||
            states.get(streamId)?.state !== 'live' ||
            rates[at]! < 0.5
          );
        }),
      );
      rows.push({
        publishers,
        parts: usedBetween(before, after, wall),
        perStream: {
          mean: rates.reduce((sum, rate) => sum + rate, 0) / rates.length,
          least: Math.min(...rates),
        },
        droppedStreams: lost.filter(Boolean).length,
        reduced: streams.filter((streamId) => states.get(streamId)?.load !== 'full').length,
      });
    }
    await cameras.close();
    return rows;
  });
}

const only = <T>(usage: Record<string, T>, kind: string): Record<string, T> =>
  Object.fromEntries(Object.entries(usage).filter(([name]) => name === kind));

export function printWebRtc({ latency: l, capacity: rows }: WebRtcFigures): string {
  const ms = (value: number): number => Math.round(value);
  const times = table(
    ['one browser, 720p, 5 fps: from the picture to', 'p50 ms', 'p95 ms', 'max ms', 'n'],
    [
      [
        'what was seen in it, at a socket',
        ms(l.observed.p50),
        ms(l.observed.p95),
        ms(l.observed.max),
        l.pictures,
      ],
      ['the time it is taken for', ms(l.clock.p50), ms(l.clock.p95), Number.NaN, l.pictures],
    ],
  );
  const loads = table(
    [
      'publishers, 360p, 2 fps',
      ...['cores', ...COUNTED, 'MiB', ...COUNTED.map((part) => `${part} MiB`)],
      ...['browser’s cores', 'fps a stream', 'least', 'dropped streams', 'reduced'],
    ],
    rows.map(({ publishers, parts, perStream, droppedStreams, reduced }) => {
      const cores = COUNTED.map((part) => parts[part]?.cores ?? 0);
      const mib = COUNTED.map((part) => Math.round(parts[part]?.mib ?? 0));
      const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
      return [
        publishers,
        ...[sum(cores), ...cores, sum(mib), ...mib],
        ...[parts.browser?.cores ?? 0, perStream.mean, perStream.least, droppedStreams, reduced],
      ];
    }),
  );
  return `${times}\n\n${loads}`;
}
