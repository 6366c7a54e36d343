import type { types } from 'mediasoup';
import type { Logger } from 'pino';
import { ApiError } from '../errors.ts';
import { type CameraRelay, createCameraRelay } from './camera-relay.ts';
import type { Publications } from './publications.ts';
import type { Room } from './sfu/room.ts';
import type { Lease, Sfu } from './sfu/sfu.ts';
import type { PipelineSupervisor } from './supervisor.ts';

/**
 * A stream's video as a producer of its session's room, for whoever wants to send it on: viewers, WHEP, recordings.
 * What it takes to have it there is begun for the first who opens the feed and ended after the last has closed it.
 */
export interface Feed {
  readonly streamId: string;
  readonly sessionId: string;
  /** Another one after the media worker died; the transports of the one before are gone then. */
  readonly room: Room;
  /** Null while there is no video; `reason` says why. It comes and goes: follow `onChange`. */
  readonly producer: types.Producer | null;
  /**
   * Null while there is a producer. `no-publisher`, `starting`, `no-live-video` (the source is a file, which has none),
   * `media-worker-restarted`, `session-closed` (nothing follows), or a reason of the stream's status.
   */
  readonly reason: string | null;
  /** Called after each change of room, producer or reason; returns how to stop that. */
  onChange(listener: () => void): () => void;
  /** Packets are taken from now on. It spares the first viewer of a camera a wait for the next key frame. */
  ready(): void;
  /** Closing twice does no harm. */
  close(): void;
}

export interface Feeds {
  /**
   * Rights are the caller's to check. Throws `webrtc-unavailable`, and `session-elsewhere` for a stream that does not
   * run on this server.
   */
  open(streamId: string): Promise<Feed>;
  /** Feeds that are open, and how many of their streams are relayed from a camera. */
  stats(): { feeds: number; relays: number };
}

export interface FeedParts {
  sfu: Sfu;
  publications: Publications;
  supervisor: PipelineSupervisor;
  /** The session that a stream of this server belongs to. */
  sessionOf(streamId: string): string | null;
  log: Logger;
}

/** What all feeds of one stream share. */
interface Channel {
  streamId: string;
  sessionId: string;
  lease: Lease;
  room: Room;
  relay: CameraRelay | null;
  producer: types.Producer | null;
  reason: string | null;
  listeners: Set<() => void>;
  users: number;
  over: boolean;
}

const ENTER_AGAIN_MS = 250;

export function createFeeds({ sfu, publications, supervisor, sessionOf, log }: FeedParts): Feeds {
  const channels = new Map<string, Promise<Channel>>();

  sfu.events.on('lost', (sessionIds) => {
    for (const made of channels.values())
      void made.then((channel) => {
        if (sessionIds.includes(channel.sessionId)) void enterAgain(channel);
      }, ignore);
  });
  publications.events.on('change', (streamId) => {
    void channels.get(streamId)?.then(update, ignore);
  });
  supervisor.events.on('stopped', (streamId) => {
    void channels.get(streamId)?.then((channel) => end(channel, 'session-closed'), ignore);
  });

  async function openChannel(streamId: string): Promise<Channel> {
    const sessionId = sessionOf(streamId);
    if (sessionId === null) throw new ApiError('session-elsewhere');
    const lease = await sfu.enter(sessionId);
    const channel: Channel = {
      ...{ streamId, sessionId, lease, room: lease.room, relay: null, producer: null, reason: 'starting' },
      ...{ listeners: new Set<() => void>(), users: 0, over: false },
    };
    update(channel);
    return channel;
  }

  /** The stream's channel, made where there is none. */
  async function hold(streamId: string): Promise<Channel> {
    for (;;) {
      let made = channels.get(streamId);
      if (!made) {
        made = openChannel(streamId);
        channels.set(streamId, made);
        made.catch(() => channels.delete(streamId));
      }
      const channel = await made;
      // The last user may have left in the meantime.
      if (!channel.over) return channel;
    }
  }

  /** From what there is now. */
  function update(channel: Channel): void {
    if (channel.over) return;
    const { streamId, room } = channel;
    const source = supervisor.sourceOf(streamId);
    if (source?.kind === 'file') {
      set(channel, null, 'no-live-video');
      return;
    }
    if (source?.kind === 'rtsp') {
      const onChange = () => update(channel);
      channel.relay ??= createCameraRelay({ room, streamId, url: source.url, supervisor, log, onChange });
      set(channel, channel.relay.producer, channel.relay.reason);
      return;
    }
    const published = publications.find(streamId);
    if (published) channel.room = published.room;
    set(channel, published?.producer ?? null, published ? null : 'no-publisher');
  }

  function set(channel: Channel, producer: types.Producer | null, reason: string | null): void {
    if (channel.producer === producer && channel.reason === reason) return;
    channel.producer = producer;
    channel.reason = reason;
    for (const listener of [...channel.listeners]) listener();
  }

  async function enterAgain(channel: Channel): Promise<void> {
    channel.relay?.close();
    channel.relay = null;
    set(channel, null, 'media-worker-restarted');
    channel.lease.leave();
    while (!channel.over) {
      try {
        const lease = await sfu.enter(channel.sessionId);
        if (channel.over) return lease.leave();
        channel.lease = lease;
        channel.room = lease.room;
        return update(channel);
      } catch (error) {
        log.debug({ err: error, streamId: channel.streamId }, 'no media worker yet');
        await new Promise((resolve) => setTimeout(resolve, ENTER_AGAIN_MS));
      }
    }
  }

  function end(channel: Channel, reason: string): void {
    if (channel.over) return;
    set(channel, null, reason);
    channel.over = true;
    channels.delete(channel.streamId);
    channel.relay?.close();
    channel.relay = null;
    channel.lease.leave();
  }

  return {
    async open(streamId) {
      const channel = await hold(streamId);
      channel.users++;
      const own = new Set<() => void>();
      let closed = false;
      return {
        streamId,
        sessionId: channel.sessionId,
        get room() {
          return channel.room;
        },
        get producer() {
          return channel.producer;
        },
        get reason() {
          return channel.reason;
        },
        onChange(listener) {
          const called = () => listener();
          own.add(called);
          channel.listeners.add(called);
          return () => {
            own.delete(called);
            channel.listeners.delete(called);
          };
        },
        ready: () => channel.relay?.ready(),
        close() {
          if (closed) return;
          closed = true;
          for (const listener of own) channel.listeners.delete(listener);
          channel.users--;
          if (channel.users === 0) end(channel, 'closed');
        },
      };
    },
    stats: () => ({
      feeds: channels.size,
      relays: [...channels.keys()].filter((streamId) => supervisor.sourceOf(streamId)?.kind === 'rtsp')
        .length,
    }),
  };
}

function ignore(): void {}
