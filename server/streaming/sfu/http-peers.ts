import { createHash, timingSafeEqual } from 'node:crypto';
import type { types } from 'mediasoup';
import { newId } from '../../db/ids.ts';
import { ApiError, type ErrorCode } from '../../errors.ts';
import type { Sfu } from './sfu.ts';

/** Encoders and players that came by HTTP (WHIP, RFC 9725, and WHEP) and are spoken to by HTTP only. */
export interface HttpPeers {
  add(peer: NewPeer): Session;
  /**
   * An SDP fragment of the peer. Candidates need no answer, for the media worker learns addresses from the packets:
   * null. ICE parameters of its own, from a peer whose network changed, are answered with new ones of ours. Throws the
   * code of what is not found, `ice-session-unnamed`, `ice-session-over`, `sdp-invalid`.
   */
  patch(id: string, secret: string, ifMatch: string | undefined, fragment: string): Promise<Restarted | null>;
  /** Throws the code of what is not found. */
  close(id: string, secret: string): void;
  size(): number;
}

export interface NewPeer {
  sessionId: string;
  /** Only who knows it may change or end it. */
  secret: string;
  transport: types.WebRtcTransport;
  /** The peer's description: its ICE user fragment tells candidates from a restart. */
  sdp: string;
  /** Called once, at whichever end comes first. */
  closed(): void;
}

export interface Session {
  /** Names it in its address. */
  id: string;
  /** Of the ICE session, quoted. */
  etag: string;
  close(): void;
}

export interface Restarted {
  fragment: string;
  etag: string;
}

interface Held extends Session {
  sessionId: string;
  secret: Buffer;
  transport: types.WebRtcTransport;
  ufrag: string | null;
}

const DEFAULT_TIMINGS = {
  /** A peer that has not sent anything by then will not. */
  connectMs: 15_000,
  /** How long one may be out of reach before it is given up: it may restart ICE from another network. */
  awayMs: 15_000,
};

export function createHttpPeers(
  sfu: Pick<Sfu, 'events'>,
  unknown: ErrorCode,
  timings: Partial<typeof DEFAULT_TIMINGS> = {},
): HttpPeers {
  const { connectMs, awayMs } = { ...DEFAULT_TIMINGS, ...timings };
  const peers = new Map<string, Held>();

  sfu.events.on('lost', (sessionIds) => {
    for (const peer of [...peers.values()]) if (sessionIds.includes(peer.sessionId)) peer.close();
  });

  function find(id: string, secret: string): Held {
    const peer = peers.get(id);
    if (!peer || !timingSafeEqual(peer.secret, digest(secret))) throw new ApiError(unknown);
    return peer;
  }

  return {
    add({ secret, sessionId, transport, sdp, closed }) {
      const id = newId();
      const held: Held = {
        ...{ id, sessionId, transport },
        secret: digest(secret),
        etag: newEtag(),
        ufrag: ufragOf(sdp),
        close() {
          if (!peers.delete(id)) return;
          clearTimeout(patience);
          transport.close();
          closed();
        },
      };
      let patience = setTimeout(held.close, connectMs);
      peers.set(id, held);
      transport.on('dtlsstatechange', (state) => {
        if (state === 'failed' || state === 'closed') held.close();
        else if (state === 'connected') clearTimeout(patience);
      });
      transport.on('icestatechange', (state) => {
        if (state === 'closed') return;
        clearTimeout(patience);
        if (state === 'disconnected') patience = setTimeout(held.close, awayMs);
        else if (transport.dtlsState !== 'connected') patience = setTimeout(held.close, connectMs);
      });
      transport.observer.once('close', held.close);
      return held;
    },
    async patch(id, secret, ifMatch, fragment) {
      const peer = find(id, secret);
      if (ifMatch === undefined) throw new ApiError('ice-session-unnamed');
      if (ifMatch !== '*' && ifMatch !== peer.etag) throw new ApiError('ice-session-over');
      if (!/^[a-z]=[^\r\n]*(\r?\n|$)/.test(fragment)) throw new ApiError('sdp-invalid');
      const ufrag = ufragOf(fragment);
      if (ufrag === null || ufrag === peer.ufrag) return null;
      const { usernameFragment, password } = await peer.transport.restartIce();
      peer.ufrag = ufrag;
      peer.etag = newEtag();
      const lines = ['a=ice-lite', `a=ice-ufrag:${usernameFragment}`, `a=ice-pwd:${password}`, ''];
      return { fragment: lines.join('\r\n'), etag: peer.etag };
    },
    close: (id, secret) => find(id, secret).close(),
    size: () => peers.size,
  };
}

const digest = (secret: string): Buffer => createHash('sha256').update(secret).digest();
const newEtag = (): string => `"${newId()}"`;
const ufragOf = (sdp: string): string | null => /^a=ice-ufrag:(\S+)/m.exec(sdp)?.[1] ?? null;
