import onnxProto from 'onnx-proto';
import { ModelError } from '../errors.ts';

const { onnx } = onnxProto;

export type Model = InstanceType<typeof onnx.ModelProto>;
export type Graph = onnxProto.onnx.IGraphProto;
export type Node = onnxProto.onnx.INodeProto;
export type Initializer = onnxProto.onnx.ITensorProto;

/** ONNX's codes of element and attribute types. */
export const FLOAT = 1;
export const UINT8 = 2;
export const INT64 = 7;
export const ATTRIBUTE = { float: 1, int: 2, string: 3, ints: 7 } as const;

/** Reads an ONNX file. Throws a ModelError `model-conversion-failed` when it is none. */
export function decodeModel(bytes: Uint8Array): { model: Model; graph: Graph } {
  try {
    const model = onnx.ModelProto.decode(bytes);
    if (!model.graph?.node?.length) throw new Error('no graph in it');
    return { model, graph: model.graph };
  } catch (cause) {
    throw new ModelError('model-conversion-failed', `Not an ONNX file: ${(cause as Error).message}`, {
      cause,
    });
  }
}

/** The same model always gives the same bytes: fields are written in the order of their numbers. */
export function encodeModel(model: onnxProto.onnx.IModelProto): Buffer {
  return Buffer.from(onnx.ModelProto.encode(onnx.ModelProto.create(model)).finish());
}

/** A graph input or output. Strings are symbolic sizes. */
export function valueInfo(
  name: string,
  dims: readonly (string | number)[],
  elemType = FLOAT,
): onnxProto.onnx.IValueInfoProto {
  const dim = dims.map((size) => (typeof size === 'string' ? { dimParam: size } : { dimValue: size }));
  return { name, type: { tensorType: { elemType, shape: { dim } } } };
}

export function floatTensor(name: string, dims: readonly number[], values: Float32Array): Initializer {
  const rawData = Buffer.alloc(values.length * 4);
  for (let i = 0; i < values.length; i++) rawData.writeFloatLE(values[i]!, 4 * i);
  return { name, dims: [...dims], dataType: FLOAT, rawData };
}

export function int64Tensor(name: string, values: readonly number[]): Initializer {
  const rawData = Buffer.alloc(values.length * 8);
  values.forEach((value, i) => {
    rawData.writeBigInt64LE(BigInt(value), 8 * i);
  });
  return { name, dims: [values.length], dataType: INT64, rawData };
}

/** Values of an INT64 tensor, whichever of the two ways it stores them. */
export function int64Values(tensor: Initializer): number[] {
  if (tensor.rawData?.length) {
    const raw = Buffer.from(tensor.rawData);
    return Array.from({ length: raw.length / 8 }, (_, i) => Number(raw.readBigInt64LE(8 * i)));
  }
  return (tensor.int64Data ?? []).map(Number);
}
