import type { Frame } from '../frame.ts';

/**
 * A one-slot mailbox between a source and a slower reader: newest frame wins. A frame that is replaced before it
 * was taken goes back to its source, so that no queue can form and no latency can build up.
 */
export interface LatestFrame {
  /** For `SourceEvents.onFrame`. */
  put(frame: Frame): void;
  /** The newest frame, waiting for one if need be; null after `close`. One reader at a time. */
  take(): Promise<Frame | null>;
  /** Releases the waiting frame, wakes the reader with null, and refuses further frames. */
  close(): void;
  /** Frames put in, and frames that nobody took. */
  counts(): { sampled: number; dropped: number };
}

export function createLatestFrame(release: (frame: Frame) => void): LatestFrame {
  let waiting: Frame | null = null;
  let reader: ((frame: Frame | null) => void) | null = null;
  let closed = false;
  let sampled = 0;
  let dropped = 0;

  return {
    put(frame) {
      if (closed) {
        release(frame);
        return;
      }
      sampled++;
      if (reader) {
        const wake = reader;
        reader = null;
        wake(frame);
        return;
      }
      if (waiting) {
        dropped++;
        release(waiting);
      }
      waiting = frame;
    },
    take() {
      if (reader) throw new Error('LatestFrame has one reader at a time');
      if (closed) return Promise.resolve(null);
      if (waiting) {
        const frame = waiting;
        waiting = null;
        return Promise.resolve(frame);
      }
      return new Promise((resolve) => {
        reader = resolve;
      });
    },
    close() {
      closed = true;
      if (waiting) release(waiting);
      waiting = null;
      reader?.(null);
      reader = null;
    },
    counts: () => ({ sampled, dropped }),
  };
}
