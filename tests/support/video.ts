import { execFile } from 'node:child_process';
import { extname } from 'node:path';
import { promisify } from 'node:util';
import { locateFfmpeg } from '../../pipeline/sources/ffmpeg.ts';

/**
 * Test videos with a frame counter in the picture that a program can read, so that a test knows which frame it
 * got, when it was sent, and whether it is whole.
 *
 * The counter is a row of square cells in the top left corner, each 1/32 of the width: white, black, 20 bits with
 * the lowest first, and their parity. It survives scaling and compression.
 */

const CELLS_PER_WIDTH = 32;
const BITS = 20;
const CELLS = 2 + BITS + 1;

export interface VideoOptions {
  width?: number;
  height?: number;
  fps?: number;
  seconds?: number;
  codec?: 'h264' | 'hevc';
  /** Frames from one key frame to the next; one second's by default. */
  gop?: number;
  /** First number of the counter. */
  countFrom?: number;
  /** What is behind the counter: an input of ffmpeg's lavfi device. */
  picture?: string;
}

/**
 * Writes a video; the name's end decides the container. `.h264` and `.hevc` are elementary streams for the test
 * camera: access units with delimiters, parameter sets with every key frame, no B-frames.
 */
export async function makeVideo(path: string, options: VideoOptions = {}): Promise<void> {
  const { width = 640, height = 360, fps = 25, seconds = 4, countFrom = 0 } = options;
  const codec = options.codec ?? (extname(path) === '.hevc' ? 'hevc' : 'h264');
  const picture = options.picture ?? `testsrc2=size=${width}x${height}:rate=${fps}`;
  await ffmpeg([
    ...['-f', 'lavfi', '-i', picture],
    ...['-t', String(seconds), '-vf', `${counterFilter(countFrom)},format=yuv420p`],
    ...encoder(codec, options.gop ?? fps),
    ...(extname(path) === '.h264' || extname(path) === '.hevc' ? ['-f', codec] : []),
    path,
  ]);
}

/** Options of ffmpeg for a stream as cameras send it, fit for `rtsp-camera.py`. */
export function encoder(codec: 'h264' | 'hevc', gop: number): string[] {
  // One slice a picture: GStreamer's payloader puts parameter sets between the slices of one.
  const params = `aud=1:repeat-headers=1:keyint=${gop}:min-keyint=${gop}:scenecut=0`;
  return codec === 'h264'
    ? [
        '-c:v',
        'libx264',
        '-preset',
        'ultrafast',
        '-tune',
        'zerolatency',
        '-x264-params',
        `${params}:sliced-threads=0`,
      ]
    : [
        '-c:v',
        'libx265',
        '-preset',
        'ultrafast',
        '-tune',
        'zerolatency',
        '-x265-params',
        `${params}:log-level=error`,
      ];
}

/** A chain of ffmpeg filters that burns the counter into the pictures. */
export function counterFilter(countFrom = 0): string {
  const cell = (index: number, color: string, enable?: string) =>
    `drawbox=x=iw*${index}/${CELLS_PER_WIDTH}:y=0:w=iw/${CELLS_PER_WIDTH}:h=iw/${CELLS_PER_WIDTH}` +
    `:color=${color}:t=fill${enable ? `:enable='${enable}'` : ''}`;
  const bit = (index: number) => `mod(floor((n+${countFrom})/${2 ** index}),2)`;
  const bits = Array.from({ length: BITS }, (_, index) => index);
  return [
    `drawbox=x=0:y=0:w=iw*${CELLS}/${CELLS_PER_WIDTH}:h=iw/${CELLS_PER_WIDTH}:color=black:t=fill`,
    cell(0, 'white'),
    ...bits.map((index) => cell(2 + index, 'white', bit(index))),
    cell(2 + BITS, 'white', `mod(${bits.map(bit).join('+')},2)`),
  ].join(',');
}

/** The counter in an rgb24 picture of any size; null when there is none or it is damaged. */
export function readCounter(image: { data: Uint8Array; width: number; height: number }): number | null {
  const side = image.width / CELLS_PER_WIDTH;
  const bright: boolean[] = [];
  for (let cell = 0; cell < CELLS; cell++) {
    const x = Math.floor((cell + 0.5) * side);
    const y = Math.floor(side / 2);
    const green = image.data[(y * image.width + x) * 3 + 1]!;
    if (green > 90 && green < 165) return null;
    bright.push(green >= 165);
  }
  if (!bright[0] || bright[1]) return null;
  const bits = bright.slice(2, 2 + BITS);
  if (bits.filter(Boolean).length % 2 !== Number(bright[2 + BITS])) return null;
  return bits.reduce((sum, set, index) => sum + (set ? 2 ** index : 0), 0);
}

/** Runs the ffmpeg that the sources use, for what a test needs. */
export async function ffmpeg(args: string[]): Promise<void> {
  const { path } = await locateFfmpeg({ ffmpegPath: null });
  await promisify(execFile)(path, ['-hide_banner', '-nostdin', '-v', 'error', '-y', ...args], {
    maxBuffer: 16 * 1024 * 1024,
  });
}
