import type { Frame } from '../frame.ts';
import type { PushedPicture, Sampling, SourceSpec, StreamReason, StreamState } from '../messages.ts';
import type { FfmpegBinary } from './ffmpeg.ts';
import { createFileSource } from './file.ts';
import { createPicturesSource } from './pictures.ts';
import { createRtspSource } from './rtsp.ts';
import type { SourceTimings } from './timings.ts';
import { createWebRtcSource } from './webrtc.ts';

/** What a source is doing, told at every change; never contains credentials. */
export interface SourceStatus {
  state: StreamState;
  reason: StreamReason;
  /** One line for the log and the system administrator. */
  detail: string;
  /** When the next attempt is due: while `reconnecting`, and while `failed` where trying again may help. */
  retryAtMs: number | null;
  /** Size of the frames handed over (after scaling); null before the first. */
  width: number | null;
  height: number | null;
  codec: string | null;
  /** Of the codec, in ffmpeg's words, where it is known. */
  profile?: string | null;
}

export interface SourceEvents {
  /** The frame is lent: give it back with `VideoSource.release`. Must not throw. */
  onFrame(frame: Frame): void;
  onStatus(status: SourceStatus): void;
}

export interface SourceStats {
  /** Frames handed to `onFrame`. */
  delivered: number;
  /** Frames that ffmpeg sampled while every buffer was lent out; always 0 for a file that is not `realtime`. */
  skipped: number;
}

export interface VideoSource {
  /** Begins; statuses and frames follow by events until `stop` or, for a file played once, the end. */
  start(): void;
  /** Kills ffmpeg and resolves when it is gone; no event follows. May be called at any time, and again. */
  stop(): Promise<void>;
  /** Gives a frame's buffer back. Releasing twice, or after `stop`, does no harm. */
  release(frame: Frame): void;
  stats(): SourceStats;
  /** A picture for a `pictures` source; false: it was refused. Of two at once the second is left out. */
  take?(picture: PushedPicture): Promise<boolean>;
}

export interface SourceOptions {
  /** Frames wider than this are scaled down by ffmpeg; 0 keeps the native size. */
  maxWidth: number;
  /** Where cameras may be; the name is resolved and checked before every connection. */
  cameras: { allowedNetworks: readonly string[]; allowLoopback: boolean };
  ffmpeg: FfmpegBinary;
  /** Epoch milliseconds; `Date.now` by default. */
  now?: () => number;
  timings?: Partial<SourceTimings>;
  /** For `webrtc`: who sends has to be told where to, and when a key frame is missing. */
  rtp?: { opened(ports: { rtpPort: number; rtcpPort: number }): void; keyFrame(): void };
}

/**
 * A source for a spec. A file that is not `realtime` is back-pressured: the next frame is handed over when the one
 * before was released, and nothing is skipped. Every other source hands frames over as they come; put them into a
 * `LatestFrame` so that a slow reader gets the newest one.
 */
export function createSource(
  spec: SourceSpec,
  sampling: Sampling,
  options: SourceOptions,
  events: SourceEvents,
): VideoSource {
  switch (spec.kind) {
    case 'rtsp':
      return createRtspSource(spec, sampling, options, events);
    case 'webrtc':
      return createWebRtcSource(spec, sampling, options, events);
    case 'pictures':
      return createPicturesSource(sampling, options, events);
    case 'file':
      return createFileSource(spec, sampling, options, events);
  }
}
