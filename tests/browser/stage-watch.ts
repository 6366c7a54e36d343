import type { Page } from 'playwright-core';
import sharp from 'sharp';
import type { Picture } from '../../server/realtime/topics.ts';
import type { LiveTap } from '../support/live.ts';
import { readCounter } from '../support/video.ts';

/** A frame that the stage of the live page painted. */
interface PaintedFrame {
  /** The counter in the frame, read from the canvas; null: it could not be read. */
  counter: number | null;
  /** When the page takes it to have been captured, and the instant that its boxes stand for. */
  atMs: number | null;
  facesAtMs: number | null;
  /** When it was painted, on the test's clock. */
  paintedMs: number;
}

/** The row of the picture that the counter stands in, in cells of 1/32 of the width: the first one of each. */
const SAMPLE = `(canvas) => {
  const side = canvas.width / 32;
  const { data } = canvas.getContext('2d').getImageData(0, Math.floor(side / 2), canvas.width, 1);
  return Array.from({ length: 23 }, (_, cell) => data[Math.floor((cell + 0.5) * side) * 4 + 1]);
}`;

/** Notes every frame of the moving picture from now on, as often as this is called. */
export async function watchStage(page: Page): Promise<void> {
  await page.evaluate(`{
    const canvas = document.querySelector('.stage canvas');
    globalThis.painted = [];
    if (globalThis.watchedStage !== canvas) {
      globalThis.watchedStage = canvas;
      const sample = ${SAMPLE};
      canvas.addEventListener('painted', ({ detail }) => {
        if (globalThis.painted.length < 5000)
          globalThis.painted.push({ ...detail, paintedMs: Date.now(), cells: sample(canvas) });
      });
    }
  }`);
}

export async function paintedFrames(page: Page): Promise<PaintedFrame[]> {
  const found = (await page.evaluate('globalThis.painted')) as (Omit<PaintedFrame, 'counter'> & {
    cells: number[];
  })[];
  return found.map(({ cells, ...frame }) => ({ ...frame, counter: counterOf(cells) }));
}

/** `readCounter` of a picture that has one row of cells, made of the samples. */
function counterOf(cells: number[]): number | null {
  const side = 2;
  const width = 32 * side;
  const data = new Uint8Array(width * side * 3);
  for (let y = 0; y < side; y++)
    for (let x = 0; x < width; x++)
      data.fill(cells[Math.floor(x / side)] ?? 0, (y * width + x) * 3, (y * width + x + 1) * 3);
  return readCounter({ data, width, height: side });
}

/** The counters of pictures that the pipeline has looked at, with their times of capture. */
export async function analysedCounters(tap: LiveTap, since: number, streamId: string) {
  const pictures = tap.events
    .slice(since)
    .filter(({ name }) => name === 'session:picture')
    .map(({ payload }) => payload as Picture)
    .filter((picture) => picture.streamId === streamId);
  const found: { counter: number; atMs: number }[] = [];
  for (const { jpeg, atMs } of pictures) {
    const { data, info } = await sharp(jpeg).removeAlpha().raw().toBuffer({ resolveWithObject: true });
    const counter = readCounter({ data, width: info.width, height: info.height });
    if (counter !== null) found.push({ counter, atMs });
  }
  return found;
}

/**
 * How far boxes were off the frames that they were painted on, and the page's idea of the frames' times: milliseconds,
 * one for each frame whose counter can be read and that an analysed picture lies close to.
 */
export function driftOf(
  painted: PaintedFrame[],
  analysed: { counter: number; atMs: number }[],
  { fps, frames }: { fps: number; frames: number },
): { boxes: number[]; clock: number[] } {
  const loopMs = (frames / fps) * 1000;
  const boxes: number[] = [];
  const clock: number[] = [];
  for (const { counter, atMs, facesAtMs } of painted) {
    if (counter === null || atMs === null) continue;
    let near: { counter: number; atMs: number } | null = null;
    for (const one of analysed)
      if (!near || Math.abs(one.atMs - atMs) < Math.abs(near.atMs - atMs)) near = one;
    if (!near || Math.abs(near.atMs - atMs) > 1000) continue;
    // The video is played again and again.
    const apart = (((counter - near.counter) / fps) * 1000 + 1.5 * loopMs) % loopMs;
    const truly = near.atMs + apart - loopMs / 2;
    clock.push(atMs - truly);
    if (facesAtMs !== null) boxes.push(facesAtMs - truly);
  }
  return { boxes, clock };
}

/** The share `q` of sizes is no larger. */
export function quantile(values: number[], q: number): number {
  const sorted = values.map(Math.abs).sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}
