/** Runs in a page, see tests/browser/viewer.ts: watches streams through the SDK and reads the counters in their pictures. */
import { type StreamWatch, watchStream } from '../../client-sdk/src/watcher.ts';

export interface Shown {
  /** As `readCounter` of tests/support/video.ts reads it; null where it is damaged. */
  counter: number | null;
  /** When the frame was on its way to the screen, epoch milliseconds. */
  atMs: number;
  /** By the SDK. */
  captureMs: number | null;
  width: number;
}

interface Held {
  watch: StreamWatch;
  video: HTMLVideoElement;
  beganMs: number;
  firstMs: number | null;
  frames: Shown[];
  states: string[];
}

const held = new Map<string, Held>();
const CELLS = 23;
const MOST = 5000;
const strip = document.createElement('canvas');
strip.width = CELLS * 4;
strip.height = 4;
const brush = strip.getContext('2d', { alpha: false, willReadFrequently: true })!;

export function start(
  name: string,
  given: {
    token: string;
    streamId: string;
    delayMs?: number;
    baseUrl?: string;
    iceTransportPolicy?: RTCIceTransportPolicy;
  },
): void {
  const tokens = { accessToken: async () => given.token, renew: async () => given.token };
  const beganMs = Date.now();
  const watch = watchStream({ ...given, tokens });
  const video = document.createElement('video');
  video.muted = true;
  video.autoplay = true;
  video.width = 640;
  video.srcObject = watch.stream;
  document.body.append(video);
  const mine: Held = { watch, video, beganMs, firstMs: null, frames: [], states: [] };
  const note = () => mine.states.push(`${watch.state}${watch.reason === null ? '' : ` ${watch.reason}`}`);
  note();
  watch.onChange(note);
  const look: VideoFrameRequestCallback = (now, metadata) => {
    const atMs = performance.timeOrigin + now;
    mine.firstMs ??= atMs;
    if (mine.frames.length < MOST) {
      const captureMs = watch.captureTime(metadata);
      mine.frames.push({ counter: readCounter(video), atMs, captureMs, width: metadata.width });
    }
    video.requestVideoFrameCallback(look);
  };
  video.requestVideoFrameCallback(look);
  held.set(name, mine);
}

function readCounter(video: HTMLVideoElement): number | null {
  const side = video.videoWidth / 32;
  brush.drawImage(video, 0, 0, side * CELLS, side, 0, 0, strip.width, strip.height);
  const { data } = brush.getImageData(0, 0, strip.width, strip.height);
  const bright: boolean[] = [];
  for (let cell = 0; cell < CELLS; cell++) {
    const green = data[(2 * strip.width + cell * 4 + 2) * 4 + 1]!;
    if (green > 90 && green < 165) return null;
    bright.push(green >= 165);
  }
  const bits = bright.slice(2, 22);
  if (!bright[0] || bright[1] || bits.filter(Boolean).length % 2 !== Number(bright[22])) return null;
  return bits.reduce((sum, set, index) => sum + (set ? 2 ** index : 0), 0);
}

export function stop(name: string): void {
  const mine = held.get(name);
  mine?.watch.close();
  mine?.video.remove();
  held.delete(name);
}

export function told(name: string): {
  state: string;
  reason: string | null;
  states: string[];
  firstAfterMs: number | null;
  frames: number;
  width: number;
} {
  const { watch, states, firstMs, beganMs, frames, video } = held.get(name)!;
  return {
    ...{ state: watch.state, reason: watch.reason, states, frames: frames.length, width: video.videoWidth },
    firstAfterMs: firstMs === null ? null : firstMs - beganMs,
  };
}

/** Frames shown since the last call. */
export function take(name: string): Shown[] {
  return held.get(name)!.frames.splice(0);
}

export function delay(name: string, ms: number): void {
  held.get(name)!.watch.setDelay(ms);
}
