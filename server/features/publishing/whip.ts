import type { types } from 'mediasoup';
import type { AppContext } from '../../context.ts';
import { newId } from '../../db/ids.ts';
import { ApiError } from '../../errors.ts';
import { OfferError, readOffer, writeAnswer } from '../../streaming/sfu/sdp-offer.ts';
import type { Lease } from '../../streaming/sfu/sfu.ts';
import { redeem } from './service.ts';

/** One encoder that publishes over WHIP (RFC 9725). */
interface Resource {
  /** Its address is all that names it: as hard to guess as a token. */
  id: string;
  token: string;
  sessionId: string;
  transport: types.WebRtcTransport;
  /** The encoder's own; another one asks for a restart of ICE. */
  ufrag: string | null;
  close(): void;
}

export interface Whip {
  /** Throws what `redeem` throws, and `sdp-…`. */
  open(token: string, sdp: string): Promise<{ id: string; answer: string }>;
  /**
   * An SDP fragment of the encoder. One with candidates needs no answer: null. One with ICE parameters of its own, from
   * an encoder whose network changed, is answered with new ones of ours. Throws `publisher-not-found`.
   */
  patch(id: string, token: string, fragment: string): Promise<string | null>;
  /** Throws `publisher-not-found`. */
  close(id: string, token: string): void;
  size(): number;
}

export function createWhip(context: AppContext): Whip {
  const { sfu, publications } = context;
  const resources = new Map<string, Resource>();

  sfu.events.on('lost', (sessionIds) => {
    for (const resource of resources.values()) if (sessionIds.includes(resource.sessionId)) resource.close();
  });

  function find(id: string, token: string): Resource {
    const resource = resources.get(id);
    if (!resource || resource.token !== token) throw new ApiError('publisher-not-found');
    return resource;
  }

  return {
    async open(token, sdp) {
      const grant = await redeem(context, token);
      let lease: Lease | null = null;
      let transport: types.WebRtcTransport | null = null;
      try {
        lease = await sfu.enter(grant.sessionId);
        const { room } = lease;
        const offer = readOffer(sdp, room.router.rtpCapabilities);
        transport = await room.createTransport('in');
        await transport.connect({ dtlsParameters: offer.video.dtlsParameters });
        const producer = await transport.produce({ kind: 'video', rtpParameters: offer.video.rtpParameters });
        const id = newId();
        const held: Resource = {
          id,
          token,
          sessionId: grant.sessionId,
          transport,
          ufrag: /^a=ice-ufrag:(\S+)/m.exec(sdp)?.[1] ?? null,
          close: () => {
            if (!resources.delete(id)) return;
            producer.close();
            held.transport.close();
            lease?.leave();
          },
        };
        resources.set(id, held);
        transport.once('dtlsstatechange', (state) => {
          if (state === 'failed' || state === 'closed') held.close();
        });
        transport.on('icestatechange', (state) => {
          if (state === 'disconnected') held.close();
        });
        publications.add({ streamId: grant.streamId, room, producer, replaced: held.close });
        return { id, answer: writeAnswer(offer, transport, room.router.rtpCapabilities) };
      } catch (error) {
        transport?.close();
        lease?.leave();
        if (error instanceof OfferError) throw new ApiError(error.code, { message: error.message });
        if (error instanceof ApiError) throw error;
        throw new ApiError('sdp-invalid', { cause: error, message: (error as Error).message });
      }
    },
    async patch(id, token, fragment) {
      const resource = find(id, token);
      const ufrag = /^a=ice-ufrag:(\S+)/m.exec(fragment)?.[1];
      if (ufrag === undefined || ufrag === resource.ufrag) return null;
      resource.ufrag = ufrag;
      const { usernameFragment, password } = await resource.transport.restartIce();
      return `a=ice-ufrag:${usernameFragment}\r\na=ice-pwd:${password}\r\n`;
    },
    close: (id, token) => find(id, token).close(),
    size: () => resources.size,
  };
}
