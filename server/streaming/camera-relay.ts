import { randomInt, randomUUID } from 'node:crypto';
import type { types } from 'mediasoup';
import type { Logger } from 'pino';
import type { StreamStatus } from '../../pipeline/messages.ts';
import type { Room } from './sfu/room.ts';
import type { PipelineSupervisor } from './supervisor.ts';

/** A camera's video as a producer of a room, for as long as it is open. */
export interface CameraRelay {
  /** Null between two connections to the camera. */
  readonly producer: types.Producer | null;
  /** Why there is no producer: a reason of the stream's status, or one like it. */
  readonly reason: string | null;
  /**
   * Somebody takes packets now. A camera cannot be asked for a key frame, but begins with one: it is connected when the
   * first viewer is, or after a moment in any case.
   */
  ready(): void;
  close(): void;
}

export interface CameraRelayOptions {
  room: Room;
  streamId: string;
  url: string;
  supervisor: PipelineSupervisor;
  log: Logger;
  onChange(): void;
}

interface Described {
  codec: string;
  profile: string | null;
}

interface Attempt {
  relayId: string;
  transcode: boolean;
  profileLevelId: string;
  ssrc: number;
  transport: types.PlainTransport | null;
  started: boolean;
  /** When the camera answered; 0 before. */
  describedAt: number;
}

const VIEWER_MS = 700;
const RETRY_MS = { first: 250, longest: 2000 };
/** Cameras lock accounts out after a few wrong passwords. */
const LOCKOUT_MS = 60_000;
const GOOD_MS = 3000;
const PAYLOAD_TYPE = 96;
const BASELINE = '42e01f';
/** H.264 profiles in ffmpeg's words, with levels that stand for any. */
const PROFILES: Record<string, string> = {
  'Constrained Baseline': BASELINE,
  Baseline: '42001f',
  Main: '4d0032',
  High: '640032',
  'Constrained High': '640c1f',
};

/**
 * Every connection has a transport, a producer and an SSRC of its own: its sequence numbers and times have nothing to do
 * with those of the one before.
 */
export function createCameraRelay(options: CameraRelayOptions): CameraRelay {
  const { room, streamId, supervisor, log } = options;
  let known: Described | null = null;
  let current: Attempt | null = null;
  let producer: types.Producer | null = null;
  let reason: string | null = 'starting';
  let retryMs = RETRY_MS.first;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  /** Who makes it looks by itself. */
  let made = false;

  function tell(next: types.Producer | null, why: string | null): void {
    if (producer === next && reason === why) return;
    producer = next;
    reason = why;
    if (made) options.onChange();
  }

  function begin(): void {
    if (closed || current) return;
    const status = supervisor.statusOf(streamId);
    known ??= status?.codec ? { codec: status.codec, profile: status.profile ?? null } : null;
    if (known === null) {
      tell(null, status === null || status.reason === 'ok' ? 'starting' : status.reason);
      return;
    }
    const transcode = known.codec !== 'h264';
    const attempt: Attempt = {
      relayId: randomUUID(),
      transcode,
      profileLevelId: transcode ? BASELINE : profileLevelIdOf(known.profile),
      ssrc: randomInt(1, 2 ** 31),
      ...{ transport: null, started: false, describedAt: 0 },
    };
    current = attempt;
    offer(attempt).catch((error: unknown) => {
      if (!closed) log.warn({ err: error, streamId }, 'a camera could not be relayed');
      end(attempt, 'decoder-failed');
    });
  }

  async function offer(attempt: Attempt): Promise<void> {
    const transport = await room.intake();
    if (current !== attempt) return transport.close();
    attempt.transport = transport;
    const next = await transport.produce({ kind: 'video', rtpParameters: parametersOf(attempt) });
    if (current !== attempt) return;
    timer = setTimeout(() => start(attempt), VIEWER_MS);
    tell(next, null);
  }

  function start(attempt: Attempt): void {
    if (current !== attempt || attempt.started || !attempt.transport || !producer) return;
    attempt.started = true;
    clearTimeout(timer);
    const { relayId, transcode, ssrc, transport } = attempt;
    const rtpPort = transport.tuple.localPort;
    const rtcpPort = transport.rtcpTuple?.localPort ?? rtpPort + 1;
    const relay = {
      relayId,
      url: options.url,
      transcode,
      rtpPort,
      rtcpPort,
      payloadType: PAYLOAD_TYPE,
      ssrc,
    };
    if (!supervisor.startRelay(relay)) end(attempt, 'worker-restarted');
  }

  function end(attempt: Attempt, why: string): void {
    if (current !== attempt) return;
    leave(attempt);
    if (attempt.describedAt > 0 && performance.now() - attempt.describedAt > GOOD_MS)
      retryMs = RETRY_MS.first;
    const locksOut = why === 'wrong-credentials' || why === 'forbidden';
    timer = setTimeout(begin, locksOut ? LOCKOUT_MS : retryMs);
    retryMs = Math.min(retryMs * 2, RETRY_MS.longest);
    tell(null, why);
  }

  function leave(attempt: Attempt): void {
    current = null;
    clearTimeout(timer);
    if (attempt.started) supervisor.stopRelay(attempt.relayId);
    attempt.transport?.close();
  }

  function onDescribed({ relayId, codec, profile }: Described & { relayId: string }): void {
    if (current?.relayId !== relayId) return;
    current.describedAt = performance.now();
    known = { codec, profile };
    if (current.transcode) return;
    if (codec === 'h264' && profileLevelIdOf(profile) === current.profileLevelId) return;
    // Not what was announced to viewers: again, with what it is.
    leave(current);
    begin();
  }
  function onEnded({ relayId, reason: why }: { relayId: string; reason: string }): void {
    if (current?.relayId === relayId) end(current, why);
  }
  function onStatus(status: StreamStatus): void {
    if (status.streamId === streamId && known === null) begin();
  }
  supervisor.events.on('relay-described', onDescribed);
  supervisor.events.on('relay-ended', onEnded);
  supervisor.events.on('status', onStatus);
  begin();
  made = true;

  return {
    get producer() {
      return producer;
    },
    get reason() {
      return reason;
    },
    ready() {
      if (current) start(current);
    },
    close() {
      if (closed) return;
      closed = true;
      supervisor.events.off('relay-described', onDescribed);
      supervisor.events.off('relay-ended', onEnded);
      supervisor.events.off('status', onStatus);
      clearTimeout(timer);
      if (current) leave(current);
    },
  };
}

export function profileLevelIdOf(profile: string | null): string {
  return PROFILES[profile ?? ''] ?? '640032';
}

function parametersOf({ profileLevelId, ssrc }: Attempt): types.RtpParameters {
  return {
    codecs: [
      {
        mimeType: 'video/H264',
        payloadType: PAYLOAD_TYPE,
        clockRate: 90_000,
        parameters: {
          'packetization-mode': 1,
          'profile-level-id': profileLevelId,
          'level-asymmetry-allowed': 1,
        },
      },
    ],
    encodings: [{ ssrc }],
  };
}
