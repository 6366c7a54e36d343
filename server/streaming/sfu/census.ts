import type { types } from 'mediasoup';

/** Standards of peers that are spoken to by HTTP; whoever makes a transport for one says so in its `appData`. */
export type HttpProtocol = 'whip' | 'whep';
export const PROTOCOL = 'protocol';

/** What the media workers carry now. */
export interface Census {
  transports: { webrtc: number; plain: number; pipe: number };
  /** UDP ports on loopback, held by transports to and from processes of this machine. */
  loopbackPorts: number;
  /** Videos that come in over WebRTC. */
  publishers: number;
  /** Videos that go out over WebRTC. */
  viewers: number;
  /** Of the above, those that came by HTTP: now, and since the start. */
  http: Record<HttpProtocol, { now: number; ever: number }>;
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
  const ever: Record<HttpProtocol, number> = { whip: 0, whep: 0 };

  function watch(worker: types.Worker): void {
    worker.observer.on('newrouter', (router) => router.observer.on('newtransport', add));
  }

  function add(transport: types.Transport): void {
    const held = { producers: 0, consumers: 0 };
    transports.set(transport, held);
    transport.observer.once('close', () => transports.delete(transport));
    const protocol = protocolOf(transport);
    const carries = (): void => {
      if (protocol && held.producers + held.consumers === 1) ever[protocol]++;
    };
    transport.observer.on('newproducer', (producer) => {
      held.producers++;
      carries();
      producer.observer.once('close', () => held.producers--);
    });
    transport.observer.on('newconsumer', (consumer) => {
      held.consumers++;
      carries();
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
        http: { whip: { now: 0, ever: ever.whip }, whep: { now: 0, ever: ever.whep } },
      };
      for (const [transport, { producers, consumers }] of transports) {
        if (transport.type === 'webrtc') {
          found.transports.webrtc++;
          found.publishers += producers;
          found.viewers += consumers;
          const protocol = protocolOf(transport);
          if (protocol && producers + consumers > 0) found.http[protocol].now++;
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

function protocolOf({ appData }: types.Transport): HttpProtocol | null {
  const said = appData[PROTOCOL];
  return said === 'whip' || said === 'whep' ? said : null;
}
