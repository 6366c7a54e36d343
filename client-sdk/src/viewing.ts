import type { types } from 'mediasoup-client';
import { Device } from 'mediasoup-client';
import { createPictureClock } from './picture-clock.ts';
import type { ShownFrame } from './watcher.ts';

export interface ViewingEnd {
  /** `connection-lost` and `no-media-connection` are said here, others by the server. */
  code: string;
  again: boolean;
}

export interface ViewingHandlers {
  /** A token that replaces one about to expire. */
  freshToken(): Promise<string | null>;
  onTrack(track: MediaStreamTrack): void;
  onLive(): void;
  onWaiting(reason: string): void;
  /** Once. */
  onEnd(end: ViewingEnd): void;
}

/** One connection to a stream's video, from its socket to its end. */
export interface Viewing {
  captureTime(frame: ShownFrame): number | null;
  applyDelay(): void;
  close(): void;
}

type Offered = { type: 'video'; id: string; producerId: string; rtpParameters: types.RtpParameters };
type FromServer =
  | {
      type: 'welcome';
      rtpCapabilities: types.RtpCapabilities;
      transport: Omit<types.TransportOptions, 'iceServers'>;
      iceServers: RTCIceServer[];
      tokenForMs: number;
    }
  | { type: 'connected' }
  | { type: 'token'; tokenForMs: number }
  | Offered
  | { type: 'waiting'; reason: string }
  | { type: 'clock'; id: string; rtpTimestamp: number; atMs: number; nowMs: number }
  | { type: 'ice'; iceParameters: types.IceParameters }
  | { type: 'end'; code: string; message: string; again: boolean };

const ANSWER_MS = 10_000;
/** For media to find a way, from the first video that was offered. */
const MEDIA_MS = 8000;
/** A token is replaced so long before it expires; the keeper has a newer one by then. */
const EARLY_MS = 20_000;

export function openViewing(
  options: {
    address: string;
    token: string;
    streamId: string;
    iceTransportPolicy: RTCIceTransportPolicy;
    delayMs(): number;
  },
  handlers: ViewingHandlers,
): Viewing {
  const socket = new WebSocket(options.address);
  const clock = createPictureClock();
  let transport: types.Transport | null = null;
  let consumer: types.Consumer | null = null;
  let connected = false;
  let everConnected = false;
  let over = false;
  let mediaTimer: ReturnType<typeof setTimeout> | undefined;
  let tokenTimer: ReturnType<typeof setTimeout> | undefined;
  let isConnected: (() => void) | null = null;
  // Videos take their places one after the other.
  let turn: Promise<void> = Promise.resolve();

  function end(code: string, again: boolean): void {
    if (over) return;
    over = true;
    for (const timer of [slow, mediaTimer, tokenTimer]) clearTimeout(timer);
    transport?.close();
    socket.close();
    handlers.onEnd({ code, again });
  }
  const lost = (): void => end('connection-lost', true);
  const slow = setTimeout(lost, ANSWER_MS);
  const send = (message: object): void => {
    if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
  };

  async function enter(welcome: Extract<FromServer, { type: 'welcome' }>): Promise<void> {
    clearTimeout(slow);
    keepToken(welcome.tokenForMs);
    const device = new Device();
    await device.load({ routerRtpCapabilities: welcome.rtpCapabilities });
    if (over) return;
    const receiving = device.createRecvTransport({
      ...welcome.transport,
      iceServers: welcome.iceServers,
      iceTransportPolicy: options.iceTransportPolicy,
    });
    transport = receiving;
    receiving.on('connect', ({ dtlsParameters }, done) => {
      isConnected = done;
      send({ type: 'connect', dtlsParameters });
    });
    receiving.on('connectionstatechange', (state) => {
      connected = state === 'connected';
      if (connected) {
        everConnected = true;
        clearTimeout(mediaTimer);
        resume();
      } else if (state === 'failed') end(everConnected ? 'connection-lost' : 'no-media-connection', true);
      else if (state === 'disconnected') send({ type: 'restart-ice' });
    });
    send({ type: 'able', rtpCapabilities: device.recvRtpCapabilities });
  }

  async function take({ id, producerId, rtpParameters }: Offered): Promise<void> {
    if (over || !transport) return;
    if (!connected) mediaTimer ??= setTimeout(() => end('no-media-connection', true), MEDIA_MS);
    consumer?.close();
    clock.begin(id);
    const mine = await transport.consume({ id, producerId, kind: 'video', rtpParameters });
    if (over) return;
    consumer = mine;
    const { track } = mine;
    track.addEventListener('unmute', () => {
      if (consumer === mine && !over) handlers.onLive();
    });
    applyDelay();
    handlers.onTrack(track);
    if (connected) resume();
  }

  /** A camera begins with a key frame, which must not come before its viewer can take it. */
  function resume(): void {
    if (consumer && !consumer.closed) send({ type: 'resume', id: consumer.id });
  }

  function applyDelay(): void {
    const receiver = consumer?.rtpReceiver as
      | (RTCRtpReceiver & { jitterBufferTarget?: number | null })
      | null;
    const delayMs = options.delayMs();
    if (receiver && 'jitterBufferTarget' in receiver)
      receiver.jitterBufferTarget = delayMs > 0 ? delayMs : null;
  }

  function keepToken(forMs: number): void {
    clearTimeout(tokenTimer);
    const inMs = Math.max(1000, forMs - EARLY_MS);
    if (inMs >= 2 ** 31) return;
    tokenTimer = setTimeout(() => {
      handlers.freshToken().then(
        (token) => {
          if (token !== null) send({ type: 'token', token });
        },
        // The server says when it is over, and a new connection begins with a new token.
        () => undefined,
      );
    }, inMs);
  }

  socket.onopen = () => send({ type: 'hello', token: options.token, streamId: options.streamId });
  socket.onclose = lost;
  socket.onmessage = ({ data }) => {
    if (over || typeof data !== 'string') return;
    const message = JSON.parse(data) as FromServer;
    switch (message.type) {
      case 'welcome':
        turn = turn.then(() => enter(message)).catch(() => end('no-media-connection', true));
        return;
      case 'video':
        turn = turn.then(() => take(message)).catch(() => end('no-media-connection', true));
        return;
      case 'token':
        return keepToken(message.tokenForMs);
      case 'connected':
        return isConnected?.();
      case 'waiting':
        return handlers.onWaiting(message.reason);
      case 'clock':
        return clock.set(message);
      case 'ice':
        void transport?.restartIce({ iceParameters: message.iceParameters }).catch(() => undefined);
        return;
      case 'end':
        return end(message.code, message.again);
    }
  };

  return { captureTime: clock.captureTime, applyDelay, close: lost };
}
