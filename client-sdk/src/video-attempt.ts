import type { types } from 'mediasoup-client';
import { Device } from 'mediasoup-client';
import type { Attempt, AttemptHandlers, EndReason, Framing } from './publish-attempt.ts';

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
  | { type: 'recording'; on: boolean }
  | ({ type: 'end' } & EndReason);

/** Publishes by WebRTC: signals over a WebSocket, and connects. */
export function sendVideo(
  address: string,
  token: string,
  track: () => MediaStreamTrack,
  handlers: AttemptHandlers,
  iceTransportPolicy: RTCIceTransportPolicy = 'all',
): Attempt {
  const socket = new WebSocket(address);
  let transport: types.Transport | null = null;
  let producer: types.Producer | null = null;
  let welcomed = false;
  let connected = false;
  let ended = false;
  const awaited = new Map<FromServer['type'], (message: FromServer) => void>();

  const end = (reason: EndReason | null, blocked = false): void => {
    if (ended) return;
    ended = true;
    clearTimeout(slow);
    transport?.close();
    socket.close();
    handlers.onEnd(reason, blocked);
  };
  const slow = setTimeout(() => end(null, welcomed), ANSWER_MS);
  const send = (message: object): void => socket.send(JSON.stringify(message));
  const ask = (message: object, answer: FromServer['type']): Promise<FromServer> =>
    new Promise((resolve) => {
      awaited.set(answer, resolve);
      send(message);
    });

  async function start(welcome: Welcome): Promise<void> {
    welcomed = true;
    handlers.onWelcome(welcome);
    const device = new Device();
    await device.load({ routerRtpCapabilities: welcome.rtpCapabilities });
    const sending = device.createSendTransport({
      ...welcome.transport,
      iceServers: welcome.iceServers,
      iceTransportPolicy,
    });
    transport = sending;
    sending.on('connect', ({ dtlsParameters }, done) => {
      void ask({ type: 'connect', dtlsParameters }, 'connected').then(() => done());
    });
    sending.on('produce', ({ rtpParameters }, done) => {
      void ask({ type: 'produce', rtpParameters }, 'producing').then(() => done({ id: 'video' }));
    });
    sending.on('connectionstatechange', (state) => {
      if (state === 'failed') end(null, !connected);
      if (state === 'disconnected') restartIce();
      if (state === 'connected') {
        clearTimeout(slow);
        connected = true;
        arrives();
      }
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
    arrives();
  }

  function arrives(): void {
    if (producer && connected && !ended) handlers.onPublishing();
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
    else if (message.type === 'recording') handlers.onRecording(message.on);
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
