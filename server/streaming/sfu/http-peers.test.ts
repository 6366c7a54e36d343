import { EventEmitter } from 'node:events';
import { existsSync } from 'node:fs';
import { createWorker, type types, workerBin } from 'mediasoup';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHttpPeers } from './http-peers.ts';
import type { Sfu } from './sfu.ts';

const missing = !existsSync(process.env.MEDIASOUP_WORKER_BIN ?? workerBin);
if (missing && process.env.CI === 'true') throw new Error('no WebRTC media worker');
if (missing)
  console.warn('SKIPPED peers by HTTP: no WebRTC media worker; `npm run setup:webrtc` prepares it');

describe.skipIf(missing)('peers by HTTP', () => {
  let worker: types.Worker;
  let router: types.Router;
  const events: Sfu['events'] = new EventEmitter();

  beforeAll(async () => {
    worker = await createWorker({ logLevel: 'none', disableLiburing: true });
    router = await worker.createRouter();
  });
  afterAll(() => worker?.close());

  async function add(peers: ReturnType<typeof createHttpPeers>, sessionId: string, secret = 'secret') {
    const transport = await router.createWebRtcTransport({
      listenInfos: [{ protocol: 'udp', ip: '127.0.0.1' }],
    });
    let closings = 0;
    const closed = () => {
      closings++;
    };
    const sdp = 'v=0\r\na=ice-ufrag:mine\r\n';
    const session = peers.add({ secret, sessionId, transport, sdp, closed });
    return { session, transport, closings: () => closings };
  }

  it('ends who does not connect, once, with its transport', async () => {
    const peers = createHttpPeers({ events }, 'publisher-not-found', { connectMs: 100 });
    const { transport, closings } = await add(peers, 'one');
    expect(peers.size()).toBe(1);
    await expect.poll(() => transport.closed).toBe(true);
    expect([peers.size(), closings()]).toEqual([0, 1]);
  });

  it('ends who was on a media worker that died, and nobody else', async () => {
    const peers = createHttpPeers({ events }, 'publisher-not-found');
    const one = await add(peers, 'one');
    const two = await add(peers, 'two');
    events.emit('lost', ['one']);
    expect([one.closings(), two.closings(), peers.size()]).toEqual([1, 0, 1]);
    two.transport.close();
    expect([two.closings(), peers.size()]).toEqual([1, 0]);
  });

  it('is changed only by who knows the secret, and only as it is now', async () => {
    const peers = createHttpPeers({ events }, 'viewer-not-found');
    const { session, closings } = await add(peers, 'one');
    const { id, etag } = session;
    const refusal = (work: Promise<unknown>) => work.then(String, (error: { code: string }) => error.code);
    expect(await refusal(peers.patch(id, 'other', '*', 'a=x'))).toBe('viewer-not-found');
    expect(await refusal(peers.patch('unknown', 'secret', '*', 'a=x'))).toBe('viewer-not-found');
    expect(await refusal(peers.patch(id, 'secret', undefined, 'a=x'))).toBe('ice-session-unnamed');
    expect(await refusal(peers.patch(id, 'secret', '"old"', 'a=x'))).toBe('ice-session-over');
    expect(await refusal(peers.patch(id, 'secret', etag, '{}'))).toBe('sdp-invalid');
    expect(await peers.patch(id, 'secret', etag, 'a=ice-ufrag:mine\r\n')).toBeNull();
    const restarted = await peers.patch(id, 'secret', '*', 'a=ice-ufrag:new\r\na=ice-pwd:x\r\n');
    expect(restarted?.fragment).toMatch(/^a=ice-lite\r\na=ice-ufrag:\S+\r\na=ice-pwd:\S+\r\n$/);
    expect(await refusal(peers.patch(id, 'secret', etag, 'a=x'))).toBe('ice-session-over');
    expect(() => peers.close(id, 'other')).toThrow(expect.objectContaining({ code: 'viewer-not-found' }));
    peers.close(id, 'secret');
    expect([closings(), peers.size()]).toEqual([1, 0]);
  });
});
