import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MOST_SDP_BYTES } from '../server/streaming/sfu/sdp-offer.ts';
import { eventually } from './support/live.ts';
import { addTenant, startTestServer, type TestServer } from './support/server.ts';
import { makeLink, openSession, skipWithoutMediaWorker } from './support/webrtc.ts';

const FINGERPRINT = Array.from({ length: 32 }, (_, at) => (at + 16).toString(16).toUpperCase()).join(':');

/** What an encoder offers; nothing ever comes from it, for this file is about what is said by HTTP. */
function offer(media: string[]): string {
  return [
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    'a=group:BUNDLE 0',
    `a=fingerprint:sha-256 ${FINGERPRINT}`,
    'a=ice-ufrag:enco',
    'a=ice-pwd:der0der0der0der0der0der0',
    ...media,
    '',
  ].join('\r\n');
}
const section = (kind: string, payload: number, map: string) => [
  `m=${kind} 9 UDP/TLS/RTP/SAVPF ${payload}`,
  'c=IN IP4 0.0.0.0',
  'a=mid:0',
  'a=sendonly',
  'a=rtcp-mux',
  'a=setup:actpass',
  `a=rtpmap:${payload} ${map}`,
];
const VP8 = offer([...section('video', 96, 'VP8/90000'), 'a=ssrc:4711 cname:encoder']);
const AV1 = offer(section('video', 45, 'AV1/90000'));
const AUDIO = offer(section('audio', 111, 'opus/48000/2'));

describe.skipIf(skipWithoutMediaWorker('WHIP by HTTP'))('WHIP by HTTP', () => {
  let server: TestServer;
  let sessionId: string;

  beforeAll(async () => {
    server = await startTestServer({
      pipeline: true,
      env: {
        WEBRTC_MAX_PUBLISHERS: '3',
        TURN_URLS: 'stun:stun.example.edu:3478,turn:turn.example.edu:3478?transport=tcp',
        TURN_SECRET: 'shared with coturn',
      },
    });
    sessionId = await openSession(server);
  }, 180_000);
  afterAll(async () => {
    await server?.close();
  });

  interface Said {
    status: number;
    text: string;
    code: string | null;
    headers: Headers;
  }
  async function say(
    method: string,
    path: string,
    token: string | null,
    body?: string | Buffer,
    headers: Record<string, string> = {},
  ): Promise<Said> {
    const type = method === 'PATCH' ? 'application/trickle-ice-sdpfrag' : 'application/sdp';
    const answer = await fetch(new URL(path, server.url), {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': type }),
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...headers,
      },
      ...(body === undefined ? {} : { body }),
    });
    const text = await answer.text();
    const code = /"code":"([\w-]+)"/.exec(text)?.[1] ?? null;
    return { status: answer.status, text, code, headers: answer.headers };
  }
  const post = (token: string | null, body: string | Buffer, headers?: Record<string, string>) =>
    say('POST', '/ingest/whip', token, body, headers);
  const pathOf = ({ headers }: Said): string => new URL(headers.get('location')!).pathname;

  it('answers an offer with a session, its ICE session, and the servers that help out of a network', async () => {
    const { token, streamId } = await makeLink(server, sessionId);
    const taken = await post(token, VP8);
    expect(taken.status, taken.text).toBe(201);
    expect(taken.headers.get('content-type')).toContain('application/sdp');
    expect(taken.headers.get('etag')).toMatch(/^"[^"]+"$/);
    expect(taken.headers.get('location')).toMatch(/\/ingest\/whip\/[0-9a-f-]{36}$/);
    expect(taken.text).toMatch(/a=recvonly\r\n/);
    expect(taken.text).toMatch(/a=candidate:\S+ 1 udp \d+ 127\.0\.0\.1 \d+ typ host/);
    expect(taken.text).toMatch(/a=ice-lite/);
    const links = taken.headers.get('link')!;
    expect(links).toContain('<stun:stun.example.edu:3478>; rel="ice-server"');
    expect(links).toMatch(/<turn:[^>]+>; rel="ice-server"; username="\d+:[^"]+"; credential="[^"]+"/);
    expect(server.context.publications.isLive(streamId)).toBe(true);
    const sessions = async () => {
      const text = await (await fetch(`${server.url}/metrics`)).text();
      return [...text.matchAll(/^yoklama_webrtc_http_(sessions\w*)\{protocol="whip"\} (\d+)$/gm)].map(
        ([, name, value]) => `${name} ${value}`,
      );
    };
    expect(await sessions()).toEqual(['sessions 1', 'sessions_total 1']);
    expect((await say('DELETE', pathOf(taken), token)).status).toBe(200);
    expect(server.context.publications.isLive(streamId)).toBe(false);
    expect(await sessions()).toEqual(['sessions 0', 'sessions_total 1']);
    expect((await say('DELETE', pathOf(taken), token)).code).toBe('publisher-not-found');
    await eventually(() => server.context.sfu.stats().rooms === 0);
  });

  it('takes candidates and restarts ICE, each for the ICE session that is meant', async () => {
    const { token } = await makeLink(server, sessionId);
    const taken = await post(token, VP8);
    const path = pathOf(taken);
    const etag = taken.headers.get('etag')!;
    const patch = (body: string, match?: string, bearer: string | null = token) =>
      say('PATCH', path, bearer, body, match === undefined ? {} : { 'if-match': match });
    const candidates =
      'a=ice-ufrag:enco\r\na=ice-pwd:der0der0der0der0der0der0\r\nm=video 9 RTP/AVP 0\r\na=mid:0\r\n' +
      'a=candidate:1 1 udp 2122260223 192.0.2.1 61764 typ host\r\na=end-of-candidates\r\n';
    const restart = 'a=ice-ufrag:other\r\na=ice-pwd:fresh0fresh0fresh0fresh0\r\n';

    const told = await patch(candidates, etag);
    expect([told.status, told.text, told.headers.get('etag')]).toEqual([204, '', null]);
    expect((await patch(candidates)).status).toBe(428);
    expect((await patch(candidates, '"other"')).status).toBe(412);
    expect((await patch('hello', etag)).code).toBe('sdp-invalid');
    expect((await patch(candidates, etag, 'another-token')).code).toBe('publisher-not-found');
    expect((await patch(candidates, etag, null)).status).toBe(401);
    const wrong = await say('PATCH', path, token, candidates, {
      'if-match': etag,
      'content-type': 'application/sdp',
    });
    expect(wrong.status).toBe(415);
    expect((await patch('a=x\r\n'.repeat(MOST_SDP_BYTES / 4), etag)).status).toBe(413);

    const renewed = await patch(restart, '*');
    expect(renewed.status).toBe(200);
    expect(renewed.headers.get('content-type')).toContain('application/trickle-ice-sdpfrag');
    const ufrag = (text: string) => /a=ice-ufrag:(\S+)/.exec(text)![1];
    expect(ufrag(renewed.text)).not.toBe(ufrag(taken.text));
    expect(renewed.headers.get('etag')).not.toBe(etag);
    expect((await patch(candidates, etag)).status).toBe(412);
    await say('DELETE', path, token);
    expect((await patch(restart, '*')).code).toBe('publisher-not-found');
  });

  it('refuses what it cannot take, and leaves the link unused by that', async () => {
    const { token } = await makeLink(server, sessionId);
    const refused: [string | Buffer, number, string][] = [
      ['', 400, 'sdp-invalid'],
      ['hello', 400, 'sdp-invalid'],
      [Buffer.from([0xff, 0xfe, 0, 1, 2, 3]), 400, 'invalid-request'],
      [VP8.slice(0, 60), 422, 'sdp-without-video'],
      [VP8.replace(/a=fingerprint[^\n]*\n/, ''), 400, 'sdp-invalid'],
      [VP8.replace(FINGERPRINT, 'no:hex'), 400, 'sdp-invalid'],
      [VP8.replace('96 VP8', '999999 VP8'), 422, 'sdp-codec-unsupported'],
      [AUDIO, 422, 'sdp-without-video'],
      [VP8.replace('a=sendonly', 'a=recvonly'), 422, 'sdp-without-video'],
      [AV1, 422, 'sdp-codec-unsupported'],
      [`${VP8}${'a=x\r\n'.repeat(MOST_SDP_BYTES / 4)}`, 413, 'body-too-large'],
    ];
    for (const [at, [body, status, code]] of refused.entries()) {
      const answer = await post(token, body);
      expect([at, answer.status, answer.code]).toEqual([at, status, code]);
    }
    const json = await post(token, '{}', { 'content-type': 'application/json' });
    expect([json.status, json.code]).toEqual([415, 'unsupported-media-type']);
    await eventually(() => server.context.sfu.stats().rooms === 0);
    const taken = await post(token, VP8);
    expect(taken.status, taken.text).toBe(201);
    await say('DELETE', pathOf(taken), token);
  });

  it('takes a token once, before its time is over, and for its own session only', async () => {
    for (const token of [null, 'x', 'x'.repeat(5000), 'ş', '" or 1=1']) {
      const answer = await post(token === 'ş' ? null : token, VP8);
      expect([token?.slice(0, 10), answer.status]).toEqual([token?.slice(0, 10), 401]);
      expect(answer.headers.get('www-authenticate')).toContain('Bearer');
    }
    expect((await post(server.teacher.token, VP8)).code).toBe('publish-token-invalid');

    const used = await makeLink(server, sessionId);
    const [one, two] = await Promise.all([post(used.token, VP8), post(used.token, VP8)]);
    expect([one.status, two.status].sort()).toEqual([201, 401]);
    expect((await post(used.token, VP8)).code).toBe('publish-token-invalid');
    const winner = one.status === 201 ? one : two;
    await say('DELETE', pathOf(winner), used.token);

    const late = await makeLink(server, sessionId);
    const { clock } = server.context;
    const now = clock.now;
    clock.now = () => now() + 16 * 60_000;
    try {
      expect((await post(late.token, VP8)).code).toBe('publish-token-invalid');
    } finally {
      clock.now = now;
    }

    // Two sessions: the token of one says nothing about the other's publisher.
    const mine = await makeLink(server, sessionId);
    const other = await makeLink(server, sessionId);
    const [first, second] = [await post(mine.token, VP8), await post(other.token, VP8)];
    expect((await say('DELETE', pathOf(second), mine.token)).code).toBe('publisher-not-found');
    expect((await say('PATCH', pathOf(second), mine.token, 'a=x\r\n', { 'if-match': '*' })).status).toBe(404);
    expect(server.context.publications.isLive(other.streamId)).toBe(true);
    await say('DELETE', pathOf(first), mine.token);
    await say('DELETE', pathOf(second), other.token);
    // Another institution reaches none of it.
    const stranger = await addTenant(server, 'elsewhere');
    const reached = await stranger.call('DELETE', `/sessions/${sessionId}/publishers/${other.streamId}`);
    expect(reached.status).toBe(404);
  });

  it('takes as many as the institution may have, and says so to the next', async () => {
    const links = await Promise.all([1, 2, 3, 4].map((at) => makeLink(server, sessionId, `Cihaz ${at}`)));
    const open: { path: string; token: string }[] = [];
    for (const { token } of links.slice(0, 3)) open.push({ path: pathOf(await post(token, VP8)), token });
    const full = await post(links[3]!.token, VP8);
    expect([full.status, full.code]).toEqual([429, 'publishers-full']);
    await say('DELETE', open[0]!.path, open[0]!.token);
    const taken = await post(links[3]!.token, VP8);
    expect(taken.status, taken.text).toBe(201);
    open.push({ path: pathOf(taken), token: links[3]!.token });
    for (const { path, token } of open.slice(1)) await say('DELETE', path, token);
    expect(server.context.publications.live()).toEqual([]);
    await eventually(() => server.context.sfu.stats().rooms === 0);
  });

  it('ends an encoder that is sent away, and all of a session that closes', async () => {
    const [one, two] = [await makeLink(server, sessionId), await makeLink(server, sessionId)];
    const first = await post(one.token, VP8);
    const second = await post(two.token, VP8);
    await server.teacher.call('DELETE', `/sessions/${sessionId}/publishers/${one.streamId}`);
    expect((await say('DELETE', pathOf(first), one.token)).status).toBe(404);
    const closed = await server.teacher.post(`/sessions/${sessionId}/close`);
    expect(closed.status, JSON.stringify(closed.body)).toBe(200);
    expect((await say('DELETE', pathOf(second), two.token)).status).toBe(404);
    await eventually(() => server.context.sfu.stats().rooms === 0);
    const late = await post(two.token, VP8);
    expect([401, 409]).toContain(late.status);
  });
});

describe('WHIP without a media worker', () => {
  it('says so to the encoder and to whoever asks for a link', async () => {
    const server = await startTestServer({ env: { WEBRTC: 'false' } });
    try {
      const opened = await server.teacher.post<{ id: string }>('/sessions', {
        courseId: server.seeded!.courseId,
        cameraIds: [],
      });
      const link = await server.teacher.post<{ error: { code: string } }>(
        `/sessions/${opened.body.id}/publishers`,
        { name: 'Cihaz' },
      );
      expect([link.status, link.body.error?.code]).toEqual([503, 'webrtc-unavailable']);
      const answer = await fetch(`${server.url}/ingest/whip`, {
        method: 'POST',
        headers: { 'content-type': 'application/sdp', authorization: 'Bearer none' },
        body: VP8,
      });
      expect(answer.status).toBe(401);
    } finally {
      await server.close();
    }
  });
});
