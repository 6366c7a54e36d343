import type { types } from 'mediasoup';
import { Value } from 'typebox/value';
import type { WebSocket } from 'ws';
import type { AppContext } from '../../context.ts';
import { ApiError } from '../../errors.ts';
import type { Feed } from '../../streaming/feeds.ts';
import { transportParams } from '../../streaming/sfu/room.ts';
import { iceServers } from '../../streaming/sfu/turn.ts';
import { openPeerSocket, type PeerSocket } from './peer-socket.ts';
import { followClock, type PictureClock } from './picture-clock.ts';
import { WatchFromClient, type WatchFromServer } from './schemas.ts';
import { reachStream, type Seat, takeSeat } from './service.ts';

const HELLO_MS = 10_000;
/** Whoever may no longer watch is sent away within this time. */
const RIGHTS_MS = 30_000;
/** Errors that pass by themselves, or with a new token. */
const PASSING = new Set(['token-expired', 'unauthenticated']);

/**
 * One browser that watches a stream, over its WebSocket. The socket's end is the viewer's end. While the stream has no
 * video the viewer waits; when it has some again, or another, it is offered anew.
 */
export function watch(context: AppContext, socket: WebSocket): void {
  const { log } = context;
  let seat: Seat | null = null;
  let feed: Feed | null = null;
  let transport: types.WebRtcTransport | null = null;
  let able: types.RtpCapabilities | null = null;
  let offered: {
    producer: types.Producer;
    consumer: types.Consumer | null;
    clock: PictureClock | null;
  } | null = null;
  let said: string | null = null;
  let token = '';
  let viewerId = '';
  let over = false;

  const peer: PeerSocket<WatchFromServer> = openPeerSocket<WatchFromClient, WatchFromServer>(socket, {
    read(message) {
      if (!Value.Check(WatchFromClient, message)) throw new ApiError('signal-invalid');
      return message;
    },
    receive,
    failed(error) {
      if (error instanceof ApiError) {
        // Where there is a media worker in general, it will be back.
        const restarts = error.code === 'webrtc-unavailable' && context.sfu.reason() === null;
        return end(error.code, error.message, restarts || PASSING.has(error.code));
      }
      log.error({ err: error }, 'a viewer could not be served');
      end('internal', 'Something went wrong on the server.', true);
    },
    gone() {
      over = true;
      clearTimeout(silent);
      clearInterval(checking);
      withdraw();
      transport?.close();
      feed?.close();
      seat?.leave();
    },
  });
  // The token comes as a message: an address would stand in the logs of proxies.
  const silent = setTimeout(() => end('unauthenticated', 'No token came.', false), HELLO_MS);
  const checking = setInterval(() => void checkRights(), RIGHTS_MS);

  const remaining = (expiresAt: number): number => Math.max(0, expiresAt - context.clock.now());

  function end(code: string, message: string, again = PASSING.has(code)): void {
    if (over) return;
    peer.send({ type: 'end', code, message, again });
    peer.close();
  }

  async function receive(message: WatchFromClient): Promise<void> {
    if (message.type === 'hello') return enter(message.token, message.streamId);
    if (!transport || !feed) throw new ApiError('signal-invalid');
    switch (message.type) {
      case 'token': {
        const { userId, expiresAt } = await context.tokens.verify(message.token);
        if (userId !== viewerId) throw new ApiError('unauthenticated');
        token = message.token;
        await checkRights();
        return peer.send({ type: 'token', tokenForMs: remaining(expiresAt) });
      }
      case 'able':
        able = message.rtpCapabilities as types.RtpCapabilities;
        return offer();
      case 'connect':
        await understood(() =>
          transport!.connect({ dtlsParameters: message.dtlsParameters as types.DtlsParameters }),
        );
        return peer.send({ type: 'connected' });
      case 'resume': {
        const consumer = offered?.consumer;
        if (consumer?.id !== message.id || consumer.closed) return;
        await consumer.resume();
        feed.ready();
        return;
      }
      case 'restart-ice':
        return peer.send({ type: 'ice', iceParameters: await transport.restartIce() });
    }
  }

  async function enter(given: string, streamId: string): Promise<void> {
    if (token !== '') throw new ApiError('signal-invalid');
    clearTimeout(silent);
    token = given;
    const caller = await context.tokens.verify(token);
    viewerId = caller.userId;
    const taken = await takeSeat(context, caller, streamId);
    if (over) return taken.leave();
    seat = taken;
    const opened = await context.feeds.open(streamId);
    if (over) return opened.close();
    feed = opened;
    const { room } = opened;
    const made = await room.createTransport('out').catch((cause: unknown) => {
      throw new ApiError('webrtc-unavailable', { cause });
    });
    if (over) return made.close();
    transport = made;
    made.once('dtlsstatechange', (state) => {
      if (state === 'failed' || state === 'closed') end('connection-lost', 'The connection was lost.', true);
    });
    opened.onChange(() => {
      if (opened.room !== room || opened.reason === 'media-worker-restarted')
        end('media-worker-restarted', 'Come back.', true);
      else if (opened.reason === 'session-closed') end('session-closed', 'The session is closed.');
      else offer().catch((error: unknown) => log.warn({ err: error, streamId }, 'a viewer was not served'));
    });
    peer.send({
      type: 'welcome',
      rtpCapabilities: room.router.rtpCapabilities,
      transport: transportParams(made),
      iceServers: iceServers(context.config.webrtc, caller.userId, context.clock.now()),
      tokenForMs: remaining(caller.expiresAt),
    });
  }

  /** What there is now, to a browser that has said what it can take. */
  async function offer(): Promise<void> {
    if (over || !able || !feed || !transport) return;
    const { producer, reason } = feed;
    if (producer === null) {
      withdraw();
      if (said !== reason) peer.send({ type: 'waiting', reason: reason ?? 'starting' });
      said = reason;
      return;
    }
    if (offered?.producer === producer) return;
    withdraw();
    said = null;
    const { router } = feed.room;
    const question = { producerId: producer.id, rtpCapabilities: able };
    if (!(await understood(async () => router.canConsume(question)))) {
      peer.send({ type: 'waiting', reason: 'codec-not-supported' });
      return;
    }
    const mine: typeof offered = { producer, consumer: null, clock: null };
    offered = mine;
    let consumer: types.Consumer;
    try {
      consumer = await transport.consume({ producerId: producer.id, rtpCapabilities: able, paused: true });
    } catch (error) {
      // Gone meanwhile: what came in its place was told by the feed.
      if (offered !== mine || producer.closed || over) return;
      throw error;
    }
    if (offered !== mine) return consumer.close();
    mine.consumer = consumer;
    const { id, rtpParameters } = consumer;
    mine.clock = followClock(consumer, (pair) =>
      peer.send({ type: 'clock', id, ...pair, nowMs: Date.now() }),
    );
    peer.send({ type: 'video', id, producerId: producer.id, rtpParameters });
  }

  function withdraw(): void {
    offered?.clock?.close();
    offered?.consumer?.close();
    offered = null;
  }

  async function checkRights(): Promise<void> {
    if (over || !seat) return;
    const { streamId } = seat;
    try {
      await reachStream(context, await context.tokens.verify(token), streamId);
    } catch (error) {
      // The database may be away for a moment; the right was there.
      if (error instanceof ApiError) end(error.code, error.message);
    }
  }
}

/** What the media worker refuses was wrong in the message. */
async function understood<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new ApiError('signal-invalid', { cause, message: (cause as Error).message });
  }
}
