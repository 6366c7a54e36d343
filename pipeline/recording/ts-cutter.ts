/**
 * Cuts an MPEG transport stream of one video into segments that each begin with a key frame and can be played alone.
 * Where the layout is said below it is ISO/IEC 13818-1.
 */

/** The ids that ffmpeg is told to use, see `segmentsOutput`. */
export const PMT_PID = 0x1000;
export const VIDEO_PID = 0x100;

const PACKET = 188;
const SYNC = 0x47;
const PTS_PER_MS = 90;
const PTS_WRAP = 2 ** 33;
/** A longer step between two pictures is a jump of the clock, not a picture that stood so long. */
const LONGEST_STEP_MS = 10_000;
/** Guessed for the last picture of a segment that nothing follows. */
const PICTURE_MS = 40;

export interface CutSegment {
  data: Buffer;
  /** From its first picture to the first of the next, or to its end. */
  durationMs: number;
  /** Of its first picture, since the first of the stream. */
  offsetMs: number;
}

export interface TsCutterOptions {
  /** A segment ends with the first key frame after so long. */
  targetMs: number;
  /** A segment never holds more, key frame or not: what is in it stays in memory until then. */
  maxBytes: number;
}

export interface TsCutter {
  /** Takes bytes as they come and gives the segments that they complete. Throws where they are no transport stream. */
  push(chunk: Uint8Array): CutSegment[];
  /** What there is of the last one; null where there is nothing. */
  end(): CutSegment | null;
  /** Length of what is being collected, milliseconds; null before the first key frame. */
  openMs(): number | null;
}

export function createTsCutter({ targetMs, maxBytes }: TsCutterOptions): TsCutter {
  let rest = Buffer.alloc(0);
  let pat: Buffer | null = null;
  let pmt: Buffer | null = null;
  let packets: Buffer[] | null = null;
  let bytes = 0;
  let startMs = 0;
  /** Media time: steps between pictures added up, so that a clock that jumps does not. */
  let nowMs = 0;
  let lastPts: number | null = null;

  function open(): void {
    packets = [pat, pmt].filter((table) => table !== null);
    bytes = packets.length * PACKET;
    startMs = nowMs;
  }

  function close(endMs: number): CutSegment | null {
    const held = packets;
    packets = null;
    if (!held || held.length <= 2) return null;
    return {
      data: Buffer.concat(held),
      durationMs: Math.max(1, Math.round(endMs - startMs)),
      offsetMs: Math.round(startMs),
    };
  }

  function take(packet: Buffer): CutSegment | null {
    const pid = ((packet[1]! & 0x1f) << 8) | packet[2]!;
    if (pid === 0) pat = packet;
    else if (pid === PMT_PID) pmt = packet;
    let done: CutSegment | null = null;
    if (pid === VIDEO_PID && startsPicture(packet)) {
      advance(readPts(packet));
      const key = isRandomAccess(packet);
      if (packets === null ? key : bytes >= maxBytes || (key && nowMs - startMs >= targetMs)) {
        done = close(nowMs);
        open();
      }
    }
    if (packets !== null && (pid === PMT_PID || pid === VIDEO_PID || pid === 0)) {
      packets.push(packet);
      bytes += PACKET;
    }
    return done;
  }

  function advance(pts: number | null): void {
    if (pts === null) return;
    if (lastPts !== null) {
      const step = ((pts - lastPts + PTS_WRAP + PTS_WRAP / 2) % PTS_WRAP) - PTS_WRAP / 2;
      const stepMs = step / PTS_PER_MS;
      // A picture that is shown before the one that was sent before it.
      if (stepMs < 0 && stepMs > -LONGEST_STEP_MS) return;
      if (stepMs > 0 && stepMs < LONGEST_STEP_MS) nowMs += stepMs;
    }
    lastPts = pts;
  }

  return {
    push(chunk) {
      const all = rest.length > 0 ? Buffer.concat([rest, chunk]) : Buffer.from(chunk);
      const done: CutSegment[] = [];
      let at = 0;
      for (; at + PACKET <= all.length; at += PACKET) {
        if (all[at] !== SYNC) throw new Error('not an MPEG transport stream');
        const segment = take(all.subarray(at, at + PACKET));
        if (segment) done.push(segment);
      }
      rest = all.subarray(at);
      return done;
    },
    end: () => close(nowMs + PICTURE_MS),
    openMs: () => (packets === null ? null : nowMs - startMs),
  };
}

const startsPicture = (packet: Buffer): boolean => (packet[1]! & 0x40) !== 0;

/** `random_access_indicator` of the adaptation field. */
const isRandomAccess = (packet: Buffer): boolean =>
  (packet[3]! & 0x20) !== 0 && packet[4]! > 0 && (packet[5]! & 0x40) !== 0;

/** The presentation time of a PES header, 90 kHz; null where there is none. */
function readPts(packet: Buffer): number | null {
  const at = 4 + ((packet[3]! & 0x20) !== 0 ? 1 + packet[4]! : 0);
  if (at + 14 > PACKET || packet.readUIntBE(at, 3) !== 1 || (packet[at + 7]! & 0x80) === 0) return null;
  const byte = (index: number) => packet[at + 9 + index]!;
  return (
    ((byte(0) >> 1) & 0x07) * 2 ** 30 +
    ((byte(1) << 22) | ((byte(2) >> 1) << 15) | (byte(3) << 7) | (byte(4) >> 1))
  );
}
