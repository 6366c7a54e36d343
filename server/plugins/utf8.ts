const encoder = new TextEncoder();
/** Larger texts are rare, and not worth the memory that would be kept for them. */
const LONGEST = 512 * 1024;
/** A UTF-16 unit becomes three bytes at most. */
const scratch = Buffer.alloc(3 * LONGEST);

/**
 * A text as UTF-8, to be copied before the next call. `Buffer.from` walks a text twice, once for its length, and that
 * takes three times as long where there are letters beyond Latin-1 in it.
 */
export function utf8(text: string): Buffer {
  if (text.length > LONGEST) return Buffer.from(text);
  return scratch.subarray(0, encoder.encodeInto(text, scratch).written);
}
