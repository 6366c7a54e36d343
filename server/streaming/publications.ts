import { EventEmitter } from 'node:events';
import type { types } from 'mediasoup';
import type { Logger } from 'pino';
import type { Config } from '../../config/index.ts';
import type { PushedPicture } from '../../pipeline/messages.ts';
import type { Room, RtpFeed } from './sfu/room.ts';
import type { PipelineSupervisor } from './supervisor.ts';

/**
 * Why a publisher has to go: a newer one took its place, somebody sent it away, nothing came from it, or far more than
 * it may send.
 */
export type SentAway = 'replaced' | 'removed' | 'silent' | 'too-much';

/** What is published now, by stream: brings each publisher's packets into the pipeline. */
export interface Publications {
  readonly events: EventEmitter<{
    /** A stream has a publisher now, another one, or none any more. */
    change: [streamId: string];
  }>;
  /**
   * Takes one of the institution's places for the stream's publisher, for the time that connecting takes; from `add` on
   * until it ends. False: all are taken. A stream that has one keeps it.
   */
  claim(tenantId: string, streamId: string): boolean;
  /** Gives back a place that was claimed and not used. */
  unclaim(streamId: string): void;
  /**
   * The stream is fed from this producer until that closes. A newer publisher of the same stream takes the older one's
   * place. `replaced` is called once when the publisher has to go, see `SentAway`.
   */
  add(publication: {
    streamId: string;
    room: Room;
    producer: types.Producer;
    replaced(why: SentAway): void;
  }): void;
  /**
   * The stream is fed from pictures that `put` gets, under the same rules; `taken` is called when one was looked at or
   * refused.
   */
  addPictures(publication: {
    streamId: string;
    taken(ok: boolean): void;
    replaced(why: SentAway): void;
  }): PicturesFeed;
  /** Whose video a stream is now; null: nobody publishes, or pictures only. */
  find(streamId: string): { room: Room; producer: types.Producer } | null;
  isLive(streamId: string): boolean;
  /** Streams that are published now. */
  live(): string[];
  /** Sends the publisher of a stream away, if there is one. */
  end(streamId: string): void;
  /** Publishers refused because the institution's places were taken, and those sent away by reason, since the start. */
  stats(): { refused: number; sentAway: Record<SentAway, number> };
  close(): void;
}

export interface PicturesFeed {
  /** False: there is no worker for it now. */
  put(picture: PushedPicture): boolean;
  close(): void;
}

export interface PublicationLimits {
  /** How long a claimed place waits for its publisher. */
  connectMs: number;
  /** A publisher of which nothing came for so long is gone, whatever its connection says. */
  silentMs: number;
  checkMs: number;
}

const LIMITS: PublicationLimits = { connectMs: 60_000, silentMs: 45_000, checkMs: 5000 };
/** So much more than allowed, in two checks one after the other, is no peak any more. */
const TOO_MUCH = 4;

interface Held {
  /** Null: pictures. */
  media: { room: Room; producer: types.Producer } | null;
  taken(ok: boolean): void;
  feed: RtpFeed | null;
  /** The decoder's latest ports: what is made for earlier ones is of no use. */
  run: number;
  bytes: number;
  checkedAt: number;
  heardAt: number;
  excesses: number;
  replaced(why: SentAway): void;
}

export function createPublications(
  supervisor: PipelineSupervisor,
  config: Config['webrtc'],
  log: Logger,
  limits: PublicationLimits = LIMITS,
): Publications {
  const events: Publications['events'] = new EventEmitter();
  events.setMaxListeners(0);
  const byStream = new Map<string, Held>();
  const places = new Map<string, { tenantId: string; until: number; claims: number }>();
  const sentAway: Record<SentAway, number> = { replaced: 0, removed: 0, silent: 0, 'too-much': 0 };
  let refused = 0;

  supervisor.events.on('rtp', ({ streamId, rtpPort, rtcpPort }) => {
    const held = byStream.get(streamId);
    if (!held?.media) return;
    const { room, producer } = held.media;
    const run = ++held.run;
    held.feed?.close();
    held.feed = null;
    room.feed(producer, { rtpPort, rtcpPort }).then(
      (feed) => {
        // Replaced or gone meanwhile, or the decoder has moved on to other ports.
        if (byStream.get(streamId) !== held || held.run !== run) feed.close();
        else held.feed = feed;
      },
      (error: unknown) => {
        if (!producer.closed) log.warn({ err: error, streamId }, 'a stream could not be forwarded');
      },
    );
  });
  supervisor.events.on('key-frame', ({ streamId }) => byStream.get(streamId)?.feed?.requestKeyFrame());
  supervisor.events.on('picture-taken', ({ streamId, ok }) => byStream.get(streamId)?.taken(ok));
  const checks = setInterval(() => void check(), limits.checkMs);
  checks.unref();

  function end(streamId: string, held: Held): void {
    if (byStream.get(streamId) !== held) return;
    byStream.delete(streamId);
    places.delete(streamId);
    held.feed?.close();
    supervisor.setSource(streamId, { kind: 'webrtc', codec: null });
    events.emit('change', streamId);
  }

  function sendAway(streamId: string, held: Held, why: SentAway): void {
    sentAway[why]++;
    if (why !== 'removed') log.info({ streamId, why }, 'a publisher was sent away');
    held.replaced(why);
  }

  async function check(): Promise<void> {
    const seen = await Promise.all(
      [...byStream].flatMap(([streamId, held]) =>
        held.media ? [measure(streamId, held, held.media.producer)] : [],
      ),
    );
    const now = performance.now();
    for (const { streamId, held, producer, stats } of seen) {
      if (byStream.get(streamId) !== held || producer.closed) continue;
      const bytes = stats.reduce((sum, { byteCount }) => sum + byteCount, 0);
      // By the time that passed indeed: a server that stood still must not take it out on its publishers.
      const kbps = ((bytes - held.bytes) * 8) / Math.max(limits.checkMs, now - held.checkedAt);
      held.checkedAt = now;
      held.excesses = kbps > TOO_MUCH * config.maxKbps ? held.excesses + 1 : 0;
      if (bytes !== held.bytes) held.heardAt = now;
      held.bytes = bytes;
      if (held.excesses >= 2) sendAway(streamId, held, 'too-much');
      else if (now - held.heardAt > limits.silentMs) sendAway(streamId, held, 'silent');
    }
  }

  async function measure(streamId: string, held: Held, producer: types.Producer) {
    return { streamId, held, producer, stats: await producer.getStats().catch(() => []) };
  }

  function hold(streamId: string, held: Held): void {
    const before = byStream.get(streamId);
    byStream.set(streamId, held);
    const place = places.get(streamId);
    if (place) place.until = Number.POSITIVE_INFINITY;
    before?.feed?.close();
    if (before) sendAway(streamId, before, 'replaced');
  }

  /** Places of an institution that are taken by others than this stream. */
  function taken(tenantId: string, except: string): number {
    const now = performance.now();
    let count = 0;
    for (const [streamId, place] of places) {
      if (place.until < now) places.delete(streamId);
      else if (place.tenantId === tenantId && streamId !== except) count++;
    }
    return count;
  }

  return {
    events,
    claim(tenantId, streamId) {
      const until = byStream.has(streamId) ? Number.POSITIVE_INFINITY : performance.now() + limits.connectMs;
      if (taken(tenantId, streamId) >= config.maxPublishers) {
        refused++;
        return false;
      }
      places.set(streamId, { tenantId, until, claims: (places.get(streamId)?.claims ?? 0) + 1 });
      return true;
    },
    unclaim(streamId) {
      const place = places.get(streamId);
      if (place && --place.claims <= 0 && !byStream.has(streamId)) places.delete(streamId);
    },
    add({ streamId, room, producer, replaced }) {
      // It ended on the way here; nothing would tell of its end again.
      if (producer.closed) return;
      const held = newHeld({ media: { room, producer }, taken: () => undefined, replaced });
      hold(streamId, held);
      producer.observer.once('close', () => end(streamId, held));
      supervisor.setSource(streamId, { kind: 'webrtc', codec: room.codecOf(producer) });
      events.emit('change', streamId);
    },
    addPictures({ streamId, taken, replaced }) {
      const held = newHeld({ media: null, taken, replaced });
      hold(streamId, held);
      supervisor.setSource(streamId, { kind: 'pictures' });
      events.emit('change', streamId);
      return {
        put: (picture) => byStream.get(streamId) === held && supervisor.picture(streamId, picture),
        close: () => end(streamId, held),
      };
    },
    find: (streamId) => byStream.get(streamId)?.media ?? null,
    isLive: (streamId) => byStream.has(streamId),
    live: () => [...byStream.keys()],
    end(streamId) {
      const held = byStream.get(streamId);
      if (held) sendAway(streamId, held, 'removed');
    },
    stats: () => ({ refused, sentAway: { ...sentAway } }),
    close: () => clearInterval(checks),
  };
}

function newHeld(given: Pick<Held, 'media' | 'taken' | 'replaced'>): Held {
  const now = performance.now();
  return { ...given, feed: null, run: 0, bytes: 0, checkedAt: now, heardAt: now, excesses: 0 };
}
