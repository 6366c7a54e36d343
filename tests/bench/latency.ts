import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import sharp from 'sharp';
import { io, type Socket } from 'socket.io-client';
import { startCamera, type TestCamera } from '../support/camera.ts';
import { ADMIN_EMAIL, type Api, PASSWORD, signIn } from '../support/server.ts';
import { readCounter } from '../support/video.ts';
import { sleep } from './pipeline-worker.ts';
import type { BenchScene } from './scene.ts';
import { startServe } from './serve.ts';
import { percentile, table } from './table.ts';

/** Milliseconds from the camera sending a frame to a browser's socket having what was seen in it. */
export interface LatencyFigures {
  frames: number;
  faces: { p50: number; p95: number; max: number };
  picture: { p50: number; p95: number; max: number };
  /** From the camera's first frame to each student's mark, as the server announced it. */
  markedAfterMs: { p50: number; p95: number; students: number };
}

/** The whole server in a process of its own, watched over a socket while an RTSP camera counts its frames. */
export async function benchLatency(scene: BenchScene, seconds: number): Promise<LatencyFigures> {
  const dataDir = await mkdtemp(join(tmpdir(), 'yoklama-bench-'));
  const camera = await startCamera({ files: [scene.stream] });
  const { child, url } = await startServe(dataDir);
  try {
    const api = await signIn(url, ADMIN_EMAIL, PASSWORD);
    const sessionId = await openSession(api, scene, camera);
    return await watch(url, api, sessionId, camera, seconds);
  } finally {
    child.kill('SIGTERM');
    await once(child, 'exit');
    await camera.kill();
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function openSession(api: Api, scene: BenchScene, camera: TestCamera): Promise<string> {
  const created = async (path: string, body: unknown): Promise<string> => {
    const answer = await api.post<{ id: string }>(path, body);
    if (answer.status >= 300) throw new Error(`POST ${path}: ${JSON.stringify(answer.body)}`);
    return answer.body.id;
  };
  const studentIds: string[] = [];
  for (const { id, photos } of scene.people) {
    const studentId = await created('/students', { number: id, name: id, consents: { face: true } });
    const form = new FormData();
    for (const photo of photos) form.append('photo', new Blob([await readFile(photo)]), basename(photo));
    await enrol(api, studentId, form);
    studentIds.push(studentId);
  }
  const courseId = await created('/courses', { code: 'BENCH', name: 'Bench' });
  await api.post(`/courses/${courseId}/enrolments`, { studentIds });
  const cameraId = await created('/cameras', {
    name: 'Bench',
    url: camera.url,
    sampling: { mode: 'fps', fps: 5 },
  });
  return created('/sessions', { courseId, cameraIds: [cameraId] });
}

/** The worker loads its models while the first student waits. */
async function enrol(api: Api, studentId: string, form: FormData): Promise<void> {
  for (let attempt = 0; attempt < 60; attempt++) {
    const answer = await api.post(`/students/${studentId}/face`, form);
    if (answer.status !== 503) return;
    await sleep(0.5);
  }
  throw new Error('the pipeline worker was not ready within 30 s');
}

async function watch(
  url: string,
  api: Api,
  sessionId: string,
  camera: TestCamera,
  seconds: number,
): Promise<LatencyFigures> {
  const openedMs = Date.now();
  const marked: number[] = [];
  const facesAt = new Map<number, number>();
  const pictures: { seq: number; atMs: number; jpeg: Buffer }[] = [];
  const socket: Socket = io(`${url}/live`, { auth: { token: api.token }, transports: ['websocket'] });
  socket.on('attendance:marked', () => marked.push(Date.now() - openedMs));
  const answer = (await socket.timeout(10_000).emitWithAck('session:join', { sessionId })) as {
    ok: boolean;
    snapshot?: { streams: { streamId: string }[] };
  };
  const streamId = answer.snapshot?.streams[0]?.streamId;
  if (!answer.ok || !streamId) throw new Error(`joining the session failed: ${JSON.stringify(answer)}`);
  await sleep(15);
  socket.on('session:faces', ({ seq }: { seq: number }) => void facesAt.set(seq, Date.now()));
  socket.on('session:picture', ({ seq, jpeg }: { seq: number; jpeg: Buffer }) => {
    pictures.push({ seq, atMs: Date.now(), jpeg: Buffer.from(jpeg) });
  });
  socket.emit('session:watch', { sessionId, streamId, width: 960 });
  await sleep(seconds);
  socket.disconnect();

  const faces: number[] = [];
  const shown: number[] = [];
  // Read afterwards: decoding here would take the cores from what is measured.
  for (const { seq, atMs, jpeg } of pictures) {
    const { data, info } = await sharp(jpeg).removeAlpha().raw().toBuffer({ resolveWithObject: true });
    const counter = readCounter({ data, width: info.width, height: info.height });
    const facesMs = facesAt.get(seq);
    if (counter === null || facesMs === undefined) continue;
    const sentMs = sentAt(counter, atMs, camera);
    faces.push(facesMs - sentMs);
    shown.push(atMs - sentMs);
  }
  const spread = (values: number[]) => ({
    p50: percentile(values, 0.5),
    p95: percentile(values, 0.95),
    max: Math.max(...values),
  });
  return {
    frames: faces.length,
    faces: spread(faces),
    picture: spread(shown),
    markedAfterMs: { ...spread(marked), students: marked.length },
  };
}

/** When the camera sent the frame with this counter the last time before `beforeMs`; epoch milliseconds. */
function sentAt(counter: number, beforeMs: number, { startedAtMs, fps, frames }: TestCamera): number {
  const firstMs = startedAtMs + (1000 * counter) / fps;
  const loopMs = (1000 * frames) / fps;
  return firstMs + Math.floor((beforeMs - firstMs) / loopMs) * loopMs;
}

export function printLatency(f: LatencyFigures): string {
  return table(
    ['from the camera to', 'p50 ms', 'p95 ms', 'max ms', 'n'],
    [
      [
        'faces at the socket',
        Math.round(f.faces.p50),
        Math.round(f.faces.p95),
        Math.round(f.faces.max),
        f.frames,
      ],
      [
        'picture at the socket',
        Math.round(f.picture.p50),
        Math.round(f.picture.p95),
        Math.round(f.picture.max),
        f.frames,
      ],
      [
        'marked, from the opening',
        Math.round(f.markedAfterMs.p50),
        Math.round(f.markedAfterMs.p95),
        Number.NaN,
        f.markedAfterMs.students,
      ],
    ],
  );
}
