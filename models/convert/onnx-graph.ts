import { ModelError } from '../errors.ts';
import {
  decodeModel,
  encodeModel,
  type Graph,
  type Initializer,
  int64Tensor,
  int64Values,
  valueInfo,
} from './onnx-model.ts';

/** Size that a network takes as it comes. */
type Dim = string | number;

/**
 * UltraFace as published has 320 × 240 pixels and its box decoding built in, as constants of that size. This keeps the
 * convolutional part, with batch, height and width free, and gives the raw values: `scores` [N,A,2] after softmax
 * and `locations` [N,A,4]. Decoding them is the detector's work.
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
  graph.input = [valueInfo(input.name, ['N', 3, 'H', 'W'])];
  graph.output = [valueInfo(scores, ['N', 'A', 2]), valueInfo('locations', ['N', 'A', 4])];
  dropUnused(graph);
  return encodeModel(model);
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
