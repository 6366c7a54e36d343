import type { TokenKeeper } from './tokens.ts';
import { openViewing, type Viewing, type ViewingEnd } from './viewing.ts';

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
  /** As of `publish`. */
  iceTransportPolicy?: RTCIceTransportPolicy;
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

const RETRY_MS = { first: 300, longest: 8000 };
/** Where the socket works and media does not come through, it may be another network the next time. */
const NO_MEDIA_RETRY_MS = 30_000;
const NO_MEDIA_AT_MOST = 2;
const REFUSED_AT_MOST = 2;
/** Reasons of a stream that has no video for as long as it is what it is. */
const FOR_GOOD = new Set(['no-live-video', 'codec-not-supported']);

/** Shows a stream's video until `close()`, and after any break comes back by itself. */
export function watchStream(options: WatchOptions): StreamWatch {
  const { tokens, streamId } = options;
  const stream = new MediaStream();
  const listeners = new Set<() => void>();
  let delayMs = options.delayMs ?? 0;
  let state: WatchState = 'connecting';
  let reason: string | null = null;
  let viewing: Viewing | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let waitMs = RETRY_MS.first;
  let mediaFailures = 0;
  let refusals = 0;
  let stale: string | null = null;

  function tell(next: WatchState, why: string | null = null): void {
    if (state === 'closed' || (state === next && reason === why)) return;
    state = next;
    reason = why;
    for (const listener of [...listeners]) listener();
  }

  async function begin(): Promise<void> {
    clearTimeout(timer);
    let token: string | null;
    try {
      token = stale === null ? await tokens.accessToken() : await tokens.renew(stale);
    } catch {
      // Nobody answers: no reason to think that the sign-in is over.
      retry();
      return;
    }
    if (state === 'closed' || viewing) return;
    if (token === null) {
      tell('unavailable', 'unauthenticated');
      return;
    }
    stale = null;
    const mine: Viewing = openViewing(
      {
        ...{ address: addressOf(options.baseUrl), token, streamId },
        iceTransportPolicy: options.iceTransportPolicy ?? 'all',
        delayMs: () => delayMs,
      },
      {
        freshToken: () => tokens.accessToken(),
        onTrack: show,
        onLive() {
          waitMs = RETRY_MS.first;
          mediaFailures = 0;
          refusals = 0;
          tell('live');
        },
        onWaiting: (why) => tell(FOR_GOOD.has(why) ? 'unavailable' : 'waiting', why),
        onEnd: (end) => {
          if (viewing === mine) ended(end, token);
        },
      },
    );
    viewing = mine;
  }

  function ended(end: ViewingEnd, token: string): void {
    viewing = null;
    if (state === 'closed') return;
    const aboutToken = end.code === 'unauthenticated' || end.code === 'token-expired';
    // A token that was renewed and is refused again will not become good.
    if (aboutToken ? ++refusals > REFUSED_AT_MOST : !end.again) {
      tell('unavailable', end.code);
      return;
    }
    if (aboutToken) stale = token;
    if (end.code === 'no-media-connection' && ++mediaFailures >= NO_MEDIA_AT_MOST) {
      tell('unavailable', end.code);
      retry(NO_MEDIA_RETRY_MS);
      return;
    }
    if (state !== 'unavailable') tell('connecting');
    retry();
  }

  function retry(inMs = waitMs): void {
    clearTimeout(timer);
    if (state === 'closed') return;
    timer = setTimeout(() => void begin(), inMs);
    waitMs = Math.min(waitMs * 2, RETRY_MS.longest);
  }

  /** The last frame stays until there is another. */
  function show(track: MediaStreamTrack): void {
    for (const old of stream.getTracks()) if (old !== track) stream.removeTrack(old);
    stream.addTrack(track);
  }

  // The network is back, perhaps another one: what is half alive is not waited for.
  const hurry = (): void => {
    waitMs = RETRY_MS.first;
    if (viewing) viewing.close();
    else if (state === 'connecting' || reason === 'no-media-connection') void begin();
  };
  globalThis.addEventListener?.('online', hurry);
  void begin();

  return {
    stream,
    get state() {
      return state;
    },
    get reason() {
      return reason;
    },
    onChange(listener) {
      const called = () => listener();
      listeners.add(called);
      return () => listeners.delete(called);
    },
    setDelay(next) {
      delayMs = next;
      viewing?.applyDelay();
    },
    captureTime: (frame) => viewing?.captureTime(frame) ?? null,
    close() {
      if (state === 'closed') return;
      tell('closed');
      clearTimeout(timer);
      globalThis.removeEventListener?.('online', hurry);
      viewing?.close();
      for (const track of stream.getTracks()) stream.removeTrack(track);
    },
  };
}

function addressOf(baseUrl: string | undefined): string {
  const url = new URL('/ingest/watch', baseUrl || location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return url.href;
}
