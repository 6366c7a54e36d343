import type { types } from 'mediasoup';
import type { Config } from '../../../config/index.ts';
import type { RtpCodec } from '../../../pipeline/messages.ts';
import { type HttpProtocol, PROTOCOL } from './census.ts';
import { MEDIA_CODECS } from './codecs.ts';
import type { MediaWorker } from './media-workers.ts';

/** What a browser needs to connect a transport; the names are those of mediasoup-client. */
export interface TransportParams {
  id: string;
  iceParameters: types.IceParameters;
  iceCandidates: types.IceCandidate[];
  dtlsParameters: types.DtlsParameters;
}

/** Where a decoder on this machine listens. */
export interface RtpPorts {
  rtpPort: number;
  rtcpPort: number;
}

/** A producer's way into a decoder on loopback. */
export interface RtpFeed {
  requestKeyFrame(): void;
  close(): void;
}

/** What one player is shown, apart from everybody else. */
export interface Branch {
  producer: types.Producer;
  createTransport(protocol: HttpProtocol): Promise<types.WebRtcTransport>;
  /** With its transport. */
  close(): void;
}

/** Everything of one session on one media worker. */
export interface Room {
  readonly sessionId: string;
  readonly router: types.Router;
  /** `protocol`: for a peer that came by HTTP. */
  createTransport(direction: 'in' | 'out', protocol?: HttpProtocol): Promise<types.WebRtcTransport>;
  /** How a decoder has to read what this producer sends. */
  codecOf(producer: types.Producer): RtpCodec;
  /** Sends a producer's packets to a decoder that listens already, beginning with a key frame. */
  feed(producer: types.Producer, ports: RtpPorts): Promise<RtpFeed>;
  /**
   * The producer once more on a router of its own, which numbers its codec as one player does: a player that says by SDP
   * what it calls things cannot be told otherwise.
   */
  branch(producer: types.Producer, codec: types.RouterRtpCodecCapability): Promise<Branch>;
  /** Takes RTP in from a process on this machine, which sends to the ports of the answer. */
  intake(): Promise<types.PlainTransport>;
  close(): void;
}

const LOOPBACK = { protocol: 'udp', ip: '127.0.0.1' } as const;

export async function createRoom(
  config: Config['webrtc'],
  media: MediaWorker,
  sessionId: string,
): Promise<Room> {
  // Before it is there: the next room looks for the worker with the fewest.
  media.rooms++;
  const router = await media.worker.createRouter({ mediaCodecs: MEDIA_CODECS }).catch((error: unknown) => {
    media.rooms--;
    throw error;
  });
  const branches = new Set<types.Router>();
  let closed = false;

  const openTransport = (on: types.Router, protocol?: HttpProtocol): Promise<types.WebRtcTransport> =>
    on.createWebRtcTransport({
      appData: protocol ? { [PROTOCOL]: protocol } : {},
      webRtcServer: media.webRtcServer,
      enableUdp: true,
      enableTcp: true,
      preferUdp: true,
      initialAvailableOutgoingBitrate: 1_000_000,
      // A peer that is silent for so long is gone; it comes again with a transport of its own.
      iceConsentTimeout: 15,
    });

  return {
    sessionId,
    router,
    async createTransport(direction, protocol) {
      const transport = await openTransport(router, protocol);
      if (direction === 'in') await transport.setMaxIncomingBitrate(config.maxKbps * 1000);
      return transport;
    },
    codecOf(producer) {
      const codec = producer.consumableRtpParameters.codecs[0]!;
      return {
        mimeType: codec.mimeType,
        payloadType: codec.payloadType,
        clockRate: codec.clockRate,
        parameters: { ...codec.parameters } as RtpCodec['parameters'],
      };
    },
    async feed(producer, { rtpPort, rtcpPort }) {
      const plain = await router.createPlainTransport({
        listenInfo: LOOPBACK,
        rtcpMux: false,
        comedia: false,
      });
      try {
        await plain.connect({ ip: LOOPBACK.ip, port: rtpPort, rtcpPort });
        const consumer = await plain.consume({
          producerId: producer.id,
          rtpCapabilities: router.rtpCapabilities,
          paused: true,
        });
        await consumer.resume();
        await consumer.requestKeyFrame();
        return {
          requestKeyFrame: () => void consumer.requestKeyFrame().catch(() => undefined),
          close: () => plain.close(),
        };
      } catch (error) {
        plain.close();
        throw error;
      }
    },
    async branch(producer, codec) {
      const own = await media.worker.createRouter({ mediaCodecs: [codec] });
      branches.add(own);
      own.observer.once('close', () => branches.delete(own));
      try {
        const { pipeProducer } = await router.pipeToRouter({
          ...{ producerId: producer.id, router: own, listenInfo: LOOPBACK, enableSctp: false },
          // Ids are a worker's, and both routers are on one.
          keepId: false,
        });
        return {
          producer: pipeProducer!,
          createTransport: (protocol) => openTransport(own, protocol),
          close: () => own.close(),
        };
      } catch (error) {
        own.close();
        throw error;
      }
    },
    intake: () => router.createPlainTransport({ listenInfo: LOOPBACK, rtcpMux: false, comedia: true }),
    close() {
      if (closed) return;
      closed = true;
      media.rooms--;
      for (const one of [...branches]) one.close();
      router.close();
    },
  };
}

export function transportParams(transport: types.WebRtcTransport): TransportParams {
  const { id, iceParameters, iceCandidates, dtlsParameters } = transport;
  return { id, iceParameters, iceCandidates, dtlsParameters };
}
