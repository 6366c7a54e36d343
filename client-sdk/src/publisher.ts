import { sendPictures } from './pictures-attempt.ts';
import { type Attempt, type AttemptHandlers, type Framing, socketAddress } from './publish-attempt.ts';
import { sendVideo } from './video-attempt.ts';

export type { Framing } from './publish-attempt.ts';

/** How a publisher is getting on. */
export type PublishState = 'connecting' | 'publishing' | 'reconnecting' | 'ended';

/** How the picture gets there: as video, or as single pictures where no media connection comes up. */
export type PublishPath = 'video' | 'pictures';

export interface PublishHandlers {
  onState?(state: PublishState): void;
  /** Told before each `publishing`. */
  onPath?(path: PublishPath): void;
  /** The name of the course, once known. */
  onCourse?(course: string): void;
  onFraming?(framing: Framing): void;
  /** What is sent is recorded, or no longer: who stands before the camera is to be shown it. */
  onRecording?(on: boolean): void;
  /** It is over: the link is used up, the session has closed, another device has taken its place. */
  onEnd?(reason: { code: string; message: string }): void;
}

export interface PublishOptions extends PublishHandlers {
  /** Of the server; the page's own by default. */
  baseUrl?: string;
  /** Of the link; it opens once. What comes after a break is this function's own business. */
  token: string;
  /** The camera's picture. It stays the caller's: `stop` does not end it. */
  track: MediaStreamTrack;
  /**
   * `relay`: media goes through the server's TURN servers and no other way, to keep the browser's own addresses from the
   * server, or to see whether TURN works. `all` by default.
   */
  iceTransportPolicy?: RTCIceTransportPolicy;
}

export interface Publishing {
  /** Another camera, without a break. */
  replaceTrack(track: MediaStreamTrack): Promise<void>;
  stop(): void;
}

const ADDRESSES: Record<PublishPath, string> = { video: '/ingest/webrtc', pictures: '/ingest/frames' };
const RETRY_MS = { first: 500, restarting: 400, longest: 8000 };
/** So often in a row a server without a media worker is asked again before pictures are sent. */
const MOST_UNAVAILABLE = 2;
/** The same where video came through before: a media worker that is being replaced is worth waiting for. */
const MOST_UNAVAILABLE_ONCE_VIDEO = 25;

/**
 * Publishes a camera's picture into an open session until `stop()`: signals, connects, and after any break of the
 * network, of the server or of its media worker comes back with a new connection. Where the server answers and no media
 * connection comes up it sends single pictures over a WebSocket, until the browser says that the network is another one.
 */
export function publish(options: PublishOptions): Publishing {
  let { token, track } = options;
  let attempt: Attempt | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let waitMs = RETRY_MS.first;
  let path: PublishPath = 'video';
  let unavailable = 0;
  let mostUnavailable = MOST_UNAVAILABLE;
  let over = false;

  const begin = (): void => {
    const address = socketAddress(ADDRESSES[path], options.baseUrl);
    const handlers: AttemptHandlers = {
      onWelcome({ resumeToken, course }) {
        token = resumeToken;
        options.onCourse?.(course);
      },
      onPublishing() {
        waitMs = RETRY_MS.first;
        unavailable = 0;
        if (path === 'video') mostUnavailable = MOST_UNAVAILABLE_ONCE_VIDEO;
        options.onPath?.(path);
        options.onState?.('publishing');
      },
      onFraming: (framing) => options.onFraming?.(framing),
      onRecording: (on) => options.onRecording?.(on),
      onEnd(reason, blocked) {
        attempt = null;
        if (over) return;
        options.onRecording?.(false);
        if (reason?.again === false) return finish(reason);
        if (reason?.code === 'webrtc-unavailable') unavailable++;
        if (blocked || unavailable > mostUnavailable) {
          path = 'pictures';
          unavailable = 0;
          return begin();
        }
        options.onState?.('reconnecting');
        // A media worker is replaced within a second or a few: who waits longer than that waits for nothing.
        if (unavailable > 0) waitMs = Math.min(waitMs, RETRY_MS.restarting);
        timer = setTimeout(begin, waitMs);
        waitMs = Math.min(waitMs * 2, RETRY_MS.longest);
      },
    };
    const shown = (): MediaStreamTrack => track;
    attempt =
      path === 'video'
        ? sendVideo(address, token, shown, handlers, options.iceTransportPolicy)
        : sendPictures(address, token, shown, handlers);
  };
  const finish = (reason: { code: string; message: string } | null): void => {
    if (over) return;
    over = true;
    clearTimeout(timer);
    globalThis.removeEventListener?.('online', hurry);
    attempt?.close();
    options.onState?.('ended');
    if (reason) options.onEnd?.({ code: reason.code, message: reason.message });
  };
  // The network is back, perhaps another one: what is half alive is not waited for.
  const hurry = (): void => {
    clearTimeout(timer);
    waitMs = RETRY_MS.first;
    path = 'video';
    if (attempt) attempt.close();
    else begin();
  };
  globalThis.addEventListener?.('online', hurry);
  options.onState?.('connecting');
  begin();

  return {
    async replaceTrack(next) {
      track = next;
      await attempt?.replaceTrack(next);
    },
    stop: () => finish(null),
  };
}
