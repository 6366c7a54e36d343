import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { types } from 'mediasoup';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../../config/index.ts';
import { eventually } from '../../tests/support/live.ts';
import { H264, type RtpSender, sendRtp } from '../../tests/support/rtp.ts';
import { makeVideo } from '../../tests/support/video.ts';
import { skipWithoutMediaWorker } from '../../tests/support/webrtc.ts';
import { newId } from '../db/ids.ts';
import { createLog } from '../log.ts';
import { createPublications, type PublicationLimits, type Publications } from './publications.ts';
import type { Room } from './sfu/room.ts';
import { createSfu, type Sfu } from './sfu/sfu.ts';
import { createSupervisor, type PipelineSupervisor } from './supervisor.ts';

const config = loadConfig({
  NODE_ENV: 'test',
  HOST: '127.0.0.1',
  LOG_LEVEL: 'fatal',
  WEBRTC_MAX_PUBLISHERS: '2',
  WEBRTC_MAX_KBPS: '100',
});
const log = createLog(config);
const QUICK: PublicationLimits = { connectMs: 200, silentMs: 600, checkMs: 100 };
const PATIENT: PublicationLimits = { connectMs: 60_000, silentMs: 60_000, checkMs: 60_000 };

/** Never started: it only passes on what a pipeline worker would say. */
let supervisor: PipelineSupervisor;
let publications: Publications;
function open(limits: PublicationLimits): void {
  supervisor = createSupervisor({ entry: 'pipeline/main.ts', workers: 1, log });
  publications = createPublications(supervisor, config.webrtc, log, limits);
}
afterEach(async () => {
  publications?.close();
  await supervisor?.close();
});

describe('the places of an institution', () => {
  beforeEach(() => open(PATIENT));

  it('are as many as it may have, counted for each institution', () => {
    const [mine, other] = [newId(), newId()];
    expect(publications.claim(mine, 'a')).toBe(true);
    expect(publications.claim(mine, 'b')).toBe(true);
    expect(publications.claim(mine, 'c')).toBe(false);
    expect(publications.claim(other, 'd')).toBe(true);
    // Who has one keeps it: a browser that comes back after a break.
    expect(publications.claim(mine, 'a')).toBe(true);
    expect(publications.stats().refused).toBe(1);
    publications.unclaim('b');
    expect(publications.claim(mine, 'c')).toBe(true);
  });

  it('stay with who has claimed one when somebody else gives up on the same stream', () => {
    const mine = newId();
    publications.claim(mine, 'a');
    publications.claim(mine, 'a');
    publications.claim(mine, 'b');
    publications.unclaim('a');
    expect(publications.claim(mine, 'c')).toBe(false);
    publications.unclaim('a');
    expect(publications.claim(mine, 'c')).toBe(true);
  });

  it('are free again when nobody came to use them', async () => {
    publications.close();
    open(QUICK);
    const mine = newId();
    publications.claim(mine, 'a');
    publications.claim(mine, 'b');
    expect(publications.claim(mine, 'c')).toBe(false);
    await eventually(() => publications.claim(mine, 'c'));
  });
});

describe.skipIf(skipWithoutMediaWorker('publishers and their decoders'))('a publisher', () => {
  let sfu: Sfu;
  let folder: string;
  let room: Room;
  let leave: () => void;
  const senders: RtpSender[] = [];
  const decoders: Socket[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'yoklama-publications-'));
    await makeVideo(join(folder, 'video.ts'), { seconds: 4, codec: 'h264' });
    sfu = createSfu(config.webrtc, log);
    await sfu.start();
  });
  afterAll(async () => {
    await sfu?.close();
    await rm(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    ({ room, leave } = await sfu.enter('session'));
  });
  afterEach(async () => {
    leave();
    await Promise.all(senders.splice(0).map((sender) => sender.close()));
    for (const decoder of decoders.splice(0)) decoder.close();
  });

  async function produce(): Promise<{ producer: types.Producer; send(file?: string): Promise<void> }> {
    const intake = await room.intake();
    const parameters = {
      'packetization-mode': 1,
      'profile-level-id': '42e01f',
      'level-asymmetry-allowed': 1,
    };
    const producer = await intake.produce({
      kind: 'video',
      rtpParameters: {
        codecs: [{ mimeType: 'video/H264', payloadType: 97, clockRate: 90_000, parameters }],
        encodings: [{ ssrc: 4242 }],
      },
    });
    return {
      producer,
      async send(file = 'video.ts') {
        const sender = await sendRtp(join(folder, file), H264);
        senders.push(sender);
        sender.to({ rtpPort: intake.tuple.localPort });
      },
    };
  }

  async function decoder(): Promise<{ rtpPort: number; rtcpPort: number; packets: () => number }> {
    const socket = createSocket('udp4');
    decoders.push(socket);
    let packets = 0;
    socket.on('message', () => packets++);
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const { port } = socket.address();
    return { rtpPort: port, rtcpPort: port, packets: () => packets };
  }

  const listens = (streamId: string, { rtpPort, rtcpPort }: { rtpPort: number; rtcpPort: number }) =>
    supervisor.events.emit('rtp', { type: 'stream:rtp', streamId, rtpPort, rtcpPort });

  it('is forwarded to the ports on which its decoder listens last', async () => {
    open(PATIENT);
    const changes: string[] = [];
    publications.events.on('change', (streamId) => changes.push(streamId));
    const { producer, send } = await produce();
    publications.add({ streamId: 'a', room, producer, replaced: () => undefined });
    expect(publications.live()).toEqual(['a']);
    expect(publications.find('a')).toMatchObject({ producer });
    await send();
    const [first, second] = [await decoder(), await decoder()];
    // At once, as when a decoder dies young: what is made for the first must not win.
    listens('a', first);
    listens('a', second);
    await eventually(() => second.packets() > 20);
    await eventually(() => sfu.stats().transports.plain === 2);
    const before = first.packets();
    await eventually(() => second.packets() > 60);
    expect(first.packets()).toBe(before);
    producer.close();
    await eventually(() => sfu.stats().transports.plain === 1);
    expect(publications.isLive('a')).toBe(false);
    expect(publications.find('a')).toBeNull();
    expect(changes).toEqual(['a', 'a']);
    // A decoder of yesterday is told nothing.
    listens('a', second);
    listens('nobody', second);
    supervisor.events.emit('key-frame', { type: 'stream:key-frame', streamId: 'a' });
    expect(sfu.stats().transports.plain).toBe(1);
  });

  it('gives way to a newer one of the same stream, whose end alone ends the stream', async () => {
    open(PATIENT);
    const [older, newer] = [await produce(), await produce()];
    const told: string[] = [];
    publications.add({
      ...{ streamId: 'a', room, producer: older.producer },
      replaced: (why) => told.push(`older ${why}`),
    });
    publications.add({
      ...{ streamId: 'a', room, producer: newer.producer },
      replaced: (why) => {
        told.push(`newer ${why}`);
        newer.producer.close();
      },
    });
    expect(told).toEqual(['older replaced']);
    older.producer.close();
    expect(publications.isLive('a')).toBe(true);
    const { rtpPort, rtcpPort, packets } = await decoder();
    await newer.send();
    listens('a', { rtpPort, rtcpPort });
    await eventually(() => packets() > 0);
    publications.end('a');
    publications.end('a');
    expect(told).toEqual(['older replaced', 'newer removed']);
    expect(publications.isLive('a')).toBe(false);
    expect(publications.stats().sentAway).toMatchObject({ replaced: 1, removed: 1, silent: 0 });
  });

  it('keeps its institution’s place until it ends', async () => {
    open(QUICK);
    const mine = newId();
    const [a, b] = [await produce(), await produce()];
    for (const [streamId, { producer, send }] of [['a', a] as const, ['b', b] as const]) {
      expect(publications.claim(mine, streamId)).toBe(true);
      publications.add({ streamId, room, producer, replaced: () => undefined });
      await send();
    }
    await new Promise((resolve) => setTimeout(resolve, 2 * QUICK.connectMs));
    expect(publications.claim(mine, 'c')).toBe(false);
    a.producer.close();
    expect(publications.claim(mine, 'c')).toBe(true);
  });

  it('from which nothing comes is sent away', async () => {
    open(QUICK);
    const { producer } = await produce();
    const why = new Promise((resolve) => {
      publications.add({ streamId: 'a', room, producer, replaced: resolve });
    });
    expect(await why).toBe('silent');
    expect(publications.stats().sentAway.silent).toBeGreaterThanOrEqual(1);
  });

  it('that sends many times what it may is sent away', async () => {
    open({ ...QUICK, silentMs: 60_000, checkMs: 500 });
    // Noise cannot be compressed: far above the 100 kbit/s that a publisher may send here.
    await makeVideo(join(folder, 'noise.ts'), {
      ...{ seconds: 2, codec: 'h264', picture: 'nullsrc=size=320x180:rate=25,geq=random(1)*255:128:128' },
    });
    const { producer, send } = await produce();
    const why = new Promise((resolve) => {
      publications.add({ streamId: 'a', room, producer, replaced: resolve });
    });
    await send('noise.ts');
    expect(await why).toBe('too-much');
  }, 60_000);
});
