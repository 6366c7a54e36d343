import { type PixelFormat, slotLength, type TensorSlot } from './image.ts';
import { type ModelSession, ScratchPool, type TensorValue } from './runtime.ts';

/** A network that looks at small pictures of one size. */
export interface CropNetwork {
  readonly session: ModelSession;
  readonly width: number;
  readonly height: number;
  readonly format: PixelFormat;
}

/** More pictures at once gain nothing, hold more memory and fall out of the cache: eight are slower than four. */
const MAX_BATCH = 4;

/** The part of every output that belongs to one item, by output name. */
export type ItemOutputs = Readonly<Record<string, Float32Array>>;

/**
 * Runs a network over a list, four items at a time: `write` puts an item's pixels into its slot, `read` turns its
 * share of the outputs into a result (the arrays are views: copy what is to be kept). Results keep the list's order.
 */
export function cropRunner(network: CropNetwork, outputs: readonly string[]) {
  const scratch = new ScratchPool(Float32Array);
  const { session, width, height, format } = network;
  const length = slotLength(width, height, format);

  return async function run<Item, Result>(
    items: readonly Item[],
    write: (item: Item, slot: TensorSlot) => void,
    read: (outputs: ItemOutputs, item: Item) => Result,
  ): Promise<Result[]> {
    const results: Result[] = [];
    for (let start = 0; start < items.length; start += MAX_BATCH) {
      const batch = items.slice(start, start + MAX_BATCH);
      await scratch.use(batch.length * length, async (data) => {
        batch.forEach((item, i) => {
          write(item, { data, offset: i * length, width, height, format });
        });
        const values = await session.run({ data, dims: dimsOf(network, batch.length) }, outputs);
        batch.forEach((item, i) => {
          results.push(read(shareOf(values, i, batch.length), item));
        });
      });
    }
    return results;
  };
}

function dimsOf({ width, height, format }: CropNetwork, count: number): number[] {
  if (format.layout === 'interleaved-rgb') return [count, height, width, 3];
  return [count, format.layout === 'grey' ? 1 : 3, height, width];
}

function shareOf(values: Record<string, TensorValue>, index: number, count: number): ItemOutputs {
  const share: Record<string, Float32Array> = {};
  for (const [name, { data }] of Object.entries(values)) {
    const length = data.length / count;
    share[name] = data.subarray(index * length, (index + 1) * length);
  }
  return share;
}

/** Probabilities from logits; the largest logit is subtracted first so that nothing overflows. */
export function softmax(logits: ArrayLike<number>): Float32Array {
  let largest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < logits.length; i++) largest = Math.max(largest, logits[i]!);
  const probabilities = new Float32Array(logits.length);
  let sum = 0;
  for (let i = 0; i < logits.length; i++) {
    probabilities[i] = Math.exp(logits[i]! - largest);
    sum += probabilities[i]!;
  }
  for (let i = 0; i < logits.length; i++) probabilities[i] = probabilities[i]! / sum;
  return probabilities;
}
