/**
 * Layers written out as loops, for tests only: what a converted network is compared with. Values are one picture in
 * channels-last order.
 */
export interface Volume {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly values: Float64Array;
}

export function volume(height: number, width: number, channels: number, values?: ArrayLike<number>): Volume {
  const all = new Float64Array(height * width * channels);
  if (values) all.set(values);
  return { height, width, channels, values: all };
}

export interface Filter {
  /** height, width, channels in, channels out (or multiplier) */
  readonly shape: readonly number[];
  readonly values: ArrayLike<number>;
  readonly bias: ArrayLike<number> | null;
}

/** Where TensorFlow begins: "same" divides the padding, the odd row goes below and to the right. */
function span(
  size: number,
  kernel: number,
  stride: number,
  padding: 'same' | 'valid',
): [count: number, before: number] {
  if (padding === 'valid') return [Math.floor((size - kernel) / stride) + 1, 0];
  const count = Math.ceil(size / stride);
  return [count, Math.floor(Math.max(0, (count - 1) * stride + kernel - size) / 2)];
}

export function plainConv(
  input: Volume,
  { shape: [kh = 0, kw = 0, ci = 0, co = 0], values, bias }: Filter,
  stride: number,
  padding: 'same' | 'valid',
  depthwise = false,
): Volume {
  const [height, top] = span(input.height, kh, stride, padding);
  const [width, left] = span(input.width, kw, stride, padding);
  const channels = depthwise ? ci * co : co;
  const out = volume(height, width, channels);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let o = 0; o < channels; o++) {
        let sum = bias?.[o] ?? 0;
        for (let v = 0; v < kh; v++) {
          const sy = y * stride - top + v;
          if (sy < 0 || sy >= input.height) continue;
          for (let u = 0; u < kw; u++) {
            const sx = x * stride - left + u;
            if (sx < 0 || sx >= input.width) continue;
            const pixel = (sy * input.width + sx) * input.channels;
            const tap = (v * kw + u) * ci * co;
            if (depthwise) sum += input.values[pixel + Math.floor(o / co)]! * values[tap + o]!;
            else for (let i = 0; i < ci; i++) sum += input.values[pixel + i]! * values[tap + i * co + o]!;
          }
        }
        out.values[(y * width + x) * channels + o] = sum;
      }
    }
  }
  return out;
}

export function plainPool(
  input: Volume,
  kernel: number,
  stride: number,
  padding: 'same' | 'valid',
  kind: 'max' | 'mean',
): Volume {
  const [height, top] = span(input.height, kernel, stride, padding);
  const [width, left] = span(input.width, kernel, stride, padding);
  const out = volume(height, width, input.channels);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < input.channels; c++) {
        const seen: number[] = [];
        for (
          let v = Math.max(0, y * stride - top);
          v < Math.min(input.height, y * stride - top + kernel);
          v++
        ) {
          for (
            let u = Math.max(0, x * stride - left);
            u < Math.min(input.width, x * stride - left + kernel);
            u++
          ) {
            seen.push(input.values[(v * input.width + u) * input.channels + c]!);
          }
        }
        const value = kind === 'max' ? Math.max(...seen) : seen.reduce((a, b) => a + b, 0) / seen.length;
        out.values[(y * width + x) * input.channels + c] = value;
      }
    }
  }
  return out;
}

export function plainMap(input: Volume, change: (value: number, index: number) => number): Volume {
  return { ...input, values: input.values.map(change) };
}

/** `weights` are [inputs, outputs]. */
export function plainDense(
  input: ArrayLike<number>,
  weights: ArrayLike<number>,
  bias: ArrayLike<number>,
): number[] {
  return Array.from(bias, (start, o) => {
    let sum = start;
    for (let i = 0; i < input.length; i++) sum += input[i]! * weights[i * bias.length + o]!;
    return sum;
  });
}

/** Repeatable pseudo-random numbers from −1 to 1. */
export function noise(length: number, seed: number): Float32Array {
  let state = seed >>> 0;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2147483648 - 1;
  });
}

/** Largest difference, relative to the largest value. */
export function difference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let largest = 0;
  let apart = actual.length === expected.length ? 0 : Number.POSITIVE_INFINITY;
  for (let i = 0; i < expected.length; i++) {
    largest = Math.max(largest, Math.abs(expected[i]!));
    // A missing or broken value is not "close": NaN must not slip through Math.max unnoticed.
    const gap = Math.abs(actual[i]! - expected[i]!);
    apart = Math.max(apart, Number.isNaN(gap) ? Number.POSITIVE_INFINITY : gap);
  }
  return apart / (largest || 1);
}
