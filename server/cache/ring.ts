/**
 * Bytes in one piece of memory, written one after the other and from the start again: what is oldest is overwritten. A
 * buffer for each would be the collector's to find, and where many large answers come and go it would stop the process
 * for it several times a second.
 */
export interface Ring {
  /**
   * Keeps a copy of the parts, one after the other; whatever lay in the place is gone, and `overwritten` has been called
   * for it. False, where it is larger than an answer may be.
   */
  put(key: string, parts: readonly Buffer[]): boolean;
  /** A copy, as the place may be overwritten while it is being sent; null where it is gone. */
  get(key: string): Buffer | null;
  delete(key: string): void;
  clear(): void;
}

/** One answer must not push out all others. */
const LARGEST_SHARE = 4;

export function createRing(bytes: number, overwritten: (key: string) => void): Ring {
  let memory: Buffer | null = null;
  let end = 0;
  /** In the order in which they were written, so that the first one lies after `end`, or nothing does. */
  const places = new Map<string, { start: number; length: number }>();

  /** Gives up whatever lies from `start` on, up to `until`. */
  function free(start: number, until: number): void {
    for (const [key, place] of places) {
      const before = place.start + place.length <= start;
      if (before || place.start >= until) return;
      places.delete(key);
      overwritten(key);
    }
  }

  return {
    put(key, parts) {
      const length = parts.reduce((sum, part) => sum + part.length, 0);
      places.delete(key);
      if (length > bytes / LARGEST_SHARE) return false;
      memory ??= Buffer.allocUnsafeSlow(bytes);
      if (end + length > bytes) {
        free(end, bytes);
        end = 0;
      }
      free(end, end + length);
      places.set(key, { start: end, length });
      for (const part of parts) end += part.copy(memory, end);
      return true;
    },
    get(key) {
      const place = places.get(key);
      return place && memory ? Buffer.from(memory.subarray(place.start, place.start + place.length)) : null;
    },
    delete: (key) => void places.delete(key),
    clear() {
      places.clear();
      memory = null;
      end = 0;
    },
  };
}
