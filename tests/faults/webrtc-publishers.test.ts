import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { SignalFromServer } from '../../server/features/publishing/schemas.ts';
import { eventually } from '../support/live.ts';
import { programs } from '../support/processes.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { makeLink, openSession, skipWithoutMediaWorker } from '../support/webrtc.ts';

const DTLS = {
  role: 'client',
  fingerprints: [{ algorithm: 'sha-256', value: Array.from({ length: 32 }, () => 'AB').join(':') }],
};
const video = (mimeType: string, clockRate = 90_000) => ({
  codecs: [{ mimeType, payloadType: 96, clockRate, parameters: {}, rtcpFeedback: [] }],
  headerExtensions: [],
  encodings: [{ ssrc: 1111 }],
  rtcp: { cname: 'me' },
});
const OPUS = {
  codecs: [{ mimeType: 'audio/opus', payloadType: 111, clockRate: 48_000, channels: 2, parameters: {} }],
  headerExtensions: [],
  encodings: [{ ssrc: 2222 }],
  rtcp: { cname: 'me' },
};

/** Publishers that say what they like on the signalling socket, without a browser's manners. */
describe.skipIf(skipWithoutMediaWorker('unruly publishers'))('unruly publishers', () => {
  let server: TestServer;
  let sessionId: string;
  const sockets: WebSocket[] = [];

  beforeAll(async () => {
    server = await startTestServer({ pipeline: true, students: 0, env: { WEBRTC_MAX_PUBLISHERS: '2' } });
    sessionId = await openSession(server);
  }, 180_000);
  afterAll(() => server?.close());
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.close();
    await eventually(() => server.context.sfu.stats().rooms === 0);
  });

  interface Line {
    said: SignalFromServer[];
    say(message: unknown): void;
    raw(text: string | Buffer): void;
    until<T extends SignalFromServer['type']>(type: T): Promise<Extract<SignalFromServer, { type: T }>>;
    closed(): boolean;
    close(): void;
  }

  async function dial(): Promise<Line> {
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/ingest/webrtc`);
    sockets.push(socket);
    const said: SignalFromServer[] = [];
    socket.on('message', (data) => said.push(JSON.parse(String(data)) as SignalFromServer));
    socket.on('error', () => undefined);
    await once(socket, 'open');
    const find = (type: string) => said.find((message) => message.type === type);
    return {
      said,
      say: (message) => socket.send(JSON.stringify(message)),
      raw: (text) => socket.send(text),
      async until(type) {
        await eventually(() => find(type) !== undefined);
        return find(type) as never;
      },
      closed: () => socket.readyState === WebSocket.CLOSED,
      close: () => socket.close(),
    };
  }

  /** Joined, with a video announced of which nothing will come. */
  async function publishing(token: string): Promise<{ line: Line; resumeToken: string }> {
    const line = await dial();
    line.say({ type: 'hello', token });
    const { resumeToken } = await line.until('welcome');
    line.say({ type: 'connect', dtlsParameters: DTLS });
    await line.until('connected');
    line.say({ type: 'produce', rtpParameters: video('video/VP8') });
    await line.until('producing');
    return { line, resumeToken };
  }

  it('are refused with a reason and leave nothing behind', async () => {
    const { token } = await makeLink(server, sessionId);
    const cases: [what: string, code: string, talk: (line: Line) => Promise<void> | void][] = [
      ['no JSON', 'signal-invalid', (line) => line.raw('{')],
      ['bytes', 'signal-invalid', (line) => line.raw(Buffer.from([1, 2, 3]))],
      ['an unknown message', 'signal-invalid', (line) => line.say({ type: 'shutdown' })],
      [
        'a video before the token',
        'signal-invalid',
        (line) => line.say({ type: 'produce', rtpParameters: video('video/VP8') }),
      ],
      [
        'a token that nobody made',
        'publish-token-invalid',
        (line) => line.say({ type: 'hello', token: 'a'.repeat(43) }),
      ],
      [
        'more messages than anybody needs',
        'signal-invalid',
        (line) => {
          for (let n = 0; n < 100; n++) line.say({ type: 'restart-ice' });
        },
      ],
    ];
    for (const [what, code, talk] of cases) {
      const line = await dial();
      await talk(line);
      await eventually(() => line.closed());
      expect(line.said.at(-1), what).toMatchObject({ type: 'end', code, again: false });
    }
    const large = await dial();
    large.raw(JSON.stringify({ type: 'hello', token, more: 'x'.repeat(20 * 1024 * 1024) }));
    await eventually(() => large.closed());
    expect(server.context.sfu.stats()).toMatchObject({ rooms: 0, transports: { webrtc: 0 } });
    // The link survived all of it.
    const { line } = await publishing(token);
    const again = await dial();
    again.say({ type: 'hello', token });
    expect(await again.until('end')).toMatchObject({ code: 'publish-token-invalid' });
    expect(line.closed()).toBe(false);
  }, 90_000);

  it.each([
    ['audio only', OPUS],
    ['AV1 only', video('video/AV1')],
    ['no codec', { ...video('video/VP8'), codecs: [] }],
    ['no source', { ...video('video/VP8'), encodings: [] }],
    ['nonsense', { codecs: 'all', encodings: 7 }],
  ])('with %s are refused', async (_what, rtpParameters) => {
    const { token, streamId } = await makeLink(server, sessionId);
    const line = await dial();
    line.say({ type: 'hello', token });
    await line.until('welcome');
    line.say({ type: 'connect', dtlsParameters: DTLS });
    await line.until('connected');
    line.say({ type: 'produce', rtpParameters });
    expect(await line.until('end')).toMatchObject({ code: 'signal-invalid', again: false });
    await eventually(() => line.closed());
    expect(server.context.publications.isLive(streamId)).toBe(false);
  });

  it('of the same stream: the newer takes the place of the older, which does not come again', async () => {
    const { token, streamId } = await makeLink(server, sessionId);
    const older = await publishing(token);
    const newer = await publishing(older.resumeToken);
    expect(await older.line.until('end')).toMatchObject({ code: 'publisher-replaced', again: false });
    await eventually(() => older.line.closed());
    expect(server.context.publications.live()).toEqual([streamId]);
    expect(server.context.sfu.stats()).toMatchObject({ publishers: 1, transports: { webrtc: 1 } });
    newer.line.close();
    await eventually(() => !server.context.publications.isLive(streamId));
  });

  it('that leave before they publish give their place back', async () => {
    for (let n = 0; n < 4; n++) {
      const { token } = await makeLink(server, sessionId);
      const line = await dial();
      line.say({ type: 'hello', token });
      await line.until('welcome');
      line.close();
      await eventually(() => line.closed());
      await eventually(() => server.context.sfu.stats().rooms === 0);
    }
  });

  it('from which nothing comes are told so, and may be sent away', async () => {
    const { token, streamId } = await makeLink(server, sessionId);
    const { line } = await publishing(token);
    await eventually(
      () =>
        line.said.some(
          (message) =>
            message.type === 'status' && message.state === 'reconnecting' && message.reason === 'frozen',
        ),
      40_000,
    );
    await server.teacher.call('DELETE', `/sessions/${sessionId}/publishers/${streamId}`);
    expect(await line.until('end')).toMatchObject({ code: 'publisher-removed', again: false });
    expect(server.context.publications.live()).toEqual([]);
  }, 60_000);

  it('leave no decoder behind when the pipeline worker is killed', async () => {
    const { token } = await makeLink(server, sessionId);
    await publishing(token);
    await eventually(() => programs('ffmpeg').length === 1);
    // It listens, and has said all that it says by itself.
    await eventually(() => server.context.sfu.stats().transports.plain === 1);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const [decoder] = programs('ffmpeg');
    // Nothing comes, so it would never write to the pipe that is gone, and listen for ever.
    process.kill(server.context.supervisor.info()!.pid, 'SIGKILL');
    await eventually(() => !runs(decoder!), 5000);
  }, 60_000);
});

function runs(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
