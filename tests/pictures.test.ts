import { once } from 'node:events';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { PicturesFromServer } from '../server/features/publishing/schemas.ts';
import type { Faces } from '../server/realtime/topics.ts';
import { eventually, type LiveTap, tapLive } from './support/live.ts';
import { startTestServer, type TestServer } from './support/server.ts';
import { latest, makeLink, openSession, skipWithoutMediaWorker } from './support/webrtc.ts';

const FPS = 5;

/** A camera's pictures over `/ingest/frames`, said by hand: what the server takes, and what it does not. */
describe.skipIf(skipWithoutMediaWorker('pictures over a WebSocket'))('pictures over a WebSocket', () => {
  let server: TestServer;
  let tap: LiveTap;
  let sessionId: string;
  let jpeg: Buffer;

  beforeAll(async () => {
    server = await startTestServer({ pipeline: true, env: { PIPELINE_FPS: String(FPS) } });
    sessionId = await openSession(server);
    tap = tapLive(server.url, server.teacher.token);
    await tap.joined(sessionId);
    const colour = { r: 60, g: 90, b: 120 };
    jpeg = await sharp({ create: { width: 640, height: 360, channels: 3, background: colour } })
      .jpeg()
      .toBuffer();
  }, 180_000);
  afterAll(async () => {
    tap?.close();
    await server?.close();
  });

  /** A camera: `answer` is what it sends whenever it is asked; null leaves it unanswered. */
  async function connect(token: string, answer: () => Buffer | null = () => taken(jpeg)) {
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/ingest/frames`);
    const heard: PicturesFromServer[] = [];
    let asked = 0;
    socket.on('message', (data) => {
      const message = JSON.parse(data.toString()) as PicturesFromServer;
      heard.push(message);
      if (message.type !== 'picture') return;
      asked++;
      const picture = answer();
      if (picture) socket.send(picture);
    });
    socket.on('error', () => undefined);
    const closed = new Promise<number>((resolve) => socket.once('close', (code) => resolve(code)));
    await once(socket, 'open');
    socket.send(JSON.stringify({ type: 'hello', token }));
    const find = <T extends PicturesFromServer['type']>(type: T) =>
      heard.find((one) => one.type === type) as Extract<PicturesFromServer, { type: T }> | undefined;
    const ended = async () => {
      await closed;
      return find('end') ?? null;
    };
    return { socket, heard, closed, find, ended, asked: () => asked };
  }
  function taken(picture: Buffer, atMs = performance.now()): Buffer {
    const clock = Buffer.alloc(8);
    clock.writeDoubleLE(atMs);
    return Buffer.concat([clock, picture]);
  }
  const live = (streamId: string) => latest(tap, streamId, ({ state }) => state === 'live');
  const gone = (streamId: string) => latest(tap, streamId, ({ reason }) => reason === 'no-publisher');

  it('makes a stream live, at the sampling rate and at the times of capture', async () => {
    const { token, streamId } = await makeLink(server, sessionId);
    const camera = await connect(token);
    const status = await live(streamId);
    expect([status.width, status.height]).toEqual([640, 360]);
    expect(camera.find('welcome')).toMatchObject({ streamId, fps: FPS, course: 'Matematik' });
    const seen = () =>
      tap.events
        .filter(({ name, payload }) => name === 'session:faces' && (payload as Faces).streamId === streamId)
        .map(({ payload }) => (payload as Faces).atMs);
    await eventually(() => seen().length >= 10);
    const times = seen();
    const rate = ((times.length - 1) * 1000) / (times.at(-1)! - times[0]!);
    console.log(`pictures over a WebSocket: ${rate.toFixed(1)} a second of ${FPS}`);
    expect(rate).toBeLessThan(FPS * 1.3);
    expect(Math.abs(Date.now() - seen().at(-1)!)).toBeLessThan(5000);
    await eventually(() => camera.find('framing') !== undefined);
    camera.socket.close();
    await gone(streamId);
    expect(server.context.publications.isLive(streamId)).toBe(false);

    // The link is used up; what it was given brings it back, once.
    const { resumeToken } = camera.find('welcome')!;
    expect(await (await connect(token)).ended()).toMatchObject({ code: 'publish-token-invalid' });
    const back = await connect(resumeToken);
    await live(streamId);
    back.socket.close();
    await gone(streamId);
  });

  it('asks for one at a time, and lets go of a camera that is silent', async () => {
    const { token, streamId } = await makeLink(server, sessionId);
    const camera = await connect(token, () => null);
    await eventually(() => camera.asked() === 1);
    await new Promise((resolve) => setTimeout(resolve, 3000 / FPS));
    expect(camera.asked()).toBe(1);
    expect(await camera.ended()).toMatchObject({ code: 'publisher-silent', again: true });
    await gone(streamId);
  });

  it('ends who sends no pictures, pictures nobody asked for, or more than fits', async () => {
    const progressive = await sharp(jpeg).jpeg({ progressive: true }).toBuffer();
    const bomb = Buffer.from(jpeg);
    bomb.writeUInt32BE(65_000 * 65_536 + 65_000, bomb.indexOf(Buffer.from([0xff, 0xc0])) + 5);
    const cases: [string, () => Buffer][] = [
      ['PNG', () => taken(Buffer.from('89504e470d0a1a0a', 'hex'))],
      ['empty', () => Buffer.alloc(0)],
      ['progressive', () => taken(progressive)],
      ['bomb', () => taken(bomb)],
      ['half', () => taken(jpeg.subarray(0, 300))],
    ];
    for (const [name, answer] of cases) {
      const { token, streamId } = await makeLink(server, sessionId, name);
      const camera = await connect(token, answer);
      expect([name, await camera.ended()]).toEqual([
        name,
        expect.objectContaining({ code: 'picture-invalid', again: false }),
      ]);
      expect(server.context.publications.isLive(streamId)).toBe(false);
    }

    const flood = await makeLink(server, sessionId, 'Sel');
    const flooding = await connect(flood.token, () => {
      for (let at = 0; at < 50; at++) flooding.socket.send(taken(jpeg));
      return null;
    });
    expect(await flooding.ended()).toMatchObject({ code: 'picture-invalid' });

    const huge = await makeLink(server, sessionId, 'Dev');
    const sending = await connect(huge.token, () => taken(Buffer.alloc(2 * 1024 * 1024, 0xff)));
    expect(await sending.closed).toBe(1009);
    await eventually(() => !server.context.publications.isLive(huge.streamId));

    // A damaged one among good ones is no reason to go.
    const one = await makeLink(server, sessionId, 'Arada');
    let count = 0;
    const mixed = await connect(one.token, () =>
      ++count % 3 === 0 ? taken(jpeg.subarray(0, 300)) : taken(jpeg),
    );
    await eventually(() => count > 20);
    expect(mixed.find('end')).toBeUndefined();
    mixed.socket.close();
  });

  it('says nothing to who has no token, or says something else first', async () => {
    for (const hello of [
      '{"type":"hello","token":"x"}',
      '{}',
      'hello',
      '[]',
      `{"type":"${'x'.repeat(70_000)}"}`,
    ]) {
      const socket = new WebSocket(`${server.url.replace('http', 'ws')}/ingest/frames`);
      const heard: string[] = [];
      socket.on('message', (data) => heard.push(data.toString()));
      await once(socket, 'open');
      socket.send(hello);
      await once(socket, 'close');
      expect([hello.slice(0, 30), heard.length, heard[0]]).toEqual([
        hello.slice(0, 30),
        1,
        expect.stringMatching(/"code":"(publish-token-invalid|signal-invalid)"/),
      ]);
    }
    const eager = await connect('nothing');
    eager.socket.send(taken(jpeg));
    expect(await eager.ended()).toMatchObject({ code: 'publish-token-invalid' });
  });

  it('is replaced by a newer publisher, sent away by staff, and ended with its session', async () => {
    const { token, streamId } = await makeLink(server, sessionId);
    const first = await connect(token);
    await live(streamId);
    const second = await connect(first.find('welcome')!.resumeToken);
    expect(await first.ended()).toMatchObject({ code: 'publisher-replaced', again: false });
    await eventually(() => second.asked() > 2);
    expect(server.context.publications.live()).toContain(streamId);
    await server.teacher.call('DELETE', `/sessions/${sessionId}/publishers/${streamId}`);
    expect(await second.ended()).toMatchObject({ code: 'publisher-removed', again: false });

    const last = await makeLink(server, sessionId);
    const third = await connect(last.token);
    await live(last.streamId);
    await server.teacher.post(`/sessions/${sessionId}/close`);
    expect(await third.ended()).toMatchObject({ again: false });
    expect(server.context.publications.live()).toEqual([]);
  });
});
