import { ModelError } from '../errors.ts';
import { type ConvWeights, OnnxBuilder } from './onnx-builder.ts';

export interface Weight {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

interface WeightEntry {
  name: string;
  shape: number[];
  dtype: string;
  quantization?: { dtype: string; scale: number; min: number };
}

/**
 * Reads a TensorFlow.js weights manifest with its one binary file: float32, or uint8 where a weight is
 * `byte · scale + min`. Throws a ModelError `model-conversion-failed` on anything else or when bytes are missing.
 */
export function readWeights(manifest: Uint8Array, binary: Uint8Array): Map<string, Weight> {
  const groups = parse(manifest);
  const bytes = Buffer.from(binary.buffer, binary.byteOffset, binary.byteLength);
  const weights = new Map<string, Weight>();
  let offset = 0;
  for (const { name, shape, dtype, quantization } of groups.flatMap((group) => group.weights)) {
    const values = new Float32Array(shape.reduce((product, size) => product * size, 1));
    const size = quantization ? 1 : 4;
    if (dtype !== 'float32' || (quantization && quantization.dtype !== 'uint8')) {
      throw new ModelError(
        'model-conversion-failed',
        `Weight ${name} is stored as ${quantization?.dtype ?? dtype}`,
      );
    }
    if (offset + values.length * size > bytes.length) {
      throw new ModelError(
        'model-conversion-failed',
        `The weights end before ${name}: the file is truncated`,
      );
    }
    for (let i = 0; i < values.length; i++, offset += size) {
      values[i] = quantization
        ? bytes[offset]! * quantization.scale + quantization.min
        : bytes.readFloatLE(offset);
    }
    weights.set(name, { shape, values });
  }
  return weights;
}

function parse(manifest: Uint8Array): { weights: WeightEntry[] }[] {
  try {
    return JSON.parse(Buffer.from(manifest).toString('utf8')) as { weights: WeightEntry[] }[];
  } catch (cause) {
    throw new ModelError('model-conversion-failed', 'The weights manifest is not JSON', { cause });
  }
}

const BLOCKS = 4;
const SIDE = 112;

/**
 * face-api's expression network from its weights: four blocks of four densely added separable convolutions (the
 * first one of the first block is a plain one), each block halving the picture; mean over 7 × 7; one linear layer.
 * Input `input` [N,3,112,112], output `logits` [N,classes].
 */
export function faceApiExpression(manifest: Uint8Array, binary: Uint8Array): Buffer {
  const weights = readWeights(manifest, binary);
  const get = (name: string): Weight => {
    const found = weights.get(name);
    if (!found)
      throw new ModelError('model-conversion-failed', `This is not face-api's network: no weight ${name}`);
    return found;
  };
  const conv = (filter: string, bias: string | null): ConvWeights => ({
    ...get(filter),
    bias: bias === null ? null : get(bias).values,
  });
  const builder = new OnnxBuilder();

  const separable = (input: string, name: string, stride: 1 | 2): string => {
    const options = { stride: [stride, stride], padding: 'same' } as const;
    const depth = conv(`${name}/depthwise_filter`, null);
    const spread = builder.conv(input, depth, { ...options, name: `${name}/depthwise`, depthwise: true });
    const point = conv(`${name}/pointwise_filter`, `${name}/bias`);
    return builder.conv(spread, point, { name: `${name}/pointwise`, stride: [1, 1], padding: 'same' });
  };

  let value = 'input';
  for (let block = 0; block < BLOCKS; block++) {
    const name = (layer: number) => `dense${block}/conv${layer}`;
    const first =
      block === 0
        ? builder.conv(value, conv(`${name(0)}/filters`, `${name(0)}/bias`), {
            name: name(0),
            stride: [2, 2],
            padding: 'same',
          })
        : separable(value, name(0), 2);
    value = builder.node('Relu', [first]);
    let sum = value;
    for (let layer = 1; layer < 4; layer++) {
      sum = builder.node('Add', [sum, separable(value, name(layer), 1)]);
      value = builder.node('Relu', [sum]);
    }
  }
  const { shape, values } = get('fc/weights');
  const [features = 0, classes = 0] = shape;
  value = builder.node('AveragePool', [value], { kernel_shape: { ints: [7, 7] }, strides: { ints: [2, 2] } });
  value = builder.node('Reshape', [value, builder.ints([-1, features])]);
  value = builder.node('MatMul', [value, builder.floats('fc/weights', [features, classes], values)]);
  builder.node('Add', [value, builder.floats('fc/bias', [classes], get('fc/bias').values)], {}, 'logits');
  return builder.build({ name: 'input', dims: ['N', 3, SIDE, SIDE] }, { logits: ['N', classes] });
}
