import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, type LiveTap, tapLive } from '../support/live.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { latest, makeLink, openSession, skipWithoutMediaWorker } from '../support/webrtc.ts';
import { chromiumPath, launchChromium, openPage } from './browser.ts';

const SUITE = 'a browser as an encoder over WHIP';
const left = chromiumPath === null || skipWithoutMediaWorker(SUITE);
if (chromiumPath === null) console.warn(`SKIPPED ${SUITE}: no Chromium; CHROMIUM_PATH names one`);

describe.skipIf(left)(SUITE, () => {
  let server: TestServer;
  let browser: Browser;
  let page: Page;
  let tap: LiveTap;
  let sessionId: string;

  beforeAll(async () => {
    server = await startTestServer({ pipeline: true });
    browser = await launchChromium(['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream']);
    sessionId = await openSession(server);
    tap = tapLive(server.url, server.teacher.token);
    await tap.joined(sessionId);
    ({ page } = await openPage(browser, server.url, { permissions: ['camera'] }));
    // Any page of the server: cameras are for secure origins, and `127.0.0.1` is one.
    await page.goto('/api/v1/tenant/public');
  }, 180_000);
  afterAll(async () => {
    tap?.close();
    await browser?.close();
    await server?.close();
  });

  const live = (streamId: string) => latest(tap, streamId, ({ state }) => state === 'live');
  const gone = (streamId: string) => latest(tap, streamId, ({ reason }) => reason === 'no-publisher');
  const remove = (location: string, token: string) =>
    fetch(server.url + new URL(location).pathname, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${token}` },
    });

  /** What a WHIP client in a browser does, as far as an answer. */
  function publish(given: { codecs: string[]; token: string; audio?: boolean; simulcast?: boolean }) {
    return page.evaluate(async ({ codecs, token, audio, simulcast }) => {
      const peer = new RTCPeerConnection();
      const stream = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 360 } });
      if (audio) peer.addTransceiver('audio', { direction: 'sendonly' });
      const transceiver = peer.addTransceiver(stream.getVideoTracks()[0]!, {
        direction: 'sendonly',
        ...(simulcast
          ? {
              sendEncodings: [
                { rid: 's', scaleResolutionDownBy: 2 },
                { rid: 'f' },
              ] as RTCRtpEncodingParameters[],
            }
          : {}),
      });
      const known = RTCRtpSender.getCapabilities('video')!.codecs;
      if (codecs.length > 0)
        transceiver.setCodecPreferences(known.filter(({ mimeType }) => codecs.includes(mimeType)));
      await peer.setLocalDescription();
      const answer = await fetch('/ingest/whip', {
        method: 'POST',
        headers: { 'content-type': 'application/sdp', authorization: `Bearer ${token}` },
        body: peer.localDescription!.sdp,
      });
      const text = await answer.text();
      if (answer.status === 201) await peer.setRemoteDescription({ type: 'answer', sdp: text });
      else peer.close();
      Object.assign(globalThis, { peer, token, answered: text, etag: answer.headers.get('etag') });
      return { status: answer.status, text, location: answer.headers.get('location') ?? '' };
    }, given);
  }
  const connectionState = () =>
    page.evaluate(() => (globalThis as unknown as { peer: RTCPeerConnection }).peer.connectionState);

  for (const mimeType of ['video/H264', 'video/VP8']) {
    it(`publishes ${mimeType}, and DELETE frees everything`, async () => {
      const { token, streamId } = await makeLink(server, sessionId, mimeType);
      const taken = await publish({ codecs: [mimeType], token, audio: true });
      expect(taken.status, taken.text).toBe(201);
      // Sound is refused in the answer, section by section.
      expect(taken.text).toMatch(/m=audio 0 /);
      const { width, height } = await live(streamId);
      expect([width, height]).toEqual([640, 360]);
      expect((await remove(taken.location, 'another')).status).toBe(404);
      expect((await remove(taken.location, token)).status).toBe(200);
      await gone(streamId);
      expect(server.context.publications.live()).toEqual([]);
      await eventually(() => server.context.sfu.stats().rooms === 0);
      // DTLS says goodbye: the encoder knows without asking.
      await eventually(async () => ['closed', 'failed', 'disconnected'].includes(await connectionState()));
    });
  }

  it('publishes in layers', async () => {
    const { token, streamId } = await makeLink(server, sessionId, 'Katmanlı');
    const taken = await publish({ codecs: ['video/VP8'], token, simulcast: true });
    expect(taken.status, taken.text).toBe(201);
    expect(taken.text).toMatch(/a=simulcast:recv s;f/);
    await live(streamId);
    await remove(taken.location, token);
    await gone(streamId);
  });

  it('goes on after an ICE restart, as after a change of its network', async () => {
    const { token, streamId } = await makeLink(server, sessionId, 'Taşınan');
    const taken = await publish({ codecs: ['video/VP8'], token });
    await live(streamId);
    const restarted = await page.evaluate(async (location) => {
      const {
        peer,
        answered,
        etag,
        token: bearer,
      } = globalThis as unknown as {
        peer: RTCPeerConnection;
        answered: string;
        etag: string;
        token: string;
      };
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
      const told = await patch('m=video 9 RTP/AVP 0\r\na=mid:0\r\na=end-of-candidates\r\n', etag);
      /** Of our side of the pair that carries the packets. */
      const ufrag = async () => {
        const stats = await peer.getStats();
        const one = (id: string | undefined) => stats.get(id ?? '') as Record<string, string> | undefined;
        const transport = [...stats.values()].find(({ type }: { type: string }) => type === 'transport');
        const pair = one(transport?.selectedCandidatePairId);
        return one(pair?.localCandidateId)?.usernameFragment;
      };
      await peer.setLocalDescription(await peer.createOffer({ iceRestart: true }));
      const own = /a=ice-ufrag:\S+\r\na=ice-pwd:\S+\r\n/.exec(peer.localDescription!.sdp)![0];
      const answer = await patch(own, '*');
      const fragment = await answer.text();
      const take = (name: string) => new RegExp(`a=${name}:(\\S+)`).exec(fragment)![1]!;
      const sdp = answered
        .replace(/a=ice-ufrag:\S+/g, `a=ice-ufrag:${take('ice-ufrag')}`)
        .replace(/a=ice-pwd:\S+/g, `a=ice-pwd:${take('ice-pwd')}`);
      await peer.setRemoteDescription({ type: 'answer', sdp });
      const end = Date.now() + 20_000;
      const wanted = /a=ice-ufrag:(\S+)/.exec(own)![1]!;
      let used = await ufrag();
      while (Date.now() < end && used !== wanted) {
        await new Promise((resolve) => setTimeout(resolve, 100));
        used = await ufrag();
      }
      return { told: told.status, status: answer.status, renewed: used === wanted };
    }, taken.location);
    expect(restarted).toEqual({ told: 204, status: 200, renewed: true });
    const sampled = tap.events.length;
    await eventually(() =>
      tap.events
        .slice(sampled)
        .some(
          ({ name, payload }) =>
            name === 'session:faces' && (payload as { streamId: string }).streamId === streamId,
        ),
    );
    expect(await connectionState()).toBe('connected');
    await remove(taken.location, token);
    await gone(streamId);
  });

  it('is told why it cannot publish, and may come again with what can be taken', async () => {
    const { token, streamId } = await makeLink(server, sessionId, 'AV1');
    const av1 = await publish({ codecs: ['video/AV1'], token });
    expect([av1.status, av1.text]).toEqual([422, expect.stringContaining('sdp-codec-unsupported')]);
    expect(av1.text).toContain('AV1');
    const vp9 = await publish({ codecs: ['video/VP9', 'video/AV1', 'video/rtx'], token });
    expect(vp9.status).toBe(422);
    const both = await publish({ codecs: ['video/AV1', 'video/VP8', 'video/rtx'], token });
    expect(both.status, both.text).toBe(201);
    await live(streamId);
    const again = await publish({ codecs: [], token });
    expect([again.status, again.text]).toEqual([401, expect.stringContaining('publish-token-invalid')]);
    await remove(both.location, token);
    await gone(streamId);
  });

  it('is given up when its page goes without a word', async () => {
    const { token, streamId } = await makeLink(server, sessionId, 'Kapanan');
    await publish({ codecs: ['video/VP8'], token });
    await live(streamId);
    await page.close();
    await eventually(() => !server.context.publications.isLive(streamId), 60_000);
    await eventually(() => server.context.sfu.stats().rooms === 0);
  });
});
