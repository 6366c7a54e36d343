import type { BufferPool } from './buffer-pool.ts';

/** What ffmpeg said about a frame before it wrote it. */
export interface FrameHeader {
  width: number;
  height: number;
  /** Seconds; null where the stream has no timestamps. */
  ptsS: number | null;
}

/**
 * Cuts ffmpeg's raw rgb24 output into frames. Pixels come through one pipe and each frame's time and size through
 * another (the showinfo filter's lines), so the two are joined here by order: ffmpeg writes a frame's line first.
 * Chunks are copied once, into a lent buffer; nothing is concatenated.
 */
export interface FrameReader {
  header(header: FrameHeader): void;
  /** Resolves when the chunk was used up; until then ffmpeg has to wait. */
  data(chunk: Buffer): Promise<void>;
  /** Gives back what is half read and ignores what still comes. */
  close(): void;
  /** Frames that were thrown away because every buffer was lent. */
  skipped(): number;
}

export interface FrameReaderOptions {
  pool: BufferPool;
  /** Wait for a free buffer, so that nothing is lost, or throw the frame away, so that nothing gets old. */
  wait: boolean;
  /** The receiver owns `data` until it gives it back to the pool; the next frame waits for the promise. */
  onFrame(header: FrameHeader, data: Uint8Array): void | Promise<void>;
}

/** ffmpeg is never that far ahead: lines and pixels have lost each other. */
const MAX_HEADERS = 256;

export function createFrameReader({ pool, wait, onFrame }: FrameReaderOptions): FrameReader {
  const headers: FrameHeader[] = [];
  let announce: ((header: FrameHeader) => void) | null = null;
  let current: { header: FrameHeader; bytes: number; buffer: Uint8Array | null; filled: number } | null =
    null;
  let closed = false;
  let skipped = 0;

  async function begin() {
    const header = headers.shift() ?? (await new Promise<FrameHeader>((resolve) => (announce = resolve)));
    const bytes = header.width * header.height * 3;
    const buffer = wait ? await pool.take(bytes) : pool.tryTake(bytes);
    if (!buffer) skipped++;
    if (closed && buffer) pool.give(buffer);
    return { header, bytes, buffer: closed ? null : buffer, filled: 0 };
  }

  return {
    header(header) {
      if (announce) {
        const wake = announce;
        announce = null;
        wake(header);
        return;
      }
      if (headers.length >= MAX_HEADERS) throw new Error('ffmpeg announced frames that it did not write');
      headers.push(header);
    },
    async data(chunk) {
      for (let at = 0; at < chunk.length && !closed; ) {
        current ??= await begin();
        const frame = current;
        const end = Math.min(chunk.length, at + frame.bytes - frame.filled);
        frame.buffer?.set(chunk.subarray(at, end), frame.filled);
        frame.filled += end - at;
        at = end;
        if (frame.filled === frame.bytes) {
          current = null;
          if (frame.buffer) await onFrame(frame.header, frame.buffer);
        }
      }
    },
    close() {
      closed = true;
      if (current?.buffer) pool.give(current.buffer);
      current = null;
    },
    skipped: () => skipped,
  };
}
