import { Gauge, type Registry } from 'prom-client';
import type { AppContext } from '../context.ts';
import { splitCounter, totalCounter } from './metric-counter.ts';

/** Figures of WebRTC: what the media workers carry, which ports they hold, who publishes and who watches. */
export function measureWebRtc(context: AppContext, registry: Registry): void {
  const { sfu, publications } = context;
  const registers = [registry];
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name: `yoklama_webrtc_${name}`,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  const split = (name: string, help: string, label: string, read: () => Record<string, number>) =>
    new Gauge({
      name: `yoklama_webrtc_${name}`,
      help,
      labelNames: [label],
      registers,
      collect() {
        for (const [key, value] of Object.entries(read())) this.set({ [label]: key }, value);
      },
    });

  gauge('workers', 'Media workers that should run; 0 where WebRTC is off.', () => sfu.stats().workersWanted);
  gauge('workers_ready', 'Media workers that run.', () => sfu.stats().workers);
  gauge('rooms', 'Sessions that media workers hold.', () => sfu.stats().rooms);
  gauge('publishers', 'Videos that come in over WebRTC.', () => sfu.stats().publishers);
  gauge('viewers', 'Videos that go out over WebRTC.', () => sfu.stats().viewers);
  gauge('publishers_most', 'Publishers that each institution may have at the same time.', () => {
    return context.config.webrtc.maxPublishers;
  });
  split('http_sessions', 'Encoders and players that came by HTTP, by their standard.', 'protocol', () => {
    const { whip, whep } = sfu.stats().http;
    return { whip: whip.now, whep: whep.now };
  });
  split('transports', 'Transports of the media workers.', 'kind', () => sfu.stats().transports);
  split('ports', 'Ports that media workers hold, outside and on loopback.', 'use', () => {
    const { publicPorts, loopbackPorts } = sfu.stats();
    return { public: publicPorts, loopback: loopbackPorts };
  });
  new Gauge({
    name: 'yoklama_webrtc_bits_per_second',
    help: 'What comes in and goes out: over WebRTC, and between media workers and this machine’s decoders.',
    labelNames: ['side', 'direction'] as const,
    registers,
    async collect() {
      const rates = await sfu.bitrates();
      for (const side of ['webrtc', 'local'] as const) {
        this.set({ side, direction: 'in' }, rates[side].in);
        this.set({ side, direction: 'out' }, rates[side].out);
      }
    },
  });

  const counter = (name: string, help: string, read: () => number) =>
    totalCounter(registry, `yoklama_webrtc_${name}_total`, help, read);
  counter('worker_restarts', 'Media workers that had to be started again.', () => sfu.stats().restarts);
  counter(
    'publishers_refused',
    'Publishers refused because their institution had as many as it may.',
    () => publications.stats().refused,
  );
  splitCounter(
    registry,
    'yoklama_webrtc_http_sessions_total',
    'Encoders and players that have come by HTTP and were taken.',
    'protocol',
    () => {
      const { whip, whep } = sfu.stats().http;
      return { whip: whip.ever, whep: whep.ever };
    },
  );
  splitCounter(
    registry,
    'yoklama_webrtc_publishers_sent_away_total',
    'Publishers that had to go, by reason.',
    'reason',
    () => publications.stats().sentAway,
  );
}
