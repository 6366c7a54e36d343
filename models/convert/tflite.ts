import { ModelError } from '../errors.ts';
import { OnnxBuilder } from './onnx-builder.ts';
import { readTflite, type TfliteGraph, type TfliteOperator } from './tflite-reader.ts';

/** Operators that are understood, by their number in the schema's `BuiltinOperator`. */
const OPERATORS: Readonly<Record<number, (context: Context, operator: TfliteOperator) => string>> = {
  0: (c, op) => activate(c, c.builder.node('Add', op.inputs.map(c.value)), op.option(0, 'byte', 0)),
  3: conv2d,
  9: fullyConnected,
  17: maxPool,
  18: (c, op) => activate(c, c.builder.node('Mul', op.inputs.map(c.value)), op.option(0, 'byte', 0)),
  19: (c, op) => c.builder.node('Relu', op.inputs.map(c.value)),
  25: (c, op) => c.builder.node('Softmax', op.inputs.map(c.value), { axis: { int: -1 } }),
  41: (c, op) => activate(c, c.builder.node('Sub', op.inputs.map(c.value)), op.option(0, 'byte', 0)),
  42: (c, op) => activate(c, c.builder.node('Div', op.inputs.map(c.value)), op.option(0, 'byte', 0)),
  47: (c, op) => c.builder.node('Exp', op.inputs.map(c.value)),
  59: (c, op) => c.builder.node('Neg', op.inputs.map(c.value)),
  74: (c, op) => {
    // From opset 13 a sum takes its axes as an input, while a maximum still takes them as an attribute.
    const inputs = [c.value(op.inputs[0]!), c.builder.ints(c.ints(op.inputs[1]!))];
    return c.builder.node('ReduceSum', inputs, { keepdims: { int: op.option(0, 'byte', 0) } });
  },
  82: (c, op) =>
    c.builder.node('ReduceMax', [c.value(op.inputs[0]!)], {
      axes: { ints: c.ints(op.inputs[1]!) },
      keepdims: { int: op.option(0, 'byte', 0) },
    }),
};

interface Context {
  readonly builder: OnnxBuilder;
  readonly graph: TfliteGraph;
  /** Name of a tensor's value in the graph that is being built. */
  readonly value: (index: number) => string;
  readonly floats: (index: number) => Float32Array;
  readonly ints: (index: number) => number[];
}

/**
 * A TFLite network with one input as ONNX, its batch dimension freed. Values keep TensorFlow's channels-last order
 * (ONNX Runtime removes the transpositions round convolutions); outputs get the names given, in the file's order.
 * Throws a ModelError `model-conversion-failed` for operators that this does not know.
 */
export function tfliteToOnnx(file: Uint8Array, outputNames: readonly string[]): Buffer {
  const graph = readTflite(file);
  const builder = new OnnxBuilder();
  const names = new Map<number, string>([[graph.inputs[0]!, 'input']]);
  const context: Context = {
    builder,
    graph,
    value: (index) => names.get(index) ?? constantValue(context, index),
    floats: (index) => constantOf(graph, index, Float32Array),
    ints: (index) => [...constantOf(graph, index, Int32Array)],
  };
  for (const operator of graph.operators) {
    const emit = OPERATORS[operator.code];
    if (!emit)
      throw new ModelError('model-conversion-failed', `TFLite operator ${operator.code} is not supported`);
    names.set(operator.outputs[0]!, emit(context, operator));
  }
  const outputs: Record<string, (string | number)[]> = {};
  outputNames.forEach((name, i) => {
    const index = graph.outputs[i] ?? -1;
    const value = names.get(index);
    if (!value) throw new ModelError('model-conversion-failed', `The TFLite file has no output for ${name}`);
    builder.node('Identity', [value], {}, name);
    outputs[name] = freeBatchOf(graph, index);
  });
  return builder.build({ name: 'input', dims: freeBatchOf(graph, graph.inputs[0]!) }, outputs);
}

function freeBatchOf(graph: TfliteGraph, index: number): (string | number)[] {
  return ['N', ...(graph.tensors[index]?.shape.slice(1) ?? [])];
}

function constantOf<T extends Float32Array | Int32Array>(
  graph: TfliteGraph,
  index: number,
  type: { new (length: number): T },
): T {
  const values = graph.tensors[index]?.values;
  if (values instanceof type) return values;
  throw new ModelError('model-conversion-failed', `TFLite tensor ${index} is not the constant it should be`);
}

function constantValue({ builder, graph, floats }: Context, index: number): string {
  return builder.floats(`tensor_${index}`, graph.tensors[index]?.shape ?? [], floats(index));
}

function activate({ builder }: Context, value: string, activation: number): string {
  if (activation === 0) return value;
  if (activation === 1) return builder.node('Relu', [value]);
  throw new ModelError('model-conversion-failed', `TFLite activation ${activation} is not supported`);
}

const channelsFirst = (builder: OnnxBuilder, value: string) =>
  builder.node('Transpose', [value], { perm: { ints: [0, 3, 1, 2] } });

const channelsLast = (builder: OnnxBuilder, value: string) =>
  builder.node('Transpose', [value], { perm: { ints: [0, 2, 3, 1] } });

const paddingOf = (operator: TfliteOperator) => (operator.option(0, 'byte', 0) === 0 ? 'same' : 'valid');

/** TFLite keeps filters as [O,H,W,I]; the builder takes TensorFlow's [H,W,I,O]. */
function conv2d(context: Context, operator: TfliteOperator): string {
  const { builder, graph, floats, value } = context;
  const [input = -1, filter = -1, bias = -1] = operator.inputs;
  const [outputs = 0, height = 0, width = 0, channels = 0] = graph.tensors[filter]?.shape ?? [];
  const stored = floats(filter);
  const inner = height * width * channels;
  const values = new Float32Array(stored.length);
  for (let o = 0; o < outputs; o++) {
    for (let i = 0; i < inner; i++) values[i * outputs + o] = stored[o * inner + i]!;
  }
  const result = builder.conv(
    channelsFirst(builder, value(input)),
    { shape: [height, width, channels, outputs], values, bias: bias < 0 ? null : floats(bias) },
    {
      name: `conv_${filter}`,
      stride: [operator.option(2, 'int', 1), operator.option(1, 'int', 1)],
      padding: paddingOf(operator),
    },
  );
  return channelsLast(builder, activate(context, result, operator.option(3, 'byte', 0)));
}

function maxPool({ builder, value }: Context, operator: TfliteOperator): string {
  const pooled = builder.node('MaxPool', [channelsFirst(builder, value(operator.inputs[0]!))], {
    kernel_shape: { ints: [operator.option(4, 'int', 1), operator.option(3, 'int', 1)] },
    strides: { ints: [operator.option(2, 'int', 1), operator.option(1, 'int', 1)] },
    auto_pad: { string: paddingOf(operator) === 'same' ? 'SAME_UPPER' : 'VALID' },
  });
  return channelsLast(builder, pooled);
}

/** Weights are [outputs, inputs]; whatever comes in is flattened per picture. */
function fullyConnected(context: Context, operator: TfliteOperator): string {
  const { builder, graph, floats, value } = context;
  const [input = -1, weight = -1, bias = -1] = operator.inputs;
  const [outputs = 0, inputs = 0] = graph.tensors[weight]?.shape ?? [];
  const stored = floats(weight);
  const turned = new Float32Array(stored.length);
  for (let o = 0; o < outputs; o++) {
    for (let i = 0; i < inputs; i++) turned[i * outputs + o] = stored[o * inputs + i]!;
  }
  const flat = builder.node('Reshape', [value(input), builder.ints([-1, inputs])]);
  let result = builder.node('MatMul', [flat, builder.floats(`dense_${weight}`, [inputs, outputs], turned)]);
  if (bias >= 0) result = builder.node('Add', [result, value(bias)]);
  return activate(context, result, operator.option(0, 'byte', 0));
}
