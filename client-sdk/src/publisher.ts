import type { types } from 'mediasoup-client';
import { Device } from 'mediasoup-client';

/** How a publisher is getting on. */
export type PublishState = 'connecting' | 'publishing' | 'reconnecting' | 'ended';

export interface Framing {
  /** Faces that are seen now, and how wide the middle one of them is in the server's picture, pixels. */
  faces: number;
  facePx: number;
  advice: 'ok' | 'move-closer' | 'nobody';
}

export interface PublishHandlers {
  onState?(state: PublishState): void;
  /** The name of the course, once known. */
  onCourse?(course: string): void;
  onFraming?(framing: Framing): void;
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
}

export interface Publishing {
  /** Another camera, without a break. */
  replaceTrack(track: MediaStreamTrack): Promise<void>;
  stop(): void;
}

const RETRY_MS = { first: 500, longest: 8000 };
const ANSWER_MS = 10_000;
/** Simulcast: the server takes what the network carries. */
const LAYERS: RTCRtpEncodingParameters[] = [
  { rid: 'small', scaleResolutionDownBy: 2, maxBitrate: 300_000 },
  { rid: 'full', maxBitrate: 2_500_000 },
];

type Welcome = {
  type: 'welcome';
  course: string;
  resumeToken: string;
  rtpCapabilities: types.RtpCapabilities;
  transport: Omit<types.TransportOptions, 'iceServers'>;
  iceServers: RTCIceServer[];
  maxKbps: number;
};
type FromServer =
  | Welcome
  | { type: 'connected' }
  | { type: 'producing' }
  | { type: 'ice'; iceParameters: types.IceParameters }
  | { type: 'status'; state: string; reason: string }
  | ({ type: 'framing' } & Framing)
  | { type: 'end'; code: string; message: string; again: boolean };

/**
 * Publishes a camera's picture into an open session until `stop()`: signals, connects, and after any break of the
 * network, of the server or of its media worker comes back with a new connection.
 */
export function publish(options: PublishOptions): Publishing {
  let { token, track } = options;
  let attempt: Attempt | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let waitMs = RETRY_MS.first;
  let over = false;

  const begin = (): void => {
    attempt = open(addressOf(options.baseUrl), token, () => track, {
      onWelcome({ resumeToken, course }) {
        token = resumeToken;
        options.onCourse?.(course);
      },
      onPublishing() {
        waitMs = RETRY_MS.first;
        options.onState?.('publishing');
      },
      onFraming: (framing) => options.onFraming?.(framing),
      onEnd(reason) {
        attempt = null;
        if (over) return;
        if (reason?.again === false) return finish(reason);
        options.onState?.('reconnecting');
        timer = setTimeout(begin, waitMs);
        waitMs = Math.min(waitMs * 2, RETRY_MS.longest);
      },
    });
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

interface Attempt {
  replaceTrack(track: MediaStreamTrack): Promise<void>;
  close(): void;
}

interface AttemptHandlers {
  onWelcome(welcome: Welcome): void;
  onPublishing(): void;
  onFraming(framing: Framing): void;
  /** Called once. Null: the connection was lost. */
  onEnd(reason: { code: string; message: string; again: boolean } | null): void;
}

/** One connection from its socket to its end. */
function open(
  address: string,
  token: string,
  track: () => MediaStreamTrack,
  handlers: AttemptHandlers,
): Attempt {
  const socket = new WebSocket(address);
  let transport: types.Transport | null = null;
  let producer: types.Producer | null = null;
  let ended = false;
  const awaited = new Map<FromServer['type'], (message: FromServer) => void>();

  const end = (reason: { code: string; message: string; again: boolean } | null): void => {
    if (ended) return;
    ended = true;
    clearTimeout(slow);
    transport?.close();
    socket.close();
    handlers.onEnd(reason);
  };
  const slow = setTimeout(() => end(null), ANSWER_MS);
  const send = (message: object): void => socket.send(JSON.stringify(message));
  const ask = (message: object, answer: FromServer['type']): Promise<FromServer> =>
    new Promise((resolve) => {
      awaited.set(answer, resolve);
      send(message);
    });

  async function start(welcome: Welcome): Promise<void> {
    handlers.onWelcome(welcome);
    const device = new Device();
    await device.load({ routerRtpCapabilities: welcome.rtpCapabilities });
    const sending = device.createSendTransport({ ...welcome.transport, iceServers: welcome.iceServers });
    transport = sending;
    sending.on('connect', ({ dtlsParameters }, done) => {
      void ask({ type: 'connect', dtlsParameters }, 'connected').then(() => done());
    });
    sending.on('produce', ({ rtpParameters }, done) => {
      void ask({ type: 'produce', rtpParameters }, 'producing').then(() => done({ id: 'video' }));
    });
    sending.on('connectionstatechange', (state) => {
      if (state === 'failed') end(null);
      if (state === 'disconnected') restartIce();
      if (state === 'connected') clearTimeout(slow);
    });
    const vp8 = device.sendRtpCapabilities.codecs?.find(
      ({ mimeType }) => mimeType.toLowerCase() === 'video/vp8',
    );
    producer = await sending.produce({
      track: track(),
      encodings: LAYERS,
      codecOptions: { videoGoogleStartBitrate: 800 },
      ...(vp8 ? { codec: vp8 } : {}),
      stopTracks: false,
      disableTrackOnPause: false,
    });
    if (!ended) handlers.onPublishing();
  }

  function restartIce(): void {
    if (ended || !transport || socket.readyState !== WebSocket.OPEN) return;
    void ask({ type: 'restart-ice' }, 'ice').then((message) => {
      if (message.type === 'ice' && !ended)
        return transport?.restartIce({ iceParameters: message.iceParameters });
      return undefined;
    });
  }

  socket.onopen = () => send({ type: 'hello', token });
  socket.onclose = () => end(null);
  socket.onmessage = ({ data }) => {
    if (ended || typeof data !== 'string') return;
    const message = JSON.parse(data) as FromServer;
    if (message.type === 'welcome') {
      start(message).catch((error: unknown) =>
        end({ code: 'publish-failed', message: (error as Error).message, again: true }),
      );
    } else if (message.type === 'framing') handlers.onFraming(message);
    else if (message.type === 'end') end(message);
    else {
      awaited.get(message.type)?.(message);
      awaited.delete(message.type);
    }
  };

  return {
    async replaceTrack(next) {
      await producer?.replaceTrack({ track: next });
    },
    close: () => end(null),
  };
}

function addressOf(baseUrl: string | undefined): string {
  const url = new URL('/ingest/webrtc', baseUrl ?? location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return url.href;
}
