/**
 * A few frame buffers that go round: a 1080p frame is 6 MB, and allocating one for each would keep the garbage
 * collector busy. Buffers are lent; at most `limit` are out at a time, which bounds the memory of a source.
 */
export interface BufferPool {
  /** A buffer of exactly this many bytes, or null when all are lent. */
  tryTake(bytes: number): Uint8Array | null;
  /** The same, waiting for one to come back. */
  take(bytes: number): Promise<Uint8Array>;
  /** Gives a buffer back; one that is not out (given back before) is ignored. */
  give(buffer: Uint8Array): void;
  lent(): number;
}

export function createBufferPool(limit: number): BufferPool {
  const out = new Set<Uint8Array>();
  const waiters: { bytes: number; resolve: (buffer: Uint8Array) => void }[] = [];
  let idle: Uint8Array[] = [];

  function tryTake(bytes: number): Uint8Array | null {
    if (out.size >= limit) return null;
    // All frames of a stream have one size; buffers of an older size are of no more use.
    idle = idle.filter((buffer) => buffer.length === bytes);
    const buffer = idle.pop() ?? new Uint8Array(bytes);
    out.add(buffer);
    return buffer;
  }

  return {
    tryTake,
    take(bytes) {
      const buffer = tryTake(bytes);
      if (buffer) return Promise.resolve(buffer);
      return new Promise((resolve) => waiters.push({ bytes, resolve }));
    },
    give(buffer) {
      if (!out.delete(buffer)) return;
      idle.push(buffer);
      const waiter = waiters.shift();
      if (waiter) waiter.resolve(tryTake(waiter.bytes)!);
    },
    lent: () => out.size,
  };
}
