import { EventEmitter } from 'node:events';
import type { Logger } from 'pino';
import type { Config } from '../../../config/index.ts';
import { ApiError } from '../../errors.ts';
import type { Bitrates, Census } from './census.ts';
import { createMediaWorkers } from './media-workers.ts';
import { createRoom, type Room } from './room.ts';

/** The selective forwarding unit: browsers' and encoders' video in, to the pipeline and to viewers out. */
export interface Sfu {
  readonly events: EventEmitter<{
    /** The media worker of these sessions died: every transport of theirs is gone. */
    lost: [sessionIds: string[]];
  }>;
  start(): Promise<void>;
  /** Why there is no WebRTC here; null where there is. */
  reason(): string | null;
  /**
   * The room of a session, made by the first who needs it and closed when the last has given it back. Throws
   * `webrtc-unavailable`.
   */
  enter(sessionId: string): Promise<Lease>;
  stats(): SfuStats;
  /** Asks the media workers. */
  bitrates(): Promise<Bitrates>;
  close(): Promise<void>;
}

export interface Lease {
  room: Room;
  /** Giving back twice does no harm. */
  leave(): void;
}

export interface SfuStats extends Census {
  /** That run, and that should. */
  workers: number;
  workersWanted: number;
  rooms: number;
  restarts: number;
  /** That browsers and encoders reach: one for UDP and TCP each of every worker. */
  publicPorts: number;
}

interface Held {
  room: Promise<Room>;
  worker: number;
  users: number;
}

export function createSfu(config: Config['webrtc'], log: Logger, pulseMs?: number): Sfu {
  const events: Sfu['events'] = new EventEmitter();
  // Every publisher and viewer listens.
  events.setMaxListeners(0);
  const workers = createMediaWorkers(config, log, pulseMs);
  const rooms = new Map<string, Held>();

  workers.events.on('died', ({ index }) => {
    const lost = [...rooms].filter(([, held]) => held.worker === index).map(([sessionId]) => sessionId);
    for (const sessionId of lost) rooms.delete(sessionId);
    events.emit('lost', lost);
  });

  function hold(sessionId: string): Held {
    const known = rooms.get(sessionId);
    if (known) return known;
    const media = workers.pick();
    if (!media)
      throw new ApiError('webrtc-unavailable', { details: { reason: workers.reason() ?? 'restarting' } });
    const held: Held = { room: createRoom(config, media, sessionId), worker: media.index, users: 0 };
    rooms.set(sessionId, held);
    return held;
  }

  return {
    events,
    start: () => workers.start(),
    reason: () => workers.reason(),
    async enter(sessionId) {
      const held = hold(sessionId);
      held.users++;
      let left = false;
      const leave = () => {
        if (left) return;
        left = true;
        held.users--;
        if (held.users > 0) return;
        if (rooms.get(sessionId) === held) rooms.delete(sessionId);
        void held.room.then(
          (room) => room.close(),
          () => undefined,
        );
      };
      try {
        return { room: await held.room, leave };
      } catch (cause) {
        leave();
        throw new ApiError('webrtc-unavailable', { cause });
      }
    },
    stats: () => ({
      workers: workers.list().length,
      workersWanted: config.enabled ? config.workers : 0,
      rooms: rooms.size,
      restarts: workers.restarts(),
      publicPorts: 2 * workers.list().length,
      ...workers.counter.census(),
    }),
    bitrates: () => workers.counter.bitrates(),
    close: () => workers.close(),
  };
}
