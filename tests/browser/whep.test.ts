import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ClassSession } from '../../server/features/sessions/schemas.ts';
import { skipWithoutCamera, startCamera, type TestCamera } from '../support/camera.ts';
import { eventually, type LiveTap, tapLive } from '../support/live.ts';
import { addTenant, PASSWORD, startTestServer, type TestServer } from '../support/server.ts';
import { makeVideo } from '../support/video.ts';
import { latest, makeLink, openSession, skipWithoutMediaWorker } from '../support/webrtc.ts';
import { chromiumPath, launchChromium, openPage } from './browser.ts';

const SUITE = 'a player of others over WHEP';
const withoutCamera = skipWithoutCamera(`${SUITE}, of a camera`);
if (chromiumPath === null) console.warn(`SKIPPED ${SUITE}: no Chromium; CHROMIUM_PATH names one`);

/** Two pages of Chromium: one publishes by WHIP, the other is a player that knows nothing but WebRTC and HTTP. */
describe.skipIf(chromiumPath === null || skipWithoutMediaWorker(SUITE))(SUITE, () => {
  let server: TestServer;
  let browser: Browser;
  let camera: Page;
  let player: Page;
  let tap: LiveTap;
  let sessionId: string;
  let rtsp: TestCamera | null = null;
  let dir: string;

  beforeAll(async () => {
    server = await startTestServer({ pipeline: true });
    browser = await launchChromium(['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream']);
    dir = await mkdtemp(join(tmpdir(), 'yoklama-whep-'));
    if (!withoutCamera) {
      const file = join(dir, 'a.h264');
      await makeVideo(file, { width: 640, height: 360, fps: 25, seconds: 4 });
      rtsp = await startCamera({ files: [file] });
    }
    sessionId = await openSession(server, rtsp ? [await addCamera(rtsp.url)] : []);
    tap = tapLive(server.url, server.teacher.token);
    await tap.joined(sessionId);
    ({ page: camera } = await openPage(browser, server.url, { permissions: ['camera'] }));
    await camera.goto('/api/v1/tenant/public');
    ({ page: player } = await openPage(browser, server.url));
    await player.goto('/api/v1/tenant/public');
  }, 180_000);
  afterAll(async () => {
    tap?.close();
    await browser?.close();
    await server?.close();
    await rtsp?.kill();
    await rm(dir, { recursive: true, force: true });
  });

  async function addCamera(url: string): Promise<string> {
    const made = await server.admin.post<{ id: string }>('/cameras', {
      ...{ name: 'Tavan', url },
      sampling: { mode: 'fps', fps: 2 },
    });
    expect(made.status, JSON.stringify(made.body)).toBe(201);
    return made.body.id;
  }

  async function publish(mimeType: string) {
    const { token, streamId } = await makeLink(server, sessionId, mimeType);
    const { status, location } = await camera.evaluate(
      async (given) => {
        const peer = new RTCPeerConnection();
        const stream = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 360 } });
        const sender = peer.addTransceiver(stream.getVideoTracks()[0]!, { direction: 'sendonly' });
        const known = RTCRtpSender.getCapabilities('video')!.codecs;
        sender.setCodecPreferences(known.filter((codec) => codec.mimeType === given.mimeType));
        await peer.setLocalDescription();
        const answer = await fetch('/ingest/whip', {
          method: 'POST',
          headers: { 'content-type': 'application/sdp', authorization: `Bearer ${given.token}` },
          body: peer.localDescription!.sdp,
        });
        if (answer.status === 201)
          await peer.setRemoteDescription({ type: 'answer', sdp: await answer.text() });
        return { status: answer.status, location: answer.headers.get('location') ?? '' };
      },
      { mimeType, token },
    );
    expect(status).toBe(201);
    await latest(tap, streamId, ({ state }) => state === 'live');
    return {
      streamId,
      stop: () =>
        fetch(server.url + new URL(location).pathname, {
          method: 'DELETE',
          headers: { authorization: `Bearer ${token}` },
        }),
    };
  }

  /** As a player does: an offer that receives everything, the answer, and a video element. */
  function watch(streamId: string, bearer: string | null, codecs: string[] = []) {
    return player.evaluate(
      async (given) => {
        const peer = new RTCPeerConnection();
        peer.addTransceiver('audio', { direction: 'recvonly' });
        const video = peer.addTransceiver('video', { direction: 'recvonly' });
        if (given.codecs.length > 0) {
          const known = RTCRtpReceiver.getCapabilities('video')!.codecs;
          video.setCodecPreferences(known.filter(({ mimeType }) => given.codecs.includes(mimeType)));
        }
        const element = document.createElement('video');
        Object.assign(element, { muted: true, autoplay: true });
        peer.ontrack = ({ track }) => {
          if (track.kind !== 'video') return;
          element.srcObject = new MediaStream([track]);
          void element.play();
        };
        await peer.setLocalDescription();
        const answer = await fetch(`/watch/whep/${given.streamId}`, {
          method: 'POST',
          headers: {
            'content-type': 'application/sdp',
            ...(given.bearer === null ? {} : { authorization: `Bearer ${given.bearer}` }),
          },
          body: peer.localDescription!.sdp,
        });
        const text = await answer.text();
        if (answer.status === 201) await peer.setRemoteDescription({ type: 'answer', sdp: text });
        else peer.close();
        Object.assign(globalThis, { peer, element, answered: text });
        const header = (name: string) => answer.headers.get(name) ?? '';
        return {
          status: answer.status,
          text,
          location: header('location'),
          etag: header('etag'),
          retryAfter: header('retry-after'),
        };
      },
      { streamId, bearer, codecs },
    );
  }
  interface Playing {
    peer: RTCPeerConnection;
    element: HTMLVideoElement;
    answered: string;
  }
  const shown = () =>
    player.evaluate(async () => {
      const { peer, element } = globalThis as unknown as Playing;
      const stats = [...(await peer.getStats()).values()];
      const inbound = stats.find(({ type, kind }) => type === 'inbound-rtp' && kind === 'video');
      return {
        state: peer.connectionState,
        frames: (inbound?.framesDecoded as number | undefined) ?? 0,
        size: [element.videoWidth, element.videoHeight],
      };
    });
  async function plays(): Promise<void> {
    const before = (await shown()).frames;
    await eventually(async () => (await shown()).frames > before + 5);
    expect((await shown()).size).toEqual([640, 360]);
  }
  const remove = (location: string, bearer: string | null) =>
    fetch(server.url + new URL(location).pathname, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${bearer}` },
    });
  const freed = () => eventually(() => server.context.viewers.count() === 0);

  for (const mimeType of ['video/VP8', 'video/H264']) {
    it(`shows ${mimeType} under the numbers that the player gave it, and DELETE frees everything`, async () => {
      const published = await publish(mimeType);
      const began = performance.now();
      const taken = await watch(published.streamId, server.teacher.token);
      expect(taken.status, taken.text).toBe(201);
      expect(taken.text).toMatch(/m=audio 0 /);
      expect(taken.text).toMatch(/a=sendonly/);
      await eventually(async () => (await shown()).frames > 0);
      console.log(`WHEP, ${mimeType}: first picture after ${Math.round(performance.now() - began)} ms`);
      await plays();
      expect(server.context.viewers.count()).toBe(1);
      expect(server.context.sfu.stats().http.whep.now).toBe(1);
      expect((await remove(taken.location, server.admin.token)).status).toBe(404);
      expect((await remove(taken.location, server.teacher.token)).status).toBe(200);
      await freed();
      expect(server.context.sfu.stats().http.whep.now).toBe(0);
      expect(server.context.sfu.stats().http.whep.ever).toBeGreaterThan(0);
      await eventually(async () => ['closed', 'failed', 'disconnected'].includes((await shown()).state));
      // The publisher does not notice.
      expect(server.context.publications.isLive(published.streamId)).toBe(true);
      await published.stop();
      await eventually(() => server.context.sfu.stats().rooms === 0);
    });
  }

  it.skipIf(withoutCamera)(
    'shows a camera’s own H.264, connected for the player and let go after it',
    async () => {
      const { body } = await server.teacher.get<ClassSession>(`/sessions/${sessionId}`);
      const { streamId } = body.cameras[0]!;
      await latest(tap, streamId, ({ state }) => state === 'live');
      const began = performance.now();
      const taken = await watch(streamId, server.teacher.token);
      expect(taken.status, taken.text).toBe(201);
      await eventually(async () => (await shown()).frames > 0);
      console.log(`WHEP, RTSP camera: first picture after ${Math.round(performance.now() - began)} ms`);
      await plays();
      expect(server.context.feeds.stats()).toEqual({ feeds: 1, relays: 1 });
      await remove(taken.location, server.teacher.token);
      await eventually(() => server.context.feeds.stats().relays === 0);
      await eventually(() => server.context.sfu.stats().rooms === 0);
    },
  );

  it('goes on after an ICE restart', async () => {
    const published = await publish('video/VP8');
    const taken = await watch(published.streamId, server.teacher.token);
    await plays();
    const restarted = await player.evaluate(
      async ({ location, etag, bearer }) => {
        const { peer, answered } = globalThis as unknown as Playing;
        const patch = (body: string, match: string) =>
          fetch(new URL(location).pathname, {
            method: 'PATCH',
            headers: {
              'content-type': 'application/trickle-ice-sdpfrag',
              authorization: `Bearer ${bearer}`,
              'if-match': match,
            },
            body,
          });
        const told = await patch('m=video 9 RTP/AVP 0\r\na=mid:1\r\na=end-of-candidates\r\n', etag);
        await peer.setLocalDescription(await peer.createOffer({ iceRestart: true }));
        const own = /a=ice-ufrag:\S+\r\na=ice-pwd:\S+\r\n/.exec(peer.localDescription!.sdp)![0];
        const answer = await patch(own, '*');
        const fragment = await answer.text();
        const take = (name: string) => new RegExp(`a=${name}:(\\S+)`).exec(fragment)![1]!;
        const sdp = answered
          .replace(/a=ice-ufrag:\S+/g, `a=ice-ufrag:${take('ice-ufrag')}`)
          .replace(/a=ice-pwd:\S+/g, `a=ice-pwd:${take('ice-pwd')}`);
        await peer.setRemoteDescription({ type: 'answer', sdp });
        return { told: told.status, status: answer.status, renewed: answer.headers.get('etag') !== etag };
      },
      { location: taken.location, etag: taken.etag, bearer: server.teacher.token },
    );
    expect(restarted).toEqual({ told: 204, status: 200, renewed: true });
    await plays();
    await remove(taken.location, server.teacher.token);
    await published.stop();
    await freed();
  });

  it('is for who may watch: staff of the course, and keys with the scope', async () => {
    const published = await publish('video/VP8');
    const { streamId } = published;
    const keyOf = async (scopes: string[]) => {
      const made = await server.admin.post<{ key: string }>('/api-keys', { name: scopes.join(), scopes });
      expect(made.status, JSON.stringify(made.body)).toBe(201);
      return made.body.key;
    };
    const other = { email: 'other@test.local', name: 'Başka Öğretmen', role: 'teacher', password: PASSWORD };
    await server.admin.post('/users', other);
    const stranger = await addTenant(server, 'elsewhere');
    const codeOf = async (bearer: string | null, id = streamId) => {
      const { status, text } = await watch(id, bearer);
      return [status, /"code":"([\w-]+)"/.exec(text)?.[1]];
    };
    expect(await codeOf(null)).toEqual([401, 'unauthenticated']);
    expect(await codeOf('nonsense')).toEqual([401, 'unauthenticated']);
    expect(await codeOf(await keyOf(['sessions:read']))).toEqual([403, 'scope-missing']);
    expect(await codeOf((await server.as(other.email, PASSWORD)).token)).toEqual([404, 'stream-not-found']);
    expect(await codeOf(stranger.token)).toEqual([404, 'stream-not-found']);
    expect(await codeOf(server.teacher.token, sessionId)).toEqual([404, 'stream-not-found']);
    expect(await codeOf(server.teacher.token, 'nonsense')).toEqual([400, 'invalid-request']);
    expect(server.context.viewers.count()).toBe(0);

    const key = await keyOf(['viewers:read']);
    const taken = await watch(streamId, key);
    expect(taken.status, taken.text).toBe(201);
    await plays();
    expect((await remove(taken.location, server.teacher.token)).status).toBe(404);
    expect((await remove(taken.location, key)).status).toBe(200);
    await freed();
    await published.stop();
  });

  it('refuses what it cannot show, and keeps nothing of it', async () => {
    const published = await publish('video/VP8');
    const { token } = server.teacher;
    const refusal = async (codecs: string[]) => {
      const { status, text } = await watch(published.streamId, token, codecs);
      return [status, /"code":"([\w-]+)"/.exec(text)?.[1]];
    };
    expect(await refusal(['video/AV1'])).toEqual([422, 'sdp-codec-unsupported']);
    expect(await refusal(['video/H264', 'video/rtx'])).toEqual([422, 'sdp-codec-unsupported']);
    const say = async (body: string, type = 'application/sdp') => {
      const answer = await fetch(`${server.url}/watch/whep/${published.streamId}`, {
        method: 'POST',
        headers: { 'content-type': type, authorization: `Bearer ${token}` },
        body,
      });
      return answer.status;
    };
    expect(await say('hello')).toBe(400);
    expect(await say('')).toBe(400);
    expect(await say('v=0\r\n')).toBe(422);
    expect(await say(`v=0\r\n${'a=x\r\n'.repeat(20_000)}`)).toBe(413);
    expect(await say('{}', 'application/json')).toBe(415);
    expect(server.context.viewers.count()).toBe(0);

    const waiting = await makeLink(server, sessionId, 'Henüz yok');
    const early = await watch(waiting.streamId, token);
    expect([early.status, early.retryAfter]).toEqual([409, '2']);
    expect(early.text).toContain('stream-not-live');
    await published.stop();
    await eventually(() => server.context.sfu.stats().rooms === 0);
  });

  it('ends with its publisher, with its page, and with its session', async () => {
    const published = await publish('video/VP8');
    await watch(published.streamId, server.teacher.token);
    await plays();
    await published.stop();
    await freed();
    await eventually(async () => ['closed', 'failed', 'disconnected'].includes((await shown()).state));

    const next = await publish('video/VP8');
    await watch(next.streamId, server.teacher.token);
    await plays();
    await player.close();
    await eventually(() => server.context.viewers.count() === 0, 60_000);

    ({ page: player } = await openPage(browser, server.url));
    await player.goto('/api/v1/tenant/public');
    await watch(next.streamId, server.teacher.token);
    await plays();
    await server.teacher.post(`/sessions/${sessionId}/close`);
    await freed();
    await eventually(() => server.context.sfu.stats().rooms === 0);
  }, 180_000);
});
