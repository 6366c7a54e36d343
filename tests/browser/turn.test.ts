import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StreamStatusView } from '../../server/features/sessions/schemas.ts';
import { type BrowserCameras, openCameras } from '../support/browser-cameras.ts';
import { eventually, type LiveTap, tapLive } from '../support/live.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { skipWithoutTurn, startTurn, type TurnServer } from '../support/turn.ts';
import { latest, makeLink, openSession, skipWithoutMediaWorker } from '../support/webrtc.ts';
import { chromiumPath, launchChromium } from './browser.ts';
import { openViewer, type Viewer } from './viewer.ts';

const SUITE = 'video through a TURN server';
const left = chromiumPath === null || skipWithoutMediaWorker(SUITE) || skipWithoutTurn(SUITE);
if (chromiumPath === null) console.warn(`SKIPPED ${SUITE}: no Chromium; CHROMIUM_PATH names one`);

const SECRET = 'shared by the server and coturn';
const DAY = 86_400_000;

/** What a page's connections came to. */
interface Peers {
  /** Of our side of the pairs that carry packets: `relay`, and how the TURN server is reached. */
  used: string[];
  /** Kinds of the addresses that were found. */
  found: string[];
  /** Codes with which STUN and TURN servers refused. */
  refused: number[];
}

describe.skipIf(left)(SUITE, () => {
  const clock = { offset: 0, now: () => Date.now() + clock.offset };
  let turn: TurnServer;
  let server: TestServer;
  let browser: Browser;
  let cameras: BrowserCameras;
  let viewer: Viewer;
  let tap: LiveTap;
  let sessionId: string;

  beforeAll(async () => {
    turn = await startTurn(SECRET);
    server = await startTestServer({
      ...{ pipeline: true, students: 0, overrides: { clock } },
      env: { TURN_URLS: turn.url('udp'), TURN_SECRET: SECRET },
    });
    sessionId = await openSession(server);
    tap = tapLive(server.url, server.teacher.token);
    await tap.joined(sessionId);
    browser = await launchChromium();
    cameras = await openCameras(browser, server.url, { width: 640, height: 360, fps: 15 });
    viewer = await openViewer(browser, server.url);
    await keepPeers(cameras.page);
    await keepPeers(viewer.page);
  }, 180_000);
  afterAll(async () => {
    tap?.close();
    await browser?.close();
    await server?.close();
    await turn?.close();
  });

  const set = (next: { urls?: string[]; secret?: string }) =>
    Object.assign(server.context.config.webrtc.turn, next);
  const secret = (next: string) => set({ secret: next });

  for (const transport of ['udp', 'tcp'] as const) {
    it(`reaches the server and the viewer by it, over ${transport.toUpperCase()}, where nothing else is allowed`, async () => {
      set({ urls: [turn.url(transport)] });
      const { token, streamId } = await makeLink(server, sessionId, transport);
      const before = turn.log().length;
      await cameras.start(transport, token, 'relay');
      await latest(tap, streamId, ({ state }) => state === 'live');
      await eventually(async () => (await peersOf(cameras.page)).used.includes(`relay ${transport}`));
      await viewer.start(transport, { token: server.teacher.token, streamId, iceTransportPolicy: 'relay' });
      await viewer.more(transport, 20);
      await eventually(async () => (await peersOf(viewer.page)).used.includes(`relay ${transport}`));
      for (const page of [cameras.page, viewer.page]) {
        const { found, refused } = await peersOf(page);
        expect(new Set(found)).toEqual(new Set(['relay']));
        expect(refused).toEqual([]);
      }
      // coturn knows whom it let in: credentials name the stream, or the viewer.
      expect(turn.log().slice(before)).toContain(`:${streamId}>`);
      await viewer.stop(transport);
      await cameras.stop(transport);
      await latest(tap, streamId, ({ reason }) => reason === 'no-publisher');
    });
  }

  it('is refused to who does not know the secret, and to credentials of yesterday', async () => {
    const ways: [string, () => void][] = [
      ['wrong', () => secret('known to nobody')],
      ['expired', () => Object.assign(clock, { offset: -DAY })],
    ];
    try {
      for (const [name, spoil] of ways) {
        const { token, streamId } = await makeLink(server, sessionId, name);
        const before = (await peersOf(cameras.page)).found.length;
        secret(SECRET);
        spoil();
        await cameras.start(name, token, 'relay');
        await eventually(async () => (await peersOf(cameras.page)).refused.length > 0);
        clock.offset = 0;
        const { found, refused } = await peersOf(cameras.page);
        expect(new Set(refused)).toEqual(new Set([401]));
        expect(found.length).toBe(before);
        expect((await cameras.told(name)).states).toEqual(['connecting']);
        const told = tap.events.filter(
          ({ name: of, payload }) =>
            of === 'stream:status' && (payload as StreamStatusView).streamId === streamId,
        );
        expect(told.map(({ payload }) => (payload as StreamStatusView).state)).not.toContain('live');
        await cameras.stop(name);
        await forgetRefusals(cameras.page);
      }
    } finally {
      clock.offset = 0;
      secret(SECRET);
    }
  });
});

/** From now on the page keeps its connections, to be asked by `peersOf`. */
async function keepPeers(page: Page): Promise<void> {
  await page.evaluate(() => {
    const kept = { peers: [] as RTCPeerConnection[], found: [] as string[], refused: [] as number[] };
    globalThis.RTCPeerConnection = class extends RTCPeerConnection {
      constructor(configuration?: RTCConfiguration) {
        super(configuration);
        kept.peers.push(this);
        this.addEventListener('icecandidate', ({ candidate }) => {
          if (candidate?.type) kept.found.push(candidate.type);
        });
        this.addEventListener('icecandidateerror', ({ errorCode }) => kept.refused.push(errorCode));
      }
    };
    Object.assign(globalThis, { kept });
  });
}

function peersOf(page: Page): Promise<Peers> {
  return page.evaluate(async () => {
    const { peers, found, refused } = (
      globalThis as unknown as { kept: { peers: RTCPeerConnection[]; found: string[]; refused: number[] } }
    ).kept;
    const used: string[] = [];
    for (const peer of peers) {
      const stats = await peer.getStats();
      const one = (id: string | undefined) => stats.get(id ?? '') as Record<string, string> | undefined;
      for (const { type, selectedCandidatePairId } of stats.values() as Iterable<Record<string, string>>) {
        if (type !== 'transport') continue;
        const ours = one(one(selectedCandidatePairId)?.localCandidateId);
        if (ours) used.push(`${ours.candidateType} ${ours.relayProtocol ?? ''}`.trim());
      }
    }
    return { used, found: [...found], refused: [...refused] };
  });
}

const forgetRefusals = (page: Page): Promise<void> =>
  page.evaluate(() => {
    (globalThis as unknown as { kept: Peers }).kept.refused.length = 0;
  });
