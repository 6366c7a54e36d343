import type { Attempt, AttemptHandlers, EndReason, Framing } from './publish-attempt.ts';

type FromServer =
  | { type: 'welcome'; course: string; resumeToken: string; maxWidth: number; maxBytes: number }
  | { type: 'picture' }
  | { type: 'status'; state: string; reason: string }
  | ({ type: 'framing' } & Framing)
  | ({ type: 'end' } & EndReason);

const ANSWER_MS = 10_000;
const NO_PICTURE_MS = 100;
const QUALITIES = [0.85, 0.6, 0.35];

/**
 * Sends the camera's picture as JPEGs over a WebSocket, each when the server asks for it: what is left where a firewall
 * or a proxy lets no media through. Enough for recognition, which looks a few times a second; it does not flow.
 */
export function sendPictures(
  address: string,
  token: string,
  track: () => MediaStreamTrack,
  handlers: AttemptHandlers,
): Attempt {
  const socket = new WebSocket(address);
  const shutter = createShutter(track());
  let limits = { maxWidth: 0, maxBytes: Number.POSITIVE_INFINITY };
  let sent = false;
  let ended = false;

  const end = (reason: EndReason | null): void => {
    if (ended) return;
    ended = true;
    clearTimeout(slow);
    shutter.close();
    socket.close();
    handlers.onEnd(reason, false);
  };
  const slow = setTimeout(() => end(null), ANSWER_MS);

  async function answer(): Promise<void> {
    for (;;) {
      if (ended) return;
      const picture = await shutter.take(limits);
      if (ended) return;
      if (picture) return send(picture);
      // The camera has just been opened or changed.
      await new Promise((resolve) => setTimeout(resolve, NO_PICTURE_MS));
    }
  }

  function send({ jpeg, takenMs }: { jpeg: Blob; takenMs: number }): void {
    const clock = new DataView(new ArrayBuffer(8));
    clock.setFloat64(0, takenMs, true);
    socket.send(new Blob([clock, jpeg]));
    clearTimeout(slow);
    if (!sent) handlers.onPublishing();
    sent = true;
  }

  socket.onopen = () => socket.send(JSON.stringify({ type: 'hello', token }));
  socket.onclose = () => end(null);
  socket.onmessage = ({ data }) => {
    if (ended || typeof data !== 'string') return;
    const message = JSON.parse(data) as FromServer;
    if (message.type === 'welcome') {
      limits = message;
      handlers.onWelcome(message);
    } else if (message.type === 'picture') {
      answer().catch((error: unknown) =>
        end({ code: 'publish-failed', message: (error as Error).message, again: true }),
      );
    } else if (message.type === 'framing') handlers.onFraming(message);
    else if (message.type === 'end') end(message);
  };

  return {
    async replaceTrack(next) {
      shutter.use(next);
    },
    close: () => end(null),
  };
}

/** Takes stills of a camera's track; the track stays the caller's. */
function createShutter(track: MediaStreamTrack) {
  const video = document.createElement('video');
  const canvas = document.createElement('canvas');
  video.muted = true;
  video.playsInline = true;
  const use = (next: MediaStreamTrack): void => {
    video.srcObject = new MediaStream([next]);
    // Refused only where pages may not play anything by themselves; there is no picture then, and the server says so.
    void video.play().catch(() => undefined);
  };
  use(track);

  return {
    use,
    /** Null: there is no picture yet. */
    async take({ maxWidth, maxBytes }: { maxWidth: number; maxBytes: number }) {
      const { videoWidth, videoHeight, readyState } = video;
      if (readyState < HTMLMediaElement.HAVE_CURRENT_DATA || videoWidth === 0) return null;
      const scale = maxWidth > 0 ? Math.min(1, maxWidth / videoWidth) : 1;
      canvas.width = Math.round(videoWidth * scale);
      canvas.height = Math.round(videoHeight * scale);
      const takenMs = performance.now();
      canvas.getContext('2d')!.drawImage(video, 0, 0, canvas.width, canvas.height);
      for (const quality of QUALITIES) {
        const jpeg = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/jpeg', quality));
        if (jpeg && jpeg.size <= maxBytes) return { jpeg, takenMs };
      }
      return null;
    },
    close(): void {
      video.pause();
      video.srcObject = null;
    },
  };
}
