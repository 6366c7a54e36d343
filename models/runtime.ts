import * as ort from 'onnxruntime-node';
import { ModelError } from './errors.ts';

/** What goes in, row-major: floats, or bytes where the network takes bytes. */
export interface TensorInput {
  readonly data: Float32Array | Uint8Array;
  readonly dims: readonly number[];
}

/** What comes out, row-major. */
export interface TensorValue {
  readonly data: Float32Array;
  readonly dims: readonly number[];
}

/** An open network. Runs may overlap; each brings its own input memory, which must stay untouched until it ends. */
export interface ModelSession {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  run(input: TensorInput, outputs?: readonly string[]): Promise<Record<string, TensorValue>>;
  dispose(): Promise<void>;
}

export interface SessionOptions {
  /** Threads inside one operator. One is best when several workers share a machine. */
  threads?: number;
}

/**
 * Opens an ONNX network from memory on the CPU. Throws a ModelError `model-unusable` when it is none or asks for
 * operators that the runtime does not have. Only networks with one input are supported.
 */
export async function openSession(
  bytes: Uint8Array,
  name: string,
  options: SessionOptions = {},
): Promise<ModelSession> {
  const session = await ort.InferenceSession.create(bytes, {
    executionProviders: ['cpu'],
    graphOptimizationLevel: 'all',
    executionMode: 'sequential',
    intraOpNumThreads: options.threads ?? 1,
    interOpNumThreads: 1,
    // A plan of memory for every shape ever seen: 150 MB for one 1080p detector, and no faster.
    enableMemPattern: false,
    // Errors only: the runtime's warnings about unused initializers mean nothing to an operator of the server.
    logSeverityLevel: 3,
  }).catch((cause: unknown) => {
    throw new ModelError('model-unusable', `${name} cannot be opened by ONNX Runtime: ${messageOf(cause)}`, {
      cause,
    });
  });
  const input = session.inputNames[0];
  if (input === undefined || session.inputNames.length !== 1) {
    await session.release();
    throw new ModelError('model-unusable', `${name} has ${session.inputNames.length} inputs instead of one`);
  }
  return {
    inputs: session.inputNames,
    outputs: session.outputNames,
    async run(value, outputs = session.outputNames) {
      const tensor =
        value.data instanceof Uint8Array
          ? new ort.Tensor('uint8', value.data, value.dims)
          : new ort.Tensor('float32', value.data, value.dims);
      const results = await session.run({ [input]: tensor }, [...outputs]);
      const values: Record<string, TensorValue> = {};
      for (const output of outputs) {
        const result = results[output];
        if (!(result?.data instanceof Float32Array)) {
          throw new ModelError('model-unusable', `${name}: output ${output} is not float32`);
        }
        values[output] = { data: result.data, dims: result.dims };
      }
      return values;
    },
    dispose: () => session.release(),
  };
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

type Scratch = Float32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>;

/**
 * Memory that is used again: frames come at a steady size, and a fresh array of megabytes each would keep the garbage
 * collector busy. `use` lends an array of exactly `length` elements for the time of one call; overlapping calls get
 * memory of their own. Contents are whatever the last user left.
 */
export class ScratchPool<T extends Scratch> {
  readonly #type: new (
    length: number,
  ) => T;
  readonly #keep: number;
  #free: T[] = [];

  constructor(type: new (length: number) => T, keep = 2) {
    this.#type = type;
    this.#keep = keep;
  }

  async use<R>(length: number, work: (scratch: T) => Promise<R>): Promise<R> {
    const index = this.#free.findIndex((candidate) => candidate.length >= length);
    const memory = index >= 0 ? this.#free.splice(index, 1)[0]! : new this.#type(length);
    try {
      return await work(memory.length === length ? memory : (memory.subarray(0, length) as T));
    } finally {
      // The largest stay: they serve every size.
      this.#free = [...this.#free, memory].sort((a, b) => b.length - a.length).slice(0, this.#keep);
    }
  }
}
