/** Runs in a page, see tests/support/browser-cameras.ts: one canvas, published as often as a test asks for. */
import { publish } from '../../client-sdk/src/publisher.ts';

interface Told {
  states: string[];
  end: string | null;
}

const held = new Map<string, Told & { stop(): void }>();
let track: MediaStreamTrack | null = null;

export async function draw(given: {
  width: number;
  height: number;
  fps: number;
  image?: string;
}): Promise<void> {
  const { width, height, fps, image } = given;
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const brush = canvas.getContext('2d', { alpha: false })!;
  // Not fetched: the content policy of the page allows no such address.
  const bytes = image === undefined ? null : Uint8Array.from(atob(image), (char) => char.charCodeAt(0));
  const people = bytes && (await createImageBitmap(new Blob([bytes], { type: 'image/jpeg' })));
  const side = width / 32;
  let n = 0;
  const paint = (): void => {
    n++;
    if (people) {
      brush.drawImage(people, Math.sin(n / 20) * 3, 0, width, height);
    } else {
      brush.fillStyle = '#356';
      brush.fillRect(0, 0, width, height);
      brush.fillStyle = '#fa3';
      brush.fillRect((n * 7) % width, height / 2, side * 3, side * 3);
    }
    // As `readCounter` of tests/support/video.ts reads it.
    const now = Date.now() % 2 ** 20;
    const bits = Array.from({ length: 20 }, (_, bit) => Math.floor(now / 2 ** bit) % 2);
    const parity = bits.reduce((sum, bit) => sum + bit, 0) % 2;
    for (const [at, white] of [1, 0, ...bits, parity].entries()) {
      brush.fillStyle = white ? '#fff' : '#000';
      brush.fillRect(at * side, 0, side + 1, side);
    }
  };
  paint();
  setInterval(paint, 1000 / fps);
  track = canvas.captureStream(fps).getVideoTracks()[0]!;
}

export function start(name: string, token: string, iceTransportPolicy: RTCIceTransportPolicy = 'all'): void {
  const told: Told = { states: [], end: null };
  const publishing = publish({
    token,
    track: track!,
    iceTransportPolicy,
    onState: (state) => told.states.push(state),
    onEnd: ({ code }) => {
      told.end = code;
    },
  });
  held.set(name, Object.assign(told, { stop: () => publishing.stop() }));
}

export function stop(name: string): void {
  held.get(name)?.stop();
}

export function told(name: string): Told {
  const { states, end } = held.get(name)!;
  return { states, end };
}
