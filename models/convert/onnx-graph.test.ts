import { beforeAll, describe, expect, it } from 'vitest';
import { openSession } from '../runtime.ts';
import { defaultSources, NO_SOURCES } from '../test-sources.ts';
import { decodeUltraFace } from '../ultraface.ts';
import { OnnxBuilder } from './onnx-builder.ts';
import { cutUltraFace, freeBatch, freeFrame } from './onnx-graph.ts';
import { difference, noise, plainConv, volume } from './plain-network.ts';

type GetSources = NonNullable<Awaited<ReturnType<typeof defaultSources>>>;
let sources: GetSources | null;

beforeAll(async () => {
  sources = await defaultSources();
});

/** A detector in miniature: a convolution over pixels, and two heads with the operators that mark them. */
function miniDetector(): { file: Buffer; weights: Float32Array } {
  const weights = noise(3 * 3 * 3 * 2, 5);
  const builder = new OnnxBuilder();
  const pixels = builder.conv(
    'input',
    { shape: [3, 3, 3, 2], values: weights, bias: null },
    { name: 'first', stride: [2, 2], padding: 'valid' },
  );
  const flat = builder.node('Reshape', [
    builder.node('Transpose', [pixels], { perm: { ints: [0, 2, 3, 1] } }),
    builder.ints([1, -1, 2]),
  ]);
  const four = builder.node('Concat', [flat, flat, flat, flat], { axis: { int: 1 } });
  builder.node(
    'Softmax',
    [builder.node('Concat', [flat, flat, flat, flat], { axis: { int: 1 } })],
    { axis: { int: 2 } },
    'scores',
  );
  builder.node('Exp', [four], {}, 'boxes');
  return {
    file: builder.build({ name: 'input', dims: [1, 3, 9, 11] }, { scores: [1, 'A', 2], boxes: [1, 'A', 2] }),
    weights,
  };
}

describe('cutUltraFace', () => {
  it('reads interleaved bytes with the first convolution as planes of normalised floats were read', async () => {
    const { file, weights } = miniDetector();
    const session = await openSession(cutUltraFace(file), 'test');
    expect(session.inputs).toEqual(['pixels']);
    expect(session.outputs).toEqual(['scores', 'locations']);
    for (const [width, height] of [
      [11, 9],
      [14, 8],
    ] as const) {
      const bytes = Uint8Array.from(noise(width * height * 3, 3), (value) => (value + 1) * 127);
      const values = await session.run({ data: bytes, dims: [1, 1, height, 3 * width] });
      const input = volume(
        height,
        width,
        3,
        Array.from(bytes, (byte) => (byte - 127) / 128),
      );
      const expected = plainConv(
        input,
        { shape: [3, 3, 3, 2], values: weights, bias: null },
        2,
        'valid',
      ).values;
      const four = [expected, expected, expected, expected].flatMap((part) => [...part]);
      expect(difference(values.locations!.data, four)).toBeLessThan(1e-5);
    }
    await session.dispose();
  });

  it('refuses a network that is no such detector', () => {
    const builder = new OnnxBuilder();
    builder.node('Relu', ['input'], {}, 'output');
    const file = builder.build({ name: 'input', dims: [1, 3, 4, 4] }, { output: [1, 3, 4, 4] });
    expect(() => cutUltraFace(file)).toThrow(/not an UltraFace/);
    expect(() => cutUltraFace(Buffer.from('nonsense'))).toThrow(/ONNX/);
  });

  it('together with its decoding gives the boxes and scores of the published network', async ({ skip }) => {
    if (!sources) return skip(NO_SOURCES);
    const [width, height] = [320, 240];
    const bytes = Uint8Array.from(noise(width * height * 3, 11), (value) => (value + 1) * 127);
    const planes = new Float32Array(bytes.length);
    for (let i = 0; i < width * height; i++) {
      for (let c = 0; c < 3; c++) planes[c * width * height + i] = (bytes[3 * i + c]! - 127) / 128;
    }
    const [published] = sources('detector');
    const stock = await openSession(published!, 'stock');
    const cut = await openSession(cutUltraFace(published!), 'cut');
    const before = await stock.run({ data: planes, dims: [1, 3, height, width] });
    const after = await cut.run({ data: bytes, dims: [1, 1, height, 3 * width] });
    expect(difference(after.scores!.data, before.scores!.data)).toBeLessThan(1e-4);
    const found = decodeUltraFace(after.scores!.data, after.locations!.data, width, height, 0);
    expect(found).toHaveLength(4420);
    const stride = (i: number) => (i < 3600 ? 8 : i < 4200 ? 16 : i < 4360 ? 32 : 64);
    const apart = found.map(({ box: [x, y, w, h] }, i) => {
      const corners = [x, y, x + w, y + h];
      const expected = [...before.boxes!.data.subarray(4 * i, 4 * i + 4)];
      return corners.map((value, k) => Math.abs(value - expected[k]! * (k % 2 ? height : width)));
    });
    const largest = (wanted: (i: number) => boolean, sides: number[]) =>
      Math.max(...apart.filter((_, i) => wanted(i)).flatMap((four) => sides.map((k) => four[k]!)));
    expect(largest((i) => stride(i) <= 16, [0, 1, 2, 3])).toBeLessThan(0.02);
    // Rows of the coarse strides: see `ultraface.ts`. The largest anchors are clipped to the picture's 240 rows there.
    expect(largest((i) => stride(i) > 16, [0, 2])).toBeLessThan(0.02);
    const unclipped = (i: number) => stride(i) === 32 || (stride(i) === 64 && (i - 4360) % 3 < 2);
    expect(largest(unclipped, [1, 3])).toBeLessThan(7.1);
    await stock.dispose();
    await cut.dispose();
  });
});

describe('freeBatch', () => {
  it.for([
    ['landmarks', [1, 64, 64]],
    ['embedder', [3, 112, 112]],
    ['headPose', [3, 224, 224]],
    ['eyes', [1, 24, 24]],
    ['liveness', [3, 128, 128]],
  ] as const)(
    'gives for three pictures at once what the published %s network gives for each',
    async ([role, shape], { skip }) => {
      if (!sources) return skip(NO_SOURCES);
      const [published] = sources(role);
      const length = shape[0] * shape[1] * shape[2];
      const data = noise(3 * length, 23);
      const stock = await openSession(published!, 'stock');
      const free = await openSession(freeBatch(published!), 'free');
      const together = await free.run({ data, dims: [3, ...shape] });
      for (let i = 0; i < 3; i++) {
        const alone = await stock.run({
          data: data.slice(i * length, (i + 1) * length),
          dims: [1, ...shape],
        });
        for (const name of stock.outputs) {
          const size = alone[name]!.data.length;
          const share = together[name]!.data.subarray(i * size, (i + 1) * size);
          expect(difference(share, alone[name]!.data)).toBeLessThan(1e-4);
        }
      }
      await stock.dispose();
      await free.dispose();
    },
  );

  it('gives the same bytes every time', () => {
    const { file } = miniDetector();
    expect(freeBatch(file).equals(freeBatch(file))).toBe(true);
    expect(cutUltraFace(file).equals(cutUltraFace(file))).toBe(true);
  });
});

describe('freeFrame', () => {
  it('lets a network that was exported for one size take others', async () => {
    const builder = new OnnxBuilder();
    const pooled = builder.node('MaxPool', ['input'], {
      kernel_shape: { ints: [2, 2] },
      strides: { ints: [2, 2] },
    });
    const turned = builder.node('Transpose', [pooled], { perm: { ints: [0, 2, 3, 1] } });
    builder.node('Reshape', [turned, builder.ints([1, -1, 3])], {}, 'cls_8');
    const fixed = builder.build({ name: 'input', dims: [1, 3, 4, 4] }, { cls_8: [1, 4, 3] });
    const session = await openSession(freeFrame(fixed), 'free');
    const result = await session.run({ data: noise(3 * 6 * 8, 1), dims: [1, 3, 6, 8] });
    expect(result.cls_8!.dims).toEqual([1, 12, 3]);
    await session.dispose();
  });
});
