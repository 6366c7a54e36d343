import { OnnxBuilder } from './convert/onnx-builder.ts';
import type { PixelFormat, RgbImage } from './image.ts';
import { openSession } from './runtime.ts';

/** A picture, pixel by pixel; for tests. */
export const image = (
  width: number,
  height: number,
  pixel: (x: number, y: number, c: number) => number,
): RgbImage => {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < data.length; i++)
    data[i] = pixel(Math.floor(i / 3) % width, Math.floor(i / 3 / width), i % 3);
  return { data, width, height };
};

/** A network that gives its input back, flattened: what a wrapper writes can be read off. */
export async function echo(width: number, height: number, format: PixelFormat, outputs: string[]) {
  const channels = format.layout === 'grey' ? 1 : 3;
  const dims = format.layout === 'interleaved-rgb' ? [height, width, 3] : [channels, height, width];
  const length = channels * width * height;
  const builder = new OnnxBuilder();
  const shapes: Record<string, (string | number)[]> = {};
  for (const name of outputs) {
    builder.node('Reshape', ['input', builder.ints([-1, length])], {}, name);
    shapes[name] = ['N', length];
  }
  const file = builder.build({ name: 'input', dims: ['N', ...dims] }, shapes);
  return { session: await openSession(file, 'echo'), width, height, format };
}
