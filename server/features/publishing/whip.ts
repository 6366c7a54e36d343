import type { types } from 'mediasoup';
import type { AppContext } from '../../context.ts';
import { ApiError } from '../../errors.ts';
import { createHttpPeers, type HttpPeers, type Session } from '../../streaming/sfu/http-peers.ts';
import { type Offer, OfferError, readOffer, writeAnswer } from '../../streaming/sfu/sdp-offer.ts';
import type { Lease } from '../../streaming/sfu/sfu.ts';
import { type IceServer, iceServers } from '../../streaming/sfu/turn.ts';
import { readGrant, redeem } from './service.ts';

/** Encoders that publish over WHIP (RFC 9725), each by one session of its own. */
export interface Whip extends Pick<HttpPeers, 'patch' | 'close' | 'size'> {
  /** A token is used up by an offer that is taken, not by one that is refused. Throws what `redeem` throws, and `sdp-…`. */
  open(token: string, sdp: string): Promise<Opened>;
}

export interface Opened {
  id: string;
  etag: string;
  answer: string;
  iceServers: IceServer[];
}

export function createWhip(context: AppContext): Whip {
  const { sfu, publications, config, clock } = context;
  const peers = createHttpPeers(sfu, 'publisher-not-found');

  return {
    async open(token, sdp) {
      const grant = await readGrant(context, token);
      const { sessionId, streamId } = grant;
      let lease: Lease | null = null;
      let transport: types.WebRtcTransport | null = null;
      let session: Session | null = null;
      try {
        lease = await sfu.enter(sessionId);
        const { room } = lease;
        const { leave } = lease;
        const offer = takeOffer(sdp, room.router.rtpCapabilities);
        transport = await room.createTransport('in', 'whip');
        const producer = await takeVideo(transport, offer);
        await redeem(context, token);
        session = peers.add({ secret: token, sessionId, transport, sdp, closed: leave });
        publications.add({ streamId, room, producer, replaced: session.close });
        return {
          id: session.id,
          etag: session.etag,
          answer: writeAnswer(offer, transport, room.router.rtpCapabilities),
          iceServers: iceServers(config.webrtc, streamId, clock.now()),
        };
      } catch (error) {
        session?.close();
        transport?.close();
        lease?.leave();
        throw error;
      }
    },
    patch: peers.patch,
    close: peers.close,
    size: peers.size,
  };
}

function takeOffer(sdp: string, capabilities: types.RtpCapabilities): Offer {
  try {
    return readOffer(sdp, capabilities);
  } catch (error) {
    if (error instanceof OfferError) throw new ApiError(error.code, { message: error.message });
    throw error;
  }
}

/** What the media worker refuses was wrong in the offer. */
async function takeVideo(transport: types.WebRtcTransport, { video }: Offer): Promise<types.Producer> {
  try {
    await transport.connect({ dtlsParameters: video.dtlsParameters });
    return await transport.produce({ kind: 'video', rtpParameters: video.rtpParameters });
  } catch (cause) {
    throw new ApiError('sdp-invalid', { cause, message: (cause as Error).message });
  }
}
