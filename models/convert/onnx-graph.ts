import { ModelError } from '../errors.ts';
import {
  decodeModel,
  encodeModel,
  FLOAT,
  floatTensor,
  type Graph,
  type Initializer,
  int64Tensor,
  int64Values,
  UINT8,
  valueInfo,
} from './onnx-model.ts';

/** Size that a network takes as it comes. */
type Dim = string | number;

/**
 * UltraFace as published has 320 × 240 pixels and its box decoding built in, as constants of that size. This keeps the
 * convolutional part, with batch, height and width free, and gives the raw values: `scores` [N,A,2] after softmax
 * and `locations` [N,A,4]. Decoding them is the detector's work. The input becomes `pixels`: see `takeBytes`.
 */
export function cutUltraFace(bytes: Uint8Array): Buffer {
  const { model, graph } = decodeModel(bytes);
  const nodes = graph.node!;
  const softmaxAt = nodes.findIndex((node) => node.opType === 'Softmax');
  const locations = nodes
    .slice(0, softmaxAt)
    .findLast((node) => node.opType === 'Concat' && node.input?.length === 4);
  const scores = nodes[softmaxAt]?.output?.[0];
  const input = realInputs(graph)[0];
  if (!locations?.output?.[0] || !scores || !input?.name) {
    throw new ModelError(
      'model-conversion-failed',
      'This is not an UltraFace detector: its two heads were not found',
    );
  }
  graph.node = nodes.slice(0, softmaxAt + 1);
  graph.node.push({
    opType: 'Identity',
    name: 'locations',
    input: [locations.output[0]],
    output: ['locations'],
  });
  takeBytes(graph, input.name, { mean: 127, divisor: 128 });
  // DequantizeLinear came with opset 10; none of the other operators left in changed with it.
  model.opsetImport = [{ domain: '', version: 10 }];
  graph.output = [valueInfo(scores, ['N', 'A', 2]), valueInfo('locations', ['N', 'A', 4])];
  dropUnused(graph);
  return encodeModel(model);
}

/**
 * Lets a network take interleaved RGB bytes, as video frames have them: `pixels` [N,1,H,3·W] uint8. One operator makes
 * (x − mean) / divisor of them, and the first convolution reads its three channels from neighbouring columns: a
 * kernel of 3 × 3 over three planes at stride 2 is one of 3 × 9 over one plane at stride 2 × 6. That saves turning
 * every frame into three planes of floats, which in JavaScript costs an eighth of the detection itself.
 */
function takeBytes(graph: Graph, input: string, { mean, divisor }: { mean: number; divisor: number }): void {
  const conv = graph.node!.find((node) => node.input?.includes(input));
  const weights = graph.initializer!.find((tensor) => tensor.name === conv?.input?.[1]);
  const [outputs = 0, channels = 0, height = 0, width = 0] = weights?.dims?.map(Number) ?? [];
  if (conv?.opType !== 'Conv' || !weights?.rawData || channels !== 3) {
    throw new ModelError(
      'model-conversion-failed',
      'The network does not begin with a convolution over three channels',
    );
  }
  const stored = Buffer.from(weights.rawData);
  const turned = new Float32Array(outputs * channels * height * width);
  for (let o = 0; o < outputs; o++) {
    for (let c = 0; c < channels; c++) {
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          const from = ((o * channels + c) * height + y) * width + x;
          turned[((o * height + y) * width + x) * channels + c] = stored.readFloatLE(4 * from);
        }
      }
    }
  }
  Object.assign(weights, floatTensor(weights.name!, [outputs, 1, height, width * channels], turned));
  for (const attribute of conv.attribute ?? []) {
    const values = attribute.ints?.map(Number) ?? [];
    const widen = (i: number, odd: number) => (i % 2 === odd ? values[i]! * channels : values[i]!);
    if (attribute.name === 'kernel_shape') attribute.ints = [height, width * channels];
    // Two sides (strides) or four (pads: top, left, bottom, right): every other one is horizontal.
    if (attribute.name === 'strides' || attribute.name === 'pads')
      attribute.ints = values.map((_, i) => widen(i, 1));
  }
  graph.initializer!.push(
    { name: 'pixels.scale', dims: [], dataType: FLOAT, floatData: [1 / divisor] },
    { name: 'pixels.mean', dims: [], dataType: UINT8, int32Data: [mean] },
  );
  graph.node!.unshift({
    opType: 'DequantizeLinear',
    name: 'pixels',
    input: ['pixels', 'pixels.scale', 'pixels.mean'],
    output: [input],
  });
  graph.input = [valueInfo('pixels', ['N', 1, 'H', 'W3'], UINT8)];
}

/**
 * Frees the first dimension of a network that was exported for one picture: inputs, outputs, and every reshape whose
 * target starts with a literal 1, which becomes 0 ("as it comes").
 */
export function freeBatch(bytes: Uint8Array): Buffer {
  const { model, graph } = decodeModel(bytes);
  graph.input = realInputs(graph);
  for (const value of [...graph.input, ...(graph.output ?? [])])
    freeDim(value.type?.tensorType?.shape?.dim, 0, 'N');
  freeReshapes(graph);
  dropUnused(graph);
  return encodeModel(model);
}

/** Frees height and width of an NCHW input, for fully convolutional networks run one frame at a time. */
export function freeFrame(bytes: Uint8Array): Buffer {
  const { model, graph } = decodeModel(bytes);
  graph.input = realInputs(graph);
  for (const value of graph.input) {
    freeDim(value.type?.tensorType?.shape?.dim, 2, 'H');
    freeDim(value.type?.tensorType?.shape?.dim, 3, 'W');
  }
  for (const value of graph.output ?? [])
    freeDim(value.type?.tensorType?.shape?.dim, 1, `${value.name}_cells`);
  dropUnused(graph);
  return encodeModel(model);
}

/** Inputs that are fed: older files list their weights as inputs too. */
function realInputs(graph: Graph) {
  const weights = new Set(graph.initializer?.map((tensor) => tensor.name));
  return (graph.input ?? []).filter((input) => !weights.has(input.name));
}

function freeDim(
  dims: { dimParam?: string | null; dimValue?: unknown }[] | null | undefined,
  at: number,
  name: Dim,
) {
  if (dims?.[at]) dims[at] = { dimParam: String(name) };
}

function freeReshapes(graph: Graph): void {
  const constants = new Map<string, Initializer>();
  for (const tensor of graph.initializer ?? []) if (tensor.name) constants.set(tensor.name, tensor);
  for (const node of graph.node ?? []) {
    const value = node.opType === 'Constant' ? node.attribute?.[0]?.t : undefined;
    if (value && node.output?.[0]) constants.set(node.output[0], value);
  }
  for (const node of graph.node ?? []) {
    const shape = node.opType === 'Reshape' ? constants.get(node.input?.[1] ?? '') : undefined;
    const sizes = shape ? int64Values(shape) : [];
    if (!shape || sizes.length < 2 || sizes[0] !== 1) continue;
    const freed = int64Tensor('', [0, ...sizes.slice(1)]);
    shape.rawData = freed.rawData ?? null;
    shape.int64Data = [];
  }
}

/** Leaves out weights that no node reads, and shape hints that no longer hold. */
function dropUnused(graph: Graph): void {
  const used = new Set(graph.node!.flatMap((node) => node.input ?? []));
  graph.initializer = (graph.initializer ?? []).filter((tensor) => used.has(tensor.name ?? ''));
  graph.valueInfo = [];
}
