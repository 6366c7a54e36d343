import type { types } from 'mediasoup';
import type { Logger } from 'pino';
import type { Room, RtpFeed } from './sfu/room.ts';
import type { PipelineSupervisor } from './supervisor.ts';

/** What is published now, by stream: brings each publisher's packets into the pipeline. */
export interface Publications {
  /**
   * The stream is fed from this producer until that closes. A newer publisher of the same stream takes the older one's
   * place, whose `replaced` is called.
   */
  add(publication: { streamId: string; room: Room; producer: types.Producer; replaced(): void }): void;
  isLive(streamId: string): boolean;
  /** Streams that are published now. */
  live(): string[];
  /** Sends the publisher of a stream away, if there is one. */
  end(streamId: string): void;
}

interface Held {
  room: Room;
  producer: types.Producer;
  feed: RtpFeed | null;
  replaced(): void;
}

export function createPublications(supervisor: PipelineSupervisor, log: Logger): Publications {
  const byStream = new Map<string, Held>();

  supervisor.events.on('rtp', ({ streamId, rtpPort, rtcpPort }) => {
    const held = byStream.get(streamId);
    if (!held) return;
    held.feed?.close();
    held.feed = null;
    held.room.feed(held.producer, { rtpPort, rtcpPort }).then(
      (feed) => {
        // Replaced or gone meanwhile, or the decoder has moved on to other ports.
        if (byStream.get(streamId) !== held || held.feed !== null) feed.close();
        else held.feed = feed;
      },
      (error: unknown) => {
        if (!held.producer.closed) log.warn({ err: error, streamId }, 'a stream could not be forwarded');
      },
    );
  });
  supervisor.events.on('key-frame', ({ streamId }) => byStream.get(streamId)?.feed?.requestKeyFrame());

  function end(streamId: string, held: Held): void {
    if (byStream.get(streamId) !== held) return;
    byStream.delete(streamId);
    held.feed?.close();
    supervisor.setSource(streamId, { kind: 'webrtc', codec: null });
  }

  return {
    add({ streamId, room, producer, replaced }) {
      const before = byStream.get(streamId);
      const held: Held = { room, producer, feed: null, replaced };
      byStream.set(streamId, held);
      before?.feed?.close();
      before?.replaced();
      producer.observer.once('close', () => end(streamId, held));
      supervisor.setSource(streamId, { kind: 'webrtc', codec: room.codecOf(producer) });
    },
    isLive: (streamId) => byStream.has(streamId),
    live: () => [...byStream.keys()],
    end: (streamId) => byStream.get(streamId)?.replaced(),
  };
}
