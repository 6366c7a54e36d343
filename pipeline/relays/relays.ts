import type { FromWorker, RelaySpec } from '../messages.ts';
import { type Relay, type RelayOptions, startRelay } from './relay.ts';

/** The relays of one worker, and what is told of them. */
export interface Relays {
  start(spec: RelaySpec): void;
  stop(relayId: string): void;
  close(): Promise<void>;
}

export function createRelays(
  options: Pick<RelayOptions, 'cameras' | 'ffmpeg'>,
  send: (message: FromWorker) => void,
): Relays {
  const running = new Map<string, Relay>();
  const stopping = new Set<Promise<void>>();

  function stop(relayId: string): void {
    const relay = running.get(relayId);
    if (!relay) return;
    running.delete(relayId);
    const done = relay.stop().finally(() => stopping.delete(done));
    stopping.add(done);
  }

  return {
    start(spec) {
      const { relayId } = spec;
      stop(relayId);
      const relay = startRelay(spec, {
        ...options,
        onDescribed: ({ codec, profile }) => send({ type: 'relay:described', relayId, codec, profile }),
        onEnded({ reason, detail }) {
          if (running.get(relayId) === relay) running.delete(relayId);
          send({ type: 'relay:ended', relayId, reason, detail });
        },
      });
      running.set(relayId, relay);
    },
    stop,
    async close() {
      for (const relayId of [...running.keys()]) stop(relayId);
      await Promise.all(stopping);
    },
  };
}
