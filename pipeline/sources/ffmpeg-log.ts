import { redactUrl } from '../../config/camera-url.ts';
import type { StreamReason } from '../messages.ts';
import type { FrameHeader } from './frame-reader.ts';

/** What ffmpeg says about its input. */
export interface InputInfo {
  codec: string;
  /** `High`, `Main`, `Constrained Baseline` …; null where ffmpeg does not say. */
  profile: string | null;
  /** Coded size; null when it is only known after decoding. */
  width: number | null;
  height: number | null;
  fps: number | null;
  /** Of the container; null for live streams. */
  durationS: number | null;
}

export interface Problem {
  reason: StreamReason;
  /** The line it was read from, without credentials. */
  detail: string;
}

/** Reads ffmpeg's standard error, line by line. */
export interface FfmpegLog {
  line(line: string): void;
  /** The gravest problem so far. */
  problem(): Problem | null;
  input(): InputInfo | null;
}

export interface FfmpegLogEvents {
  /** A frame is about to be written. */
  onFrame(header: FrameHeader): void;
  /** The input's description is complete. */
  onInput?(info: InputInfo): void;
  /** A line after which there is no use in going on. */
  onFatal?(problem: Problem): void;
}

const SINGLE_PACKET = /packet corrupt|corrupt (input packet|decoded frame)/i;

/** First match wins within a line; earlier entries outweigh later ones between lines. */
const PROBLEMS: [RegExp, StreamReason][] = [
  [/Redirecting to /, 'forbidden'],
  [/401 Unauthorized|403 Forbidden|authorization failed/i, 'wrong-credentials'],
  [/404 (Stream )?Not Found|No such file or directory|Server returned 404/i, 'not-found'],
  [/Connection refused|Server returned (4|5)XX|failed: (4|5)\d\d /i, 'refused'],
  [
    /Connection timed out|No route to host|Network is unreachable|Host is unreachable|Failed to resolve|Name or service not known|Temporary failure in name/i,
    'unreachable',
  ],
  [/does not contain any stream|matches no streams/i, 'no-video'],
  [
    /Decoder \(codec .*\) not found|no decoder found|Unknown decoder|unsupported codec|Video: none|Decoder not found|Format not on whitelist|Protocol .* not on whitelist/i,
    'unsupported-codec',
  ],
  [/Connection reset|Broken pipe|Input\/output error|End of file/i, 'disconnected'],
  [
    /Invalid data found|moov atom not found|EBML header parsing failed|partial file|File ended prematurely|Truncat|error while decoding/i,
    'corrupt',
  ],
  // Said of single packets, also at a mere splice.
  [SINGLE_PACKET, 'corrupt'],
];

const SHOWINFO = /^\[Parsed_showinfo_\d+ @ [^\]]+\] n: *\d+ pts: *\S+ pts_time: *(\S+) .* s:(\d+)x(\d+) /;
const VIDEO_STREAM = /^ *Stream #0:\d+.*?: Video: (\w+)/;

export function createFfmpegLog(events: FfmpegLogEvents): FfmpegLog {
  let gravest = PROBLEMS.length;
  let problem: Problem | null = null;
  let describing = false;
  let durationS: number | null = null;
  let input: InputInfo | null = null;
  let announced = false;

  function announce() {
    if (announced || !input) return;
    announced = true;
    events.onInput?.(input);
  }

  return {
    line(line) {
      const frame = SHOWINFO.exec(line);
      if (frame) {
        announce();
        const ptsS = Number(frame[1]);
        events.onFrame({
          width: Number(frame[2]),
          height: Number(frame[3]),
          ptsS: Number.isFinite(ptsS) ? ptsS : null,
        });
        return;
      }
      // Other lines of the filter repeat what is inside the pictures: nothing in them is a message.
      if (line.startsWith('[Parsed_showinfo')) return;
      if (/^Input #0/.test(line)) describing = true;
      else if (/^(Stream mapping|Output #0)/.test(line)) {
        describing = false;
        announce();
      } else if (describing) {
        durationS = readDuration(line) ?? durationS;
        input ??= readStream(line, durationS);
      }
      const rank = PROBLEMS.findIndex(([pattern]) => pattern.test(line));
      if (rank >= 0 && rank < gravest) {
        gravest = rank;
        problem = { reason: PROBLEMS[rank]![1], detail: tidy(line) };
        if (problem.reason === 'forbidden') events.onFatal?.(problem);
      }
    },
    problem: () => problem,
    input: () => input,
  };
}

function readDuration(line: string): number | null {
  const match = /^ *Duration: (\d+):(\d+):([\d.]+)/.exec(line);
  return match ? Number(match[1]) * 3600 + Number(match[2]) * 60 + Number(match[3]) : null;
}

function readStream(line: string, durationS: number | null): InputInfo | null {
  const codec = VIDEO_STREAM.exec(line)?.[1];
  if (codec === undefined || line.includes('(attached pic)')) return null;
  const size = /, (\d+)x(\d+)[ ,]/.exec(`${line},`);
  const fps = /, ([\d.]+)(k?) fps/.exec(line) ?? /, ([\d.]+)(k?) tbr/.exec(line);
  return {
    codec,
    profile: / Video: \w+ \(([A-Z][\w :.]*)\)/.exec(line)?.[1] ?? null,
    width: size ? Number(size[1]) : null,
    height: size ? Number(size[2]) : null,
    fps: fps ? Number(fps[1]) * (fps[2] === 'k' ? 1000 : 1) : null,
    durationS,
  };
}

/**
 * With frames seen, most complaints are about single packets and say nothing about how it ended. What is left: the
 * end of a file is missing, or pictures in it could not be decoded.
 */
export function lastingDamage(problem: Problem | null): Problem | null {
  return problem?.reason === 'corrupt' && !SINGLE_PACKET.test(problem.detail) ? problem : null;
}

/** Without the address of ffmpeg's inner object, without credentials, and of bounded length. */
export function tidy(line: string): string {
  const plain = line
    .replace(/^\[([^\]@]+) @ 0x[0-9a-f]+\] */, '$1: ')
    .replace(/whitelist '.*'/, 'whitelist')
    .trim();
  return redactUrl(plain).slice(0, 300);
}
