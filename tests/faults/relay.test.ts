import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RelaySpec } from '../../pipeline/messages.ts';
import { type Relay, startRelay } from '../../pipeline/relays/relay.ts';
import { type FfmpegBinary, locateFfmpeg } from '../../pipeline/sources/ffmpeg.ts';
import type { Problem } from '../../pipeline/sources/ffmpeg-log.ts';
import { skipWithoutCamera, startCamera, type TestCamera } from '../support/camera.ts';
import { eventually } from '../support/live.ts';
import { programs } from '../support/processes.ts';
import { makeVideo } from '../support/video.ts';

const SUITE = 'relays of cameras';

describe.skipIf(skipWithoutCamera(SUITE))(SUITE, () => {
  let dir: string;
  let ffmpeg: FfmpegBinary;
  let camera: TestCamera;
  let sink: Socket;
  let packets: Buffer[];
  let described: { codec: string; profile: string | null }[];
  let ends: Problem[];
  const relays: Relay[] = [];

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'yoklama-relay-'));
    ffmpeg = await locateFfmpeg({ ffmpegPath: null });
    await makeVideo(join(dir, 'a.h264'), { seconds: 2, gop: 12 });
    await makeVideo(join(dir, 'a.hevc'), { seconds: 2, gop: 12 });
    camera = await startCamera({ files: [join(dir, 'a.h264')], user: 'viewer', password: 's3cret' });
  }, 120_000);
  beforeEach(async () => {
    [packets, described, ends] = [[], [], []];
    sink = createSocket('udp4');
    sink.on('message', (packet) => packets.push(packet));
    sink.bind(0, '127.0.0.1');
    await once(sink, 'listening');
  });
  afterEach(async () => {
    await Promise.all(relays.splice(0).map((relay) => relay.stop()));
    sink.close();
  });
  afterAll(async () => {
    await camera?.kill();
    await rm(dir, { recursive: true, force: true });
  });

  function start(given: Partial<RelaySpec> = {}, allowLoopback = true): Relay {
    const rtpPort = sink.address().port;
    const relay = startRelay(
      {
        ...{ relayId: 'r', url: camera.url, transcode: false },
        ...{ rtpPort, rtcpPort: rtpPort, payloadType: 96, ssrc: 4711 },
        ...given,
      },
      {
        ffmpeg,
        cameras: { allowedNetworks: ['127.0.0.0/8'], allowLoopback },
        onDescribed: (input) => described.push(input),
        onEnded: (problem) => ends.push(problem),
      },
    );
    relays.push(relay);
    return relay;
  }
  const isVideo = (packet: Buffer) => (packet[1]! & 0x7f) === 96;
  /** Sequence parameter sets of H.264, alone or with others in a packet (RFC 6184). */
  const hasParameters = (packet: Buffer) => {
    const kind = packet[12]! & 31;
    return kind === 7 || (kind === 24 && (packet[15]! & 31) === 7);
  };
  const flow = () => eventually(() => packets.filter(isVideo).length > 100);

  it('sends what the camera sends, small enough and with its parameters again and again', async () => {
    start();
    await flow();
    expect(described).toEqual([{ codec: 'h264', profile: 'Constrained Baseline' }]);
    const video = packets.filter(isVideo);
    expect(video.every((packet) => packet.readUInt32BE(8) === 4711)).toBe(true);
    expect(Math.max(...packets.map(({ length }) => length))).toBeLessThanOrEqual(1200);
    await eventually(() => packets.filter((packet) => isVideo(packet) && hasParameters(packet)).length > 2);
  });

  it('sends nothing else but H.264 where it is asked to', async () => {
    const hevc = await startCamera({ files: [join(dir, 'a.hevc')], codec: 'hevc' });
    try {
      start({ url: hevc.url, transcode: true });
      await flow();
      expect(described[0]?.codec).toBe('hevc');
      expect(packets.filter(isVideo).some(hasParameters)).toBe(true);
    } finally {
      await hevc.kill();
    }
  });

  it('says why it cannot: password, address, nobody there, no such picture', async () => {
    const { port } = camera;
    const wrong: [url: string, reason: string][] = [
      [`rtsp://viewer:wrong@127.0.0.1:${port}/cam`, 'wrong-credentials'],
      [`rtsp://viewer:s3cret@127.0.0.1:${port}/other`, 'not-found'],
      ['rtsp://127.0.0.1:9/cam', 'refused'],
      ['rtsp://10.255.255.1/cam', 'forbidden'],
    ];
    for (const [url, reason] of wrong) {
      const before = ends.length;
      start({ url });
      await eventually(() => ends.length > before);
      expect([url, ends.at(-1)!.reason]).toEqual([url, reason]);
      expect(ends.at(-1)!.detail).not.toMatch(/s3cret|wrong@/);
    }
    expect(packets).toHaveLength(0);
  }, 60_000);

  it('ends with the camera, whether that leaves or hangs, and leaves no process', async () => {
    start();
    await flow();
    camera.freeze();
    await eventually(() => ends.length === 1);
    expect(ends[0]!.reason).toBe('frozen');
    camera.thaw();
    start();
    packets.length = 0;
    await flow();
    await camera.kill();
    await eventually(() => ends.length === 2);
    expect(ends[1]!.reason).toBe('disconnected');
    await camera.restart();
    await eventually(() => programs('ffmpeg').length === 0);
  }, 60_000);

  it('is stopped at any moment, without a word', async () => {
    for (const afterMs of [0, 20, 80, 200, 600]) {
      const relay = start();
      await new Promise((resolve) => setTimeout(resolve, afterMs));
      await relay.stop();
      await relay.stop();
      expect(programs('ffmpeg')).toEqual([]);
    }
    expect(ends).toEqual([]);
  }, 60_000);
});
