import { Builder } from 'flatbuffers';
import { describe, expect, it } from 'vitest';
import { ModelError } from '../errors.ts';
import { openSession } from '../runtime.ts';
import { defaultSources, NO_SOURCES } from '../test-sources.ts';
import { difference, noise, plainConv, plainDense, plainPool, type Volume, volume } from './plain-network.ts';
import { tfliteToOnnx } from './tflite.ts';
import { readTflite, type TfliteGraph } from './tflite-reader.ts';

/** Runs a TFLite graph operator by operator in plain loops: an implementation that shares nothing with ONNX. */
function interpret(graph: TfliteGraph, input: Float32Array): number[][] {
  const values = new Map<number, Volume>();
  const shape = (index: number) => graph.tensors[index]!.shape;
  const asVolume = (index: number, data: ArrayLike<number>): Volume => {
    const sizes = shape(index);
    const [h, w, c] = sizes.length === 4 ? sizes.slice(1) : [1, 1, sizes.at(-1) ?? 1];
    return volume(h!, w!, c!, data);
  };
  const get = (index: number) => values.get(index) ?? asVolume(index, graph.tensors[index]!.values!);
  values.set(graph.inputs[0]!, asVolume(graph.inputs[0]!, input));
  for (const operator of graph.operators) {
    const [a = -1, b = -1, c = -1] = operator.inputs;
    const out = operator.outputs[0]!;
    const unary = (f: (v: number) => number) => values.set(out, asVolume(out, get(a).values.map(f)));
    const binary = (f: (x: number, y: number) => number) => {
      const [x, y] = [get(a).values, get(b).values];
      const length = Math.max(x.length, y.length);
      const data = Float64Array.from({ length }, (_, i) => f(x[i % x.length]!, y[i % y.length]!));
      values.set(out, asVolume(out, data));
    };
    const padding = operator.option(0, 'byte', 0) === 0 ? 'same' : 'valid';
    switch (operator.code) {
      case 0:
        binary((x, y) => x + y);
        break;
      case 3: {
        const [co = 0, kh = 0, kw = 0, ci = 0] = shape(b);
        const stored = graph.tensors[b]!.values!;
        const turned = Float64Array.from(
          { length: stored.length },
          (_, i) => stored[(i % co) * kh * kw * ci + Math.floor(i / co)]!,
        );
        const filter = { shape: [kh, kw, ci, co], values: turned, bias: graph.tensors[c]!.values };
        values.set(out, plainConv(get(a), filter, operator.option(1, 'int', 1), padding));
        break;
      }
      case 9: {
        const [co = 0, ci = 0] = shape(b);
        const stored = graph.tensors[b]!.values!;
        const turned = Float64Array.from(
          { length: co * ci },
          (_, i) => stored[(i % co) * ci + Math.floor(i / co)]!,
        );
        values.set(out, asVolume(out, plainDense(get(a).values, turned, graph.tensors[c]!.values!)));
        break;
      }
      case 17:
        values.set(
          out,
          plainPool(get(a), operator.option(3, 'int', 1), operator.option(1, 'int', 1), padding, 'max'),
        );
        break;
      case 18:
        binary((x, y) => x * y);
        break;
      case 19:
        unary((v) => Math.max(0, v));
        break;
      case 41:
        binary((x, y) => x - y);
        break;
      case 42:
        binary((x, y) => x / y);
        break;
      case 47:
        unary(Math.exp);
        break;
      case 59:
        unary((v) => -v);
        break;
      case 74:
        values.set(out, asVolume(out, [get(a).values.reduce((x, y) => x + y, 0)]));
        break;
      case 82:
        values.set(out, asVolume(out, [Math.max(...get(a).values)]));
        break;
      default:
        throw new Error(`operator ${operator.code}`);
    }
  }
  return graph.outputs.map((index) => [...get(index).values]);
}

describe('tfliteToOnnx', () => {
  it('computes what the published O-Net computes in plain loops, for several pictures at once', async ({
    skip,
  }) => {
    const sources = await defaultSources();
    if (!sources) return skip(NO_SOURCES);
    const [file] = sources('verifier');
    const session = await openSession(tfliteToOnnx(file!, ['scores', 'box', 'points']), 'onet');
    const length = 48 * 48 * 3;
    const data = noise(3 * length, 41);
    const results = await session.run({ data, dims: [3, 48, 48, 3] });
    const graph = readTflite(file!);
    for (let i = 0; i < 3; i++) {
      const expected = interpret(graph, data.subarray(i * length, (i + 1) * length));
      ['scores', 'box', 'points'].forEach((name, k) => {
        const size = expected[k]!.length;
        const share = results[name]!.data.subarray(i * size, (i + 1) * size);
        expect(difference(share, expected[k]!)).toBeLessThan(1e-4);
      });
    }
    await session.dispose();
  });

  it('refuses files that are no TFLite, damaged, or use other operators', () => {
    expect(() => readTflite(Buffer.from('nothing of the kind'))).toThrow(/Not a TFLite/);
    const good = tinyFile(19);
    expect(readTflite(good).operators.map((operator) => operator.code)).toEqual([19]);
    expect(() => readTflite(good.subarray(0, 24))).toThrow(ModelError);
    expect(() => tfliteToOnnx(tinyFile(23), ['out'])).toThrow(/operator 23 is not supported/);
    expect(() => tfliteToOnnx(good, ['a', 'b'])).toThrow(/no output for b/);
  });

  it('reads operator codes beyond one byte', () => {
    expect(readTflite(tinyFile(150)).operators[0]!.code).toBe(150);
  });
});

/** A file with one operator from input to output, both [1,4]. */
function tinyFile(code: number): Buffer {
  const builder = new Builder(256);
  const ints = (values: number[]) => {
    builder.startVector(4, values.length, 4);
    for (const value of values.toReversed()) builder.addInt32(value);
    return builder.endVector();
  };
  const offsets = (values: number[]) => {
    builder.startVector(4, values.length, 4);
    for (const value of values.toReversed()) builder.addOffset(value);
    return builder.endVector();
  };
  const table = (fields: [index: number, kind: 'offset' | 'int' | 'byte', value: number][]) => {
    builder.startObject(6);
    for (const [index, kind, value] of fields) {
      if (kind === 'offset') builder.addFieldOffset(index, value, 0);
      else if (kind === 'int') builder.addFieldInt32(index, value, 0);
      else builder.addFieldInt8(index, value, 0);
    }
    return builder.endObject();
  };
  const tensor = (name: string) => {
    const text = builder.createString(name);
    const shape = ints([1, 4]);
    return table([
      [0, 'offset', shape],
      [3, 'offset', text],
    ]);
  };
  const tensors = offsets([tensor('in'), tensor('out')]);
  const [zero, one] = [ints([0]), ints([1])];
  const operators = offsets([
    table([
      [1, 'offset', zero],
      [2, 'offset', one],
    ]),
  ]);
  const graph = offsets([
    table([
      [0, 'offset', tensors],
      [1, 'offset', zero],
      [2, 'offset', one],
      [3, 'offset', operators],
    ]),
  ]);
  const codes = offsets([
    table([
      [0, 'byte', Math.min(code, 127)],
      [3, 'int', code],
    ]),
  ]);
  const buffers = offsets([table([])]);
  const model = table([
    [1, 'offset', codes],
    [2, 'offset', graph],
    [4, 'offset', buffers],
  ]);
  builder.finish(model, 'TFL3');
  return Buffer.from(builder.asUint8Array());
}
