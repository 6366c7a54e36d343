import { describe, expect, it } from 'vitest';
import { ModelError } from '../errors.ts';
import { openSession } from '../runtime.ts';
import { defaultSources, NO_SOURCES } from '../test-sources.ts';
import {
  difference,
  noise,
  plainConv,
  plainDense,
  plainMap,
  plainPool,
  type Volume,
  volume,
} from './plain-network.ts';
import { faceApiExpression, readWeights, type Weight } from './tfjs.ts';

const manifest = (weights: unknown[]) => Buffer.from(JSON.stringify([{ weights, paths: ['x.bin'] }]));

describe('readWeights', () => {
  it('reads floats, and bytes as scale and offset say', () => {
    const binary = Buffer.alloc(4 * 2 + 3);
    binary.writeFloatLE(1.5, 0);
    binary.writeFloatLE(-2, 4);
    binary.set([0, 100, 255], 8);
    const weights = readWeights(
      manifest([
        { name: 'a', shape: [2], dtype: 'float32' },
        {
          name: 'b',
          shape: [3, 1],
          dtype: 'float32',
          quantization: { dtype: 'uint8', scale: 0.01, min: -0.5 },
        },
      ]),
      binary,
    );
    expect([...weights.get('a')!.values]).toEqual([1.5, -2]);
    expect(weights.get('b')!.shape).toEqual([3, 1]);
    expect(difference(weights.get('b')!.values, [-0.5, 0.5, 2.05])).toBeLessThan(1e-6);
  });

  it('refuses truncated files, other types and what is no manifest', () => {
    const one = manifest([{ name: 'a', shape: [4], dtype: 'float32' }]);
    expect(() => readWeights(one, Buffer.alloc(15))).toThrow(/end before a/);
    expect(() => readWeights(manifest([{ name: 'a', shape: [1], dtype: 'int32' }]), Buffer.alloc(4))).toThrow(
      ModelError,
    );
    expect(() => readWeights(Buffer.from('<html>'), Buffer.alloc(4))).toThrow(/not JSON/);
  });
});

describe('faceApiExpression', () => {
  it('refuses weights of another network', () => {
    const other = manifest([{ name: 'conv1/filters', shape: [1], dtype: 'float32' }]);
    expect(() => faceApiExpression(other, Buffer.alloc(4))).toThrow(/not face-api's network/);
  });

  it('computes what the published weights compute in plain loops', async ({ skip }) => {
    const sources = await defaultSources();
    if (!sources) return skip(NO_SOURCES);
    const [json, binary] = sources('emotion');
    const session = await openSession(faceApiExpression(json!, binary!), 'expression');
    const weights = readWeights(json!, binary!);
    const planes = noise(2 * 3 * 112 * 112, 77);
    const { logits } = await session.run({ data: planes, dims: [2, 3, 112, 112] });
    for (const picture of [0, 1]) {
      const input = channelsLast(planes.subarray(picture * 3 * 112 * 112), 112);
      expect(
        difference(logits!.data.subarray(7 * picture, 7 * picture + 7), forward(weights, input)),
      ).toBeLessThan(1e-4);
    }
    await session.dispose();
  });
});

function channelsLast(planes: Float32Array, side: number): Volume {
  const area = side * side;
  const values = Float64Array.from(
    { length: 3 * area },
    (_, i) => planes[(i % 3) * area + Math.floor(i / 3)]!,
  );
  return volume(side, side, 3, values);
}

const relu = (value: number) => Math.max(0, value);
const add = (a: Volume, b: Volume) => plainMap(a, (value, i) => value + b.values[i]!);

/** face-api's own forward pass (`denseBlock4`): every layer of a block is added to the sum of those before it. */
function forward(weights: Map<string, Weight>, input: Volume): number[] {
  const get = (name: string) => weights.get(name)!;
  const separable = (x: Volume, name: string, stride: number) => {
    const spread = plainConv(x, { ...get(`${name}/depthwise_filter`), bias: null }, stride, 'same', true);
    return plainConv(
      spread,
      { ...get(`${name}/pointwise_filter`), bias: get(`${name}/bias`).values },
      1,
      'same',
    );
  };
  let x = input;
  for (let block = 0; block < 4; block++) {
    const name = `dense${block}`;
    const first =
      block === 0
        ? plainConv(x, { ...get('dense0/conv0/filters'), bias: get('dense0/conv0/bias').values }, 2, 'same')
        : separable(x, `${name}/conv0`, 2);
    const out1 = plainMap(first, relu);
    const out2 = separable(out1, `${name}/conv1`, 1);
    const in3 = plainMap(add(out1, out2), relu);
    const out3 = separable(in3, `${name}/conv2`, 1);
    const in4 = plainMap(add(out1, add(out2, out3)), relu);
    const out4 = separable(in4, `${name}/conv3`, 1);
    x = plainMap(add(out1, add(out2, add(out3, out4))), relu);
  }
  const pooled = plainPool(x, 7, 2, 'valid', 'mean');
  return plainDense(pooled.values, get('fc/weights').values, get('fc/bias').values);
}
