import type { types } from 'mediasoup';

/** What the media workers carry now. */
export interface Census {
  transports: { webrtc: number; plain: number; pipe: number };
  /** UDP ports on loopback, held by transports to and from processes of this machine. */
  loopbackPorts: number;
  /** Videos that come in over WebRTC. */
  publishers: number;
  /** Videos that go out over WebRTC. */
  viewers: number;
}

/** bit/s over all WebRTC transports, and over those to and from processes of this machine. */
export interface Bitrates {
  webrtc: { in: number; out: number };
  local: { in: number; out: number };
}

export interface Counter {
  /** Counts everything that is made on this worker from now on. */
  watch(worker: types.Worker): void;
  census(): Census;
  /** Asks every transport; one that ends meanwhile counts nothing. */
  bitrates(): Promise<Bitrates>;
}

/** Counts by what the media library itself announces, so that nothing that is made is forgotten. */
export function createCounter(): Counter {
  const transports = new Map<types.Transport, { producers: number; consumers: number }>();

  function watch(worker: types.Worker): void {
    worker.observer.on('newrouter', (router) => router.observer.on('newtransport', add));
  }

  function add(transport: types.Transport): void {
    const held = { producers: 0, consumers: 0 };
    transports.set(transport, held);
    transport.observer.once('close', () => transports.delete(transport));
    transport.observer.on('newproducer', (producer) => {
      held.producers++;
      producer.observer.once('close', () => held.producers--);
    });
    transport.observer.on('newconsumer', (consumer) => {
      held.consumers++;
      consumer.observer.once('close', () => held.consumers--);
    });
  }

  return {
    watch,
    census() {
      const found: Census = {
        transports: { webrtc: 0, plain: 0, pipe: 0 },
        loopbackPorts: 0,
        publishers: 0,
        viewers: 0,
      };
      for (const [transport, { producers, consumers }] of transports) {
        if (transport.type === 'webrtc') {
          found.transports.webrtc++;
          found.publishers += producers;
          found.viewers += consumers;
        } else if (transport.type === 'plain') {
          found.transports.plain++;
          found.loopbackPorts += (transport as types.PlainTransport).rtcpTuple ? 2 : 1;
        } else if (transport.type === 'pipe') {
          found.transports.pipe++;
          found.loopbackPorts++;
        }
      }
      return found;
    },
    async bitrates() {
      const found: Bitrates = { webrtc: { in: 0, out: 0 }, local: { in: 0, out: 0 } };
      await Promise.all(
        [...transports.keys()].map(async (transport) => {
          const [stats] = (await transport.getStats().catch(() => [])) as types.BaseTransportStats[];
          const part = transport.type === 'webrtc' ? found.webrtc : found.local;
          part.in += stats?.recvBitrate ?? 0;
          part.out += stats?.sendBitrate ?? 0;
        }),
      );
      return found;
    },
  };
}
