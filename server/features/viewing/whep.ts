import type { types } from 'mediasoup';
import type { AppContext } from '../../context.ts';
import { ApiError } from '../../errors.ts';
import type { Feed } from '../../streaming/feeds.ts';
import { createHttpPeers, type HttpPeers } from '../../streaming/sfu/http-peers.ts';
import type { Branch } from '../../streaming/sfu/room.ts';
import { OfferError } from '../../streaming/sfu/sdp-offer.ts';
import { type PlayerOffer, readPlayerOffer, writePlayerAnswer } from '../../streaming/sfu/sdp-player.ts';
import { type IceServer, iceServers } from '../../streaming/sfu/turn.ts';
import type { Caller } from '../auth/tokens.ts';
import { reachStream, type Seat, takeSeat } from './service.ts';

/** Players of others that watch a stream by WHEP, each by one session of its own. */
export interface Whep extends Pick<HttpPeers, 'patch' | 'close' | 'size'> {
  /**
   * `again` tells who asks, later: who may no longer watch is sent away. Throws what `takeSeat` throws, `sdp-…`, and
   * `stream-not-live`.
   */
  open(
    caller: Caller,
    again: () => Promise<Caller>,
    streamId: string,
    sdp: string,
  ): Promise<{ id: string; etag: string; answer: string; iceServers: IceServer[] }>;
}

/** A camera's relay is there within a second or two; a player waits for its answer. */
const START_MS = 8000;
/** Reasons that no waiting helps against. */
const SETTLED = new Set(['no-publisher', 'no-live-video', 'session-closed']);
const RETRY_S = 2;
const RIGHTS_MS = 30_000;

export function createWhep(context: AppContext): Whep {
  const { sfu, config, clock } = context;
  const peers = createHttpPeers(sfu, 'viewer-not-found');

  return {
    async open(caller, again, streamId, sdp) {
      const seat = await takeSeat(context, caller, streamId);
      let feed: Feed | null = null;
      let branch: Branch | null = null;
      const free = (): void => {
        branch?.close();
        feed?.close();
        seat.leave();
      };
      try {
        feed = await context.feeds.open(streamId);
        const producer = await videoOf(feed);
        const { room } = feed;
        const offer = takeOffer(sdp, producer.consumableRtpParameters.codecs[0]!);
        branch = await room.branch(producer, offer.codec);
        const transport = await branch.createTransport('whep');
        const consumer = await show(transport, branch.producer, offer);
        const rights = watchRights(context, seat, again, () => session.close());
        const closed = (): void => {
          clearInterval(rights);
          free();
        };
        const { sessionId } = seat;
        const session = peers.add({ secret: caller.userId, sessionId, transport, sdp, closed });
        const shown = feed;
        // Another video is another negotiation: the player comes again.
        shown.onChange(() => {
          if (shown.producer !== producer || shown.room !== room) session.close();
        });
        consumer.observer.once('close', session.close);
        transport.on('dtlsstatechange', (state) => {
          if (state === 'connected') shown.ready();
        });
        return {
          id: session.id,
          etag: session.etag,
          answer: writePlayerAnswer(offer, transport, consumer.rtpParameters),
          iceServers: iceServers(config.webrtc, caller.userId, clock.now()),
        };
      } catch (error) {
        free();
        throw error;
      }
    },
    patch: peers.patch,
    close: peers.close,
    size: peers.size,
  };
}

function videoOf(feed: Feed): Promise<types.Producer> {
  return new Promise((resolve, reject) => {
    const look = (timeIsUp = false): void => {
      const { producer, reason } = feed;
      if (producer === null && !timeIsUp && !SETTLED.has(reason ?? '')) return;
      clearTimeout(timer);
      stop();
      if (producer) resolve(producer);
      else reject(new ApiError('stream-not-live', { retryAfter: RETRY_S, details: { reason } }));
    };
    const timer = setTimeout(() => look(true), START_MS);
    const stop = feed.onChange(() => look());
    look();
  });
}

function takeOffer(sdp: string, shown: types.RtpCodecParameters): PlayerOffer {
  try {
    return readPlayerOffer(sdp, shown);
  } catch (error) {
    if (error instanceof OfferError) throw new ApiError(error.code, { message: error.message });
    throw error;
  }
}

/** What the media worker refuses was wrong in the offer. */
async function show(
  transport: types.WebRtcTransport,
  producer: types.Producer,
  { dtlsParameters, rtpCapabilities, mid }: PlayerOffer,
): Promise<types.Consumer> {
  try {
    await transport.connect({ dtlsParameters });
    return await transport.consume({ producerId: producer.id, rtpCapabilities, mid });
  } catch (cause) {
    throw new ApiError('sdp-invalid', { cause, message: (cause as Error).message });
  }
}

/** Sessions close, tokens expire, keys are revoked, courses change hands. */
function watchRights(
  context: AppContext,
  { streamId }: Seat,
  again: () => Promise<Caller>,
  over: () => void,
): NodeJS.Timeout {
  return setInterval(async () => {
    try {
      await reachStream(context, await again(), streamId);
    } catch (error) {
      // The database may be away for a moment; the right was there.
      if (error instanceof ApiError && error.status < 500) over();
    }
  }, RIGHTS_MS);
}
