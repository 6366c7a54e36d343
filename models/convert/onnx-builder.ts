import {
  ATTRIBUTE,
  encodeModel,
  floatTensor,
  type Initializer,
  int64Tensor,
  type Node,
  valueInfo,
} from './onnx-model.ts';

type Attribute = { float: number } | { int: number } | { ints: readonly number[] } | { string: string };

/** Weights of a convolution in TensorFlow's order: height, width, channels in, channels out. */
export interface ConvWeights {
  readonly shape: readonly number[];
  readonly values: Float32Array;
  readonly bias: Float32Array | null;
}

export interface ConvOptions {
  name: string;
  stride: readonly [number, number];
  padding: 'same' | 'valid';
  /** Each input channel has filters of its own; weights are [height, width, channels, multiplier]. */
  depthwise?: boolean;
}

/**
 * Builds ONNX graphs node by node. Values are named by what made them and a running number, so that the same calls
 * give the same bytes.
 */
export class OnnxBuilder {
  readonly #nodes: Node[] = [];
  readonly #weights = new Map<string, Initializer>();

  /** Adds a node with one output and returns that output's name. */
  node(
    opType: string,
    inputs: readonly string[],
    attributes: Record<string, Attribute> = {},
    output?: string,
  ): string {
    const name = `${opType}_${this.#nodes.length}`;
    const attribute = Object.entries(attributes).map(([key, value]) => {
      if ('float' in value) return { name: key, type: ATTRIBUTE.float, f: value.float };
      if ('int' in value) return { name: key, type: ATTRIBUTE.int, i: value.int };
      if ('ints' in value) return { name: key, type: ATTRIBUTE.ints, ints: [...value.ints] };
      return { name: key, type: ATTRIBUTE.string, s: Buffer.from(value.string) };
    });
    this.#nodes.push({ opType, name, input: [...inputs], output: [output ?? name], attribute });
    return output ?? name;
  }

  floats(name: string, dims: readonly number[], values: Float32Array): string {
    if (!this.#weights.has(name)) this.#weights.set(name, floatTensor(name, dims, values));
    return name;
  }

  ints(values: readonly number[]): string {
    const name = `ints_${values.join('_')}`;
    if (!this.#weights.has(name)) this.#weights.set(name, int64Tensor(name, values));
    return name;
  }

  /** A convolution over NCHW values. TensorFlow's "same" puts the odd row of padding below and to the right. */
  conv(input: string, weights: ConvWeights, options: ConvOptions): string {
    const [height = 0, width = 0, channels = 0] = weights.shape;
    const { dims, values } = options.depthwise ? depthwiseFilters(weights) : filters(weights);
    const inputs = [input, this.floats(`${options.name}.weight`, dims, values)];
    if (weights.bias) inputs.push(this.floats(`${options.name}.bias`, [weights.bias.length], weights.bias));
    return this.node('Conv', inputs, {
      kernel_shape: { ints: [height, width] },
      strides: { ints: options.stride },
      group: { int: options.depthwise ? channels : 1 },
      auto_pad: { string: options.padding === 'same' ? 'SAME_UPPER' : 'VALID' },
    });
  }

  /** The finished file. Output names are those of values, in the order wanted. */
  build(
    input: { name: string; dims: readonly (string | number)[] },
    outputs: Record<string, readonly (string | number)[]>,
  ): Buffer {
    return encodeModel({
      irVersion: 7,
      opsetImport: [{ domain: '', version: 13 }],
      graph: {
        name: 'graph',
        node: this.#nodes,
        initializer: [...this.#weights.values()],
        input: [valueInfo(input.name, input.dims)],
        output: Object.entries(outputs).map(([name, dims]) => valueInfo(name, dims)),
      },
    });
  }
}

/** [H,W,I,O] → [O,I,H,W] */
function filters({ shape, values }: ConvWeights) {
  const [height = 0, width = 0, inputs = 0, outputs = 0] = shape;
  const area = height * width;
  const turned = new Float32Array(values.length);
  for (let at = 0; at < area; at++) {
    for (let i = 0; i < inputs; i++) {
      for (let o = 0; o < outputs; o++)
        turned[(o * inputs + i) * area + at] = values[(at * inputs + i) * outputs + o]!;
    }
  }
  return { dims: [outputs, inputs, height, width], values: turned };
}

/** [H,W,C,M] → [C·M,1,H,W] */
function depthwiseFilters({ shape, values }: ConvWeights) {
  const [height = 0, width = 0, channels = 0, multiplier = 1] = shape;
  const area = height * width;
  const count = channels * multiplier;
  const turned = new Float32Array(values.length);
  for (let at = 0; at < area; at++) {
    for (let c = 0; c < count; c++) turned[c * area + at] = values[at * count + c]!;
  }
  return { dims: [count, 1, height, width], values: turned };
}
