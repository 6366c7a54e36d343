import { ByteBuffer } from 'flatbuffers';
import { ModelError } from '../errors.ts';

export interface TfliteTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** Constant contents, by stored type; null for values that operators compute. */
  readonly values: Float32Array | Int32Array | null;
}

export interface TfliteOperator {
  /** Number of the operator in the schema's `BuiltinOperator`. */
  readonly code: number;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  /** Field of the operator's options by its position in the schema. */
  option(field: number, kind: 'byte' | 'int', absent: number): number;
}

export interface TfliteGraph {
  readonly tensors: readonly TfliteTensor[];
  readonly operators: readonly TfliteOperator[];
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
}

/** A table of the FlatBuffers file, read by field position (tensorflow/lite/schema/schema.fbs). */
class Table {
  readonly #bytes: ByteBuffer;
  readonly #at: number;

  constructor(bytes: ByteBuffer, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  #field(index: number): number {
    const offset = this.#bytes.__offset(this.#at, 4 + 2 * index);
    return offset === 0 ? 0 : this.#at + offset;
  }

  int(index: number, absent = 0): number {
    const at = this.#field(index);
    return at ? this.#bytes.readInt32(at) : absent;
  }

  byte(index: number, absent = 0): number {
    const at = this.#field(index);
    return at ? this.#bytes.readInt8(at) : absent;
  }

  text(index: number): string {
    const at = this.#field(index);
    return at ? String(this.#bytes.__string(at)) : '';
  }

  table(index: number): Table | null {
    const at = this.#field(index);
    return at ? new Table(this.#bytes, this.#bytes.__indirect(at)) : null;
  }

  #vector(index: number): { start: number; length: number } {
    const at = this.#field(index);
    if (!at) return { start: 0, length: 0 };
    return { start: this.#bytes.__vector(at), length: this.#bytes.__vector_len(at) };
  }

  tables(index: number): Table[] {
    const { start, length } = this.#vector(index);
    return Array.from({ length }, (_, i) => new Table(this.#bytes, this.#bytes.__indirect(start + 4 * i)));
  }

  ints(index: number): number[] {
    const { start, length } = this.#vector(index);
    return Array.from({ length }, (_, i) => this.#bytes.readInt32(start + 4 * i));
  }

  bytes(index: number): Uint8Array {
    const { start, length } = this.#vector(index);
    return this.#bytes.bytes().subarray(start, start + length);
  }
}

const FLOAT32 = 0;
const INT32 = 2;

/** Reads the first graph of a TFLite file. Throws a ModelError `model-conversion-failed` when it is none. */
export function readTflite(file: Uint8Array): TfliteGraph {
  if (file.length < 8 || Buffer.from(file.subarray(4, 8)).toString('latin1') !== 'TFL3') {
    throw new ModelError('model-conversion-failed', 'Not a TFLite file: it lacks the mark TFL3');
  }
  try {
    return readGraph(new ByteBuffer(new Uint8Array(file)));
  } catch (cause) {
    if (cause instanceof ModelError) throw cause;
    throw new ModelError('model-conversion-failed', 'The TFLite file is damaged', { cause });
  }
}

function readGraph(bytes: ByteBuffer): TfliteGraph {
  const model = new Table(bytes, bytes.readInt32(0));
  // Codes above 127 live in a newer field; the old one then holds a placeholder that is smaller.
  const codes = model.tables(1).map((code) => Math.max(code.byte(0), code.int(3)));
  const buffers = model.tables(4).map((buffer) => buffer.bytes(0));
  const graph = model.tables(2)[0];
  if (!graph) throw new ModelError('model-conversion-failed', 'The TFLite file holds no graph');
  return {
    inputs: graph.ints(1),
    outputs: graph.ints(2),
    tensors: graph.tables(0).map((tensor) => ({
      name: tensor.text(3),
      shape: tensor.ints(0),
      values: constant(tensor.text(3), tensor.byte(1), buffers[tensor.int(2)]),
    })),
    operators: graph.tables(3).map((operator) => {
      const options = operator.table(4);
      return {
        code: codes[operator.int(0)] ?? -1,
        inputs: operator.ints(1),
        outputs: operator.ints(2),
        option: (field, kind, absent) => options?.[kind](field, absent) ?? absent,
      };
    }),
  };
}

function constant(name: string, type: number, raw: Uint8Array | undefined): Float32Array | Int32Array | null {
  if (!raw?.length) return null;
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const count = raw.length / 4;
  if (type === FLOAT32) return Float32Array.from({ length: count }, (_, i) => view.getFloat32(4 * i, true));
  if (type === INT32) return Int32Array.from({ length: count }, (_, i) => view.getInt32(4 * i, true));
  throw new ModelError(
    'model-conversion-failed',
    `Constant ${name} has a type that is not supported (${type})`,
  );
}
