import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../../config/index.ts';
import { eventually } from '../../../tests/support/live.ts';
import { programs } from '../../../tests/support/processes.ts';
import { type RtpSender, sendRtp, VP8 } from '../../../tests/support/rtp.ts';
import { freeUdpPort } from '../../../tests/support/udp-proxy.ts';
import { makeVideo } from '../../../tests/support/video.ts';
import { skipWithoutMediaWorker } from '../../../tests/support/webrtc.ts';
import { ApiError } from '../../errors.ts';
import { createLog } from '../../log.ts';
import { transportParams } from './room.ts';
import { createSfu, type Sfu } from './sfu.ts';

const WORKER = 'mediasoup-worker';

describe.skipIf(skipWithoutMediaWorker('the forwarding unit'))('the forwarding unit', () => {
  let sfu: Sfu | null = null;
  let sender: RtpSender | null = null;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'yoklama-sfu-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  afterEach(async () => {
    await sender?.close();
    await sfu?.close();
    [sfu, sender] = [null, null];
  });

  async function start(env: Record<string, string> = {}, pulseMs?: number): Promise<Sfu> {
    const config = loadConfig({ NODE_ENV: 'test', HOST: '127.0.0.1', LOG_LEVEL: 'fatal', ...env });
    sfu = createSfu(config.webrtc, createLog(config), pulseMs);
    await sfu.start();
    return sfu;
  }

  const refusal = async (unit: Sfu): Promise<ApiError> => {
    const error = await unit.enter('session').catch((cause: unknown) => cause);
    if (!(error instanceof ApiError)) throw new Error('it was not refused');
    return error;
  };

  it('ends a media worker that hangs, and has another', async () => {
    const unit = await start({ WEBRTC_PORT: '0' }, 200);
    const [pid] = programs(WORKER);
    process.kill(pid!, 'SIGSTOP');
    await eventually(() => unit.stats().restarts === 1 && unit.stats().workers === 1, 20_000);
    expect(programs(WORKER)).not.toContain(pid);
    (await unit.enter('session')).leave();
  }, 30_000);

  it('comes up by itself when what held its port is gone', async () => {
    const other = createSocket('udp4');
    other.bind(0, '127.0.0.1');
    await once(other, 'listening');
    const unit = await start({ WEBRTC_PORT: String(other.address().port) });
    expect(unit.reason()).toContain('is in use');
    other.close();
    await eventually(() => unit.reason() === null, 20_000);
    (await unit.enter('session')).leave();
  }, 30_000);

  it('says why there is no WebRTC: it is off, or its port is taken', async () => {
    const off = await start({ WEBRTC: 'false' });
    expect(off.reason()).toBe('WEBRTC is off');
    expect(await refusal(off)).toMatchObject({
      code: 'webrtc-unavailable',
      details: { reason: 'WEBRTC is off' },
    });
    expect(off.stats()).toMatchObject({ workers: 0, workersWanted: 0, publicPorts: 0 });
    expect(programs(WORKER)).toEqual([]);

    const other = createSocket('udp4');
    other.bind(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address();
    const blocked = await start({ WEBRTC_PORT: String(port) });
    expect(blocked.reason()).toContain(`port ${port} is in use`);
    expect((await refusal(blocked)).code).toBe('webrtc-unavailable');
    await eventually(() => programs(WORKER).length === 0);
    other.close();
  });

  it('has one room a session, as long as somebody needs it, spread over its workers', async () => {
    const unit = await start({ WEBRTC_WORKERS: '2' });
    expect(programs(WORKER).length).toBe(2);
    const [a, b, c] = await Promise.all([unit.enter('one'), unit.enter('one'), unit.enter('two')]);
    expect(a.room).toBe(b.room);
    expect(c.room).not.toBe(a.room);
    expect(unit.stats()).toMatchObject({ workers: 2, rooms: 2, publicPorts: 4 });
    a.leave();
    a.leave();
    expect(unit.stats().rooms).toBe(2);
    expect(b.room.router.closed).toBe(false);
    b.leave();
    await eventually(() => b.room.router.closed);
    expect(unit.stats().rooms).toBe(1);
    const again = await unit.enter('one');
    expect(again.room).not.toBe(a.room);
    // As many rooms on one worker as on the other.
    await Promise.all(['three', 'four'].map((sessionId) => unit.enter(sessionId)));
    for (const pid of programs(WORKER)) process.kill(pid, 0);
    expect(unit.stats().rooms).toBe(4);
    const lost: string[][] = [];
    unit.events.on('lost', (sessionIds) => lost.push(sessionIds));
    process.kill(programs(WORKER)[0]!, 'SIGKILL');
    await eventually(() => lost.length === 1);
    expect(lost[0]!.length).toBe(2);
  });

  it('replaces a worker that was killed on the same port, tells who lost what, and counts it', async () => {
    const port = await freeUdpPort('127.0.0.1');
    const unit = await start({ WEBRTC_PORT: String(port) });
    const before = await unit.enter('session');
    const transport = await before.room.createTransport('in');
    expect(transportParams(transport).iceCandidates.map((one) => one.port)).toEqual([port, port]);
    const lost: string[][] = [];
    unit.events.on('lost', (sessionIds) => lost.push(sessionIds));
    const [pid] = programs(WORKER);
    process.kill(pid!, 'SIGKILL');
    await eventually(() => lost.length > 0);
    expect(lost).toEqual([['session']]);
    expect(transport.closed).toBe(true);
    expect(unit.stats()).toMatchObject({ rooms: 0, restarts: 1, transports: { webrtc: 0 } });
    // Between the two it is not there for a moment, and says that it comes back.
    const meanwhile = await unit.enter('session').catch((error: ApiError) => error);
    if (meanwhile instanceof ApiError) expect(meanwhile.details).toEqual({ reason: 'restarting' });
    await eventually(() => unit.stats().workers === 1);
    expect(unit.reason()).toBeNull();
    // Giving back what is lost already must not close what came after it.
    const after = await unit.enter('session');
    before.leave();
    const next = await after.room.createTransport('in');
    expect(transportParams(next).iceCandidates.map((one) => one.port)).toEqual([port, port]);
    expect(programs(WORKER).length).toBe(1);
    expect(programs(WORKER)).not.toContain(pid);
  });

  it('waits longer from time to time for a worker that dies at once', async () => {
    const unit = await start();
    const began = performance.now();
    for (let time = 1; time <= 4; time++) {
      await eventually(() => unit.stats().workers === 1);
      process.kill(programs(WORKER)[0]!, 'SIGKILL');
      await eventually(() => unit.stats().restarts === time);
    }
    await eventually(() => unit.stats().workers === 1);
    // 200 + 400 + 800 + 1600 ms
    expect(performance.now() - began).toBeGreaterThan(2900);
  });

  it('announces the address that it is told to announce', async () => {
    const unit = await start({ WEBRTC_ANNOUNCED_ADDRESS: '203.0.113.7' });
    const { room } = await unit.enter('session');
    const { iceCandidates } = transportParams(await room.createTransport('in'));
    expect(iceCandidates.map(({ address, protocol }) => `${protocol} ${address}`)).toEqual([
      'udp 203.0.113.7',
      'tcp 203.0.113.7',
    ]);
  });

  it('takes packets in, gives them out to a decoder, and counts transports, ports and bits', async () => {
    const unit = await start();
    const { room, leave } = await unit.enter('session');
    const video = join(folder, 'video.ts');
    await makeVideo(video, { seconds: 4, codec: 'h264' });
    const codec = { ...VP8, mimeType: 'video/H264', payloadType: 97 };
    const intake = await room.intake();
    sender = await sendRtp(video, codec);
    const producer = await intake.produce({
      kind: 'video',
      rtpParameters: {
        codecs: [
          {
            mimeType: 'video/H264',
            payloadType: 97,
            clockRate: 90_000,
            parameters: {
              'packetization-mode': 1,
              'profile-level-id': '42e01f',
              'level-asymmetry-allowed': 1,
            },
          },
        ],
        encodings: [{ ssrc: 4242 }],
      },
    });
    sender.to({ rtpPort: intake.tuple.localPort });
    const taken = room.codecOf(producer);
    expect(taken).toMatchObject({ mimeType: 'video/H264', clockRate: 90_000 });
    expect(taken.payloadType).toBeGreaterThanOrEqual(96);

    const decoder = createSocket('udp4');
    decoder.bind(0, '127.0.0.1');
    await once(decoder, 'listening');
    const payloads = new Set<number>();
    decoder.on('message', (packet) => payloads.add(packet[1]! & 0x7f));
    const { port } = decoder.address();
    const feed = await room.feed(producer, { rtpPort: port, rtcpPort: port });
    await eventually(() => payloads.has(taken.payloadType));
    expect(unit.stats()).toMatchObject({ transports: { plain: 2 }, loopbackPorts: 4, publishers: 0 });
    await eventually(async () => (await unit.bitrates()).local.out > 10_000);
    expect((await unit.bitrates()).local.in).toBeGreaterThan(10_000);
    feed.close();
    expect(unit.stats()).toMatchObject({ transports: { plain: 1 }, loopbackPorts: 2 });
    leave();
    await eventually(() => producer.closed);
    expect(unit.stats()).toMatchObject({ rooms: 0, transports: { plain: 0 }, loopbackPorts: 0 });
    decoder.close();
  });
});
