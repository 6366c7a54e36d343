import type { types } from 'mediasoup';
import { Value } from 'typebox/value';
import type { WebSocket } from 'ws';
import type { AppContext } from '../../context.ts';
import { ApiError, isErrorCode } from '../../errors.ts';
import type { SentAway } from '../../streaming/publications.ts';
import { transportParams } from '../../streaming/sfu/room.ts';
import type { Lease } from '../../streaming/sfu/sfu.ts';
import { iceServers } from '../../streaming/sfu/turn.ts';
import { SignalFromClient, type SignalFromServer } from './schemas.ts';
import { type Grant, readGrant, redeem } from './service.ts';

/** Messages that may wait for their turn; a browser needs four. */
const MOST_WAITING = 16;
/** A socket that does not take what it is sent is of no use. */
const MOST_BUFFERED = 1024 * 1024;
const ALIVE_MS = 10_000;
const HELLO_MS = 10_000;
/** Larger than any that a browser has to say; sockets of pictures take more. */
const MOST_MESSAGE_BYTES = 64 * 1024;
/** From the welcome to the video; a browser needs a second, a person asked for the camera was asked before. */
const PRODUCE_MS = 30_000;

export const GOODBYES: Record<SentAway, [code: string, message: string, again: boolean]> = {
  replaced: ['publisher-replaced', 'Another device publishes in its place.', false],
  removed: ['publisher-removed', 'It was sent away, or the session has closed.', false],
  silent: ['publisher-silent', 'Nothing came from it.', true],
  'too-much': ['publisher-too-much', 'It sends far more than it may.', false],
};

/**
 * One browser that publishes, over its WebSocket: a transport, one video on it, and what it should know about its
 * picture. The socket's end is the publisher's end; it comes back with a transport of its own.
 */
export function signal(context: AppContext, socket: WebSocket): void {
  const { sfu, publications, log } = context;
  let lease: Lease | null = null;
  let transport: types.WebRtcTransport | null = null;
  let producer: types.Producer | null = null;
  let unfollow: () => void = () => undefined;
  let claimed = false;
  let ended = false;

  const send = (message: SignalFromServer): void => {
    if (socket.readyState !== socket.OPEN) return;
    if (socket.bufferedAmount > MOST_BUFFERED) socket.terminate();
    else socket.send(JSON.stringify(message));
  };
  const end = (code: string, message: string, again: boolean): void => {
    if (ended) return;
    send({ type: 'end', code, message, again });
    cleanUp();
    socket.close(1000);
  };
  const fail = (error: unknown): void => {
    if (error instanceof ApiError) {
      end(error.code, error.message, error.code === 'webrtc-unavailable');
    } else {
      log.error({ err: error }, 'a publisher could not be served');
      end('internal', 'Something went wrong on the server.', true);
    }
  };
  const onLost = (sessionIds: string[]): void => {
    if (grant && sessionIds.includes(grant.sessionId)) end('media-worker-restarted', 'Come back.', true);
  };
  const onStatus = (status: { streamId: string; state: string; reason: string }): void => {
    if (status.streamId === grant?.streamId)
      send({ type: 'status', state: status.state, reason: status.reason });
  };
  const advise = createAdviser(send);
  const onObservation = (seen: {
    streamId: string;
    faces: { box: readonly number[] }[];
    atMs: number;
  }): void => {
    if (seen.streamId === grant?.streamId) advise(seen);
  };
  function cleanUp(): void {
    if (ended) return;
    ended = true;
    clearInterval(pulse);
    clearTimeout(silent);
    sfu.events.off('lost', onLost);
    context.supervisor.events.off('status', onStatus);
    context.supervisor.events.off('observation', onObservation);
    unfollow();
    if (claimed && !producer) publications.unclaim(grant!.streamId);
    producer?.close();
    transport?.close();
    lease?.leave();
  }

  // The token comes as a message: an address would stand in the logs of proxies.
  let silent = setTimeout(() => end('publish-token-invalid', 'No token came.', false), HELLO_MS);
  let alive = true;
  socket.on('pong', () => {
    alive = true;
  });
  const pulse = setInterval(() => {
    if (!alive) return socket.terminate();
    alive = false;
    socket.ping();
  }, ALIVE_MS);

  let grant: Grant | null = null;
  let waiting = 0;
  // Attached before the first await: what a quick browser says meanwhile is not lost.
  let turn: Promise<void> = Promise.resolve();
  socket.on('message', (data, isBinary) => {
    if (ended) return;
    const text = isBinary ? '' : data.toString();
    if (isBinary || text.length > MOST_MESSAGE_BYTES || ++waiting > MOST_WAITING)
      return end('signal-invalid', 'Too many messages.', false);
    turn = turn
      .then(() => (ended ? undefined : receive(text)))
      .catch(fail)
      .finally(() => {
        waiting--;
      });
  });
  socket.on('close', cleanUp);
  socket.on('error', cleanUp);

  async function receive(text: string): Promise<void> {
    const message = readMessage(text);
    if (message.type === 'hello') return open(message.token);
    if (!transport || !lease || !grant) throw new ApiError('signal-invalid');
    switch (message.type) {
      case 'connect':
        await asked(() =>
          transport!.connect({ dtlsParameters: message.dtlsParameters as types.DtlsParameters }),
        );
        return send({ type: 'connected' });
      case 'produce': {
        producer?.close();
        producer = await asked(() =>
          transport!.produce({ kind: 'video', rtpParameters: message.rtpParameters as types.RtpParameters }),
        );
        // The socket closed meanwhile: nobody would close it any more.
        if (ended) return producer.close();
        clearTimeout(silent);
        const replaced = (why: SentAway) => end(...GOODBYES[why]);
        publications.add({ streamId: grant.streamId, room: lease.room, producer, replaced });
        return send({ type: 'producing' });
      }
      case 'restart-ice':
        return send({ type: 'ice', iceParameters: await transport.restartIce() });
    }
  }

  async function open(token: string): Promise<void> {
    if (grant) throw new ApiError('signal-invalid');
    clearTimeout(silent);
    // The token is used up last: where there is no media worker now, it may come again with it.
    grant = await readGrant(context, token);
    if (ended) return;
    sfu.events.on('lost', onLost);
    context.supervisor.events.on('status', onStatus);
    context.supervisor.events.on('observation', onObservation);
    silent = setTimeout(() => end(...GOODBYES.silent), PRODUCE_MS);
    lease = await sfu.enter(grant.sessionId);
    if (ended) return lease.leave();
    transport = await lease.room.createTransport('in');
    if (ended) return transport.close();
    const { resumeToken } = await redeem(context, token);
    if (ended) return publications.unclaim(grant.streamId);
    claimed = true;
    transport.once('dtlsstatechange', (state) => {
      if (state === 'failed' || state === 'closed') end('connection-lost', 'The connection was lost.', true);
    });
    send({
      type: 'welcome',
      streamId: grant.streamId,
      course: grant.course,
      resumeToken,
      rtpCapabilities: lease.room.router.rtpCapabilities,
      transport: transportParams(transport),
      iceServers: iceServers(context.config.webrtc, grant.streamId, context.clock.now()),
      maxKbps: context.config.webrtc.maxKbps,
    });
    unfollow = context.recorder.follow(grant, (on) => send({ type: 'recording', on }));
  }
}

function readMessage(text: string): SignalFromClient {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch (cause) {
    throw new ApiError('signal-invalid', { cause });
  }
  if (!Value.Check(SignalFromClient, message)) throw new ApiError('signal-invalid');
  return message;
}

/** What the media worker refuses was wrong in the message. */
async function asked<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof ApiError || isErrorCode((cause as { code?: string }).code ?? '')) throw cause;
    throw new ApiError('signal-invalid', { cause, message: (cause as Error).message });
  }
}

const ADVICE_MS = 1000;
/** Below this a face is rarely recognised; see docs/recognition.md. */
const SMALL_PX = 32;

/** What `framing` says, once a second. */
export function createAdviser(send: (message: SignalFromServer) => void) {
  let last = 0;
  return ({ faces, atMs }: { faces: { box: readonly number[] }[]; atMs: number }): void => {
    if (atMs - last < ADVICE_MS) return;
    last = atMs;
    const sizes = faces.map(({ box }) => Math.min(box[2]!, box[3]!)).sort((a, b) => a - b);
    const facePx = Math.round(sizes[Math.floor(sizes.length / 2)] ?? 0);
    const advice = sizes.length === 0 ? 'nobody' : facePx < SMALL_PX ? 'move-closer' : 'ok';
    send({ type: 'framing', faces: sizes.length, facePx, advice });
  };
}
