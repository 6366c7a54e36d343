import { execFile, execFileSync } from 'node:child_process';
import { createDecipheriv, randomBytes } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { skipWithoutCamera, startCamera, type TestCamera } from '../../tests/support/camera.ts';
import { makeVideo } from '../../tests/support/video.ts';
import type {
  FromWorker,
  RecordedSegment,
  RecordingProblem,
  RecordingSpec,
  SourceSpec,
} from '../messages.ts';
import { type FfmpegBinary, locateFfmpeg } from '../sources/ffmpeg.ts';
import { createRecorder, type Recorder } from './recorder.ts';
import { segmentName } from './segment-file.ts';

const SEGMENT_MS = 1000;
const WAIT_MS = 25_000;
const run = promisify(execFile);

let folder: string;
let ffmpeg: FfmpegBinary;
const open: Taped[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'yoklama-recorder-'));
  ffmpeg = await locateFfmpeg({ ffmpegPath: null });
  await makeVideo(join(folder, 'h264.mp4'), { seconds: 6, width: 320, height: 180 });
  await makeVideo(join(folder, 'hevc.mp4'), { seconds: 4, width: 320, height: 180, codec: 'hevc' });
  await makeVideo(join(folder, 'h264.h264'), { seconds: 6, width: 320, height: 180 });
});
afterEach(async () => {
  await Promise.all(open.splice(0).map(({ recorder }) => recorder.stop()));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Taped {
  recorder: Recorder;
  spec: RecordingSpec;
  segments: RecordedSegment[];
  problems: (RecordingProblem | null)[];
  until(what: string, when: (taped: Taped) => boolean): Promise<void>;
  on(type: FromWorker['type'], listener: (message: FromWorker) => void): void;
}

let made = 0;
function tape(source: SourceSpec, more: Partial<RecordingSpec> = {}): Taped {
  const events = new EventEmitter();
  const spec: RecordingSpec = {
    ...{ recordingId: `recording-${++made}`, source, dir: join(folder, `tape-${made}`) },
    ...{ key: randomBytes(16), firstSeq: 0, minFreeBytes: 0, ...more },
  };
  const taped: Taped = {
    spec,
    segments: [],
    problems: [],
    recorder: createRecorder(spec, {
      ffmpeg,
      cameras: { allowedNetworks: [], allowLoopback: true },
      log: pino({ level: 'silent' }),
      segmentMs: SEGMENT_MS,
      send(message) {
        if (message.type === 'recording:segment') taped.segments.push(message.segment);
        if (message.type === 'recording:status') taped.problems.push(message.problem);
        events.emit('any', message);
      },
    }),
    async until(what, when) {
      const end = performance.now() + WAIT_MS;
      while (!when(taped)) {
        const left = end - performance.now();
        if (left <= 0) throw new Error(`${what}: ${JSON.stringify([taped.segments, taped.problems])}`);
        await Promise.race([once(events, 'any'), new Promise((resolve) => setTimeout(resolve, left))]);
      }
    },
    on: (type, listener) => events.on('any', (message) => message.type === type && listener(message)),
  };
  open.push(taped);
  return taped;
}

const file = (name: string, loop = true): SourceSpec => ({
  ...{ kind: 'file', path: join(folder, name), loop, realtime: true },
});

async function opened({ spec }: Taped, seq: number): Promise<Buffer> {
  const iv = Buffer.alloc(16);
  iv.writeUInt32BE(seq, 12);
  const decipher = createDecipheriv('aes-128-cbc', spec.key, iv);
  const sealed = await readFile(join(spec.dir, segmentName(seq)));
  return Buffer.concat([decipher.update(sealed), decipher.final()]);
}

/** Codec, pictures and whether the first is a key frame, as a player that has only this segment finds them. */
async function look(taped: Taped, seq: number) {
  const path = join(folder, `look-${taped.spec.recordingId}-${seq}.ts`);
  await writeFile(path, await opened(taped, seq));
  const { stdout, stderr } = await run(
    ffmpeg.path,
    ['-hide_banner', '-nostdin', '-i', path, '-vf', 'showinfo', '-f', 'null', '-'],
    { maxBuffer: 16 * 1024 * 1024 },
  );
  const lines = `${stdout}${stderr}`.split('\n').filter((line) => /showinfo.* n: *\d+ /.test(line));
  return {
    codec: /Video: (\w+)/.exec(stderr)?.[1],
    pictures: lines.length,
    startsWithKey: lines[0]?.includes('iskey:1') ?? false,
    damaged: /error while decoding|non-existing PPS|no frame!/i.test(stderr),
  };
}

const ffmpegsWith = (mark: string): number[] =>
  execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(mark) && /ffmpeg/.test(line))
    .map((line) => Number(line.trim().split(' ')[0]));

describe('a recording', () => {
  it('is segments that can each be played alone, follow each other, and are encrypted', async () => {
    const startedAt = Date.now();
    const taped = tape(file('h264.mp4'));
    await taped.until('four segments', ({ segments }) => segments.length >= 4);
    await taped.recorder.stop();
    const { segments } = taped;
    expect(segments.map(({ seq }) => seq)).toEqual(segments.map((_, index) => index));
    expect(segments.every(({ gap }) => !gap)).toBe(true);
    for (const segment of segments.slice(0, 4)) {
      expect(segment.durationMs).toBeGreaterThanOrEqual(900);
      expect(segment.durationMs).toBeLessThan(1600);
      const seen = await look(taped, segment.seq);
      expect(seen).toMatchObject({ codec: 'h264', startsWithKey: true, damaged: false });
      expect(seen.pictures).toBe(Math.round(segment.durationMs / 40));
      const sealed = await readFile(join(taped.spec.dir, segmentName(segment.seq)));
      expect(sealed.length).toBe(segment.bytes);
      expect(sealed.includes(Buffer.from([0x47, 0x40, 0x00]))).toBe(false);
    }
    for (const [index, segment] of segments.slice(1).entries()) {
      const before = segments[index]!;
      expect(Math.abs(segment.startAtMs - before.startAtMs - before.durationMs)).toBeLessThanOrEqual(3);
    }
    expect(segments[0]!.startAtMs).toBeGreaterThan(startedAt - 1000);
    expect(segments.at(-1)!.startAtMs).toBeLessThan(Date.now());
    // What was collected when it was stopped is there too, and nothing half written is left.
    expect((await readdir(taped.spec.dir)).sort()).toEqual(segments.map(({ seq }) => segmentName(seq)));
  });

  it('makes H.264 of what browsers do not play', async () => {
    const taped = tape(file('hevc.mp4'));
    await taped.until('two segments', ({ segments }) => segments.length >= 2);
    expect(await look(taped, 0)).toMatchObject({ codec: 'h264', startsWithKey: true, damaged: false });
    expect(taped.segments[1]!.gap).toBe(false);
  });

  it('goes on after a killed ffmpeg with a segment that says so', async () => {
    const taped = tape(file('h264.mp4'));
    await taped.until('a segment', ({ segments }) => segments.length >= 1);
    const [pid] = ffmpegsWith(join(folder, 'h264.mp4'));
    process.kill(pid!, 'SIGKILL');
    await taped.until('a segment after it', ({ segments }) => segments.some(({ gap }) => gap));
    await taped.until('all is well again', ({ problems }) => problems.at(-1) === null);
    const after = taped.segments.find(({ gap }) => gap)!;
    expect(taped.segments.map(({ seq }) => seq)).toEqual(taped.segments.map((_, index) => index));
    expect(await look(taped, after.seq)).toMatchObject({ startsWithKey: true, damaged: false });
    expect(taped.problems).toContain('disconnected');
  });

  it('writes nothing where too little is free, says so, and goes on when there is room', async () => {
    const taped = tape(file('h264.mp4'), { minFreeBytes: Number.MAX_SAFE_INTEGER });
    await taped.until('the disk is full', ({ problems }) => problems.includes('disk-full'));
    expect(taped.segments).toEqual([]);
    expect(await readdir(taped.spec.dir)).toEqual([]);
    taped.spec.minFreeBytes = 0;
    await taped.until('a segment', ({ segments }) => segments.length > 0);
    expect(taped.segments[0]).toMatchObject({ seq: 0, gap: true });
    await taped.until('all is well again', ({ problems }) => problems.at(-1) === null);
  });

  it('goes on with the next number after a break', async () => {
    const taped = tape(file('h264.mp4'), { firstSeq: 7 });
    await taped.until('a segment', ({ segments }) => segments.length > 0);
    expect(taped.segments[0]).toMatchObject({ seq: 7, gap: true });
  });

  it('says what is wrong with a source that gives nothing', async () => {
    const taped = tape(file('missing.mp4'));
    await taped.until('not found', ({ problems }) => problems.includes('not-found'));
    taped.recorder.setSource(file('h264.mp4'));
    await taped.until('a segment', ({ segments }) => segments.length > 0);
  });
});

describe('a recording of a publisher', () => {
  const SENDERS = [
    ['VP8', ['-c:v', 'libvpx', '-deadline', 'realtime', '-g', '25'], 96],
    ['H264', ['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-g', '50'], 97],
  ] as const;

  it.each(SENDERS)('waits for one, then keeps its %s', async (name, encoder, payloadType) => {
    const taped = tape({ kind: 'webrtc', codec: null });
    await taped.until('nobody is there', ({ problems }) => problems.includes('no-publisher'));
    const ports = new Promise<number>((resolve) =>
      taped.on('recording:rtp', (message) => 'rtpPort' in message && resolve(message.rtpPort)),
    );
    let asked = 0;
    taped.on('recording:key-frame', () => asked++);
    const parameters: Record<string, string | number> = name === 'H264' ? { 'packetization-mode': 1 } : {};
    taped.recorder.setSource({
      kind: 'webrtc',
      codec: { mimeType: `video/${name}`, payloadType, clockRate: 90_000, parameters },
    });
    const port = await ports;
    const sender = execFile(ffmpeg.path, [
      ...['-hide_banner', '-nostdin', '-v', 'error', '-re', '-f', 'lavfi'],
      ...['-i', 'testsrc2=size=320x180:rate=25', '-pix_fmt', 'yuv420p', ...encoder],
      ...['-payload_type', String(payloadType), '-f', 'rtp', `rtp://127.0.0.1:${port}?rtcpport=${port + 1}`],
    ]);
    try {
      await taped.until('three segments', ({ segments }) => segments.length >= 3);
      expect(await look(taped, 1)).toMatchObject({ codec: 'h264', startsWithKey: true });
      expect(taped.segments[2]!.gap).toBe(false);
      // A segment is due after one second, and this sender's key frames come every two.
      if (name === 'H264') expect(asked).toBeGreaterThan(0);
    } finally {
      sender.kill('SIGKILL');
    }
    taped.recorder.setSource({ kind: 'webrtc', codec: null });
    await taped.until('it has left', ({ problems }) => problems.at(-1) === 'no-publisher');
  });
});

describe.skipIf(skipWithoutCamera('a recorded camera'))('a recording of a camera', () => {
  let camera: TestCamera;
  beforeAll(async () => {
    camera = await startCamera({ files: [join(folder, 'h264.h264')] });
  });
  afterAll(() => camera?.kill());

  it('is copied, and goes on when the camera is back', async () => {
    const taped = tape({ kind: 'rtsp', url: camera.url });
    await taped.until('two segments', ({ segments }) => segments.length >= 2);
    expect(await look(taped, 0)).toMatchObject({ codec: 'h264', startsWithKey: true, damaged: false });
    const [pid] = ffmpegsWith(camera.url);
    expect(execFileSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' })).toContain(
      '-c:v copy',
    );
    await camera.kill();
    await taped.until('it is away', ({ problems }) => typeof problems.at(-1) === 'string');
    await camera.restart();
    await taped.until('it is back', ({ segments }) => segments.some(({ gap }) => gap));
    const back = taped.segments.find(({ gap }) => gap)!;
    expect(await look(taped, back.seq)).toMatchObject({ startsWithKey: true, damaged: false });
  });
});
