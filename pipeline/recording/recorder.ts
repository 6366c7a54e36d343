import { Readable } from 'node:stream';
import type { Logger } from 'pino';
import type { FromWorker, RecordingProblem, RecordingSpec, RtpCodec, SourceSpec } from '../messages.ts';
import type { FfmpegBinary } from '../sources/ffmpeg.ts';
import { fileInput, rtpInput, rtspInput } from '../sources/ffmpeg-args.ts';
import type { Problem } from '../sources/ffmpeg-log.ts';
import { checkFile } from '../sources/file.ts';
import { type AttemptEnd, keepTrying } from '../sources/keep-trying.ts';
import { reachCamera } from '../sources/reach-camera.ts';
import { videoSdp } from '../sources/sdp.ts';
import { DEFAULT_TIMINGS, type SourceTimings } from '../sources/timings.ts';
import { freePortPair, listening } from '../sources/udp-ports.ts';
import { createWatchdog } from '../sources/watchdog.ts';
import type { RecordingMode } from './ffmpeg-args.ts';
import { runSegments, type SegmentRun } from './run.ts';
import { NoSpaceError, writeSegment } from './segment-file.ts';
import type { CutSegment } from './ts-cutter.ts';

/** Short enough to lose little with a killed process, long enough for few files: about 900 an hour. */
const SEGMENT_MS = 4000;
/** A recording waits longer for a picture than the live view does: nobody is looking. */
const GIVE_UP_MS = 10_000;
const BIND_MS = 3000;
const ASK_MS = 500;
/** Ten seconds. */
const RENEW_TICKS = 20;
/** Between the clock of the pictures and the wall; beyond it the wall is believed. */
const DRIFT_MS = 2000;

export interface RecorderOptions {
  ffmpeg: FfmpegBinary;
  cameras: { allowedNetworks: readonly string[]; allowLoopback: boolean };
  log: Logger;
  send(message: FromWorker): void;
  /** Epoch milliseconds. */
  now?: () => number;
  timings?: Partial<SourceTimings>;
  segmentMs?: number;
}

/** Keeps one video on disk: through lost cameras, killed processes and full disks, until it is stopped. */
export interface Recorder {
  setSource(source: SourceSpec): void;
  /** Writes what is collected and resolves when nothing more follows. */
  stop(): Promise<void>;
}

export function createRecorder(spec: RecordingSpec, options: RecorderOptions): Recorder {
  const { recordingId } = spec;
  const { send, log } = options;
  const now = options.now ?? Date.now;
  const segmentMs = options.segmentMs ?? SEGMENT_MS;
  const timings = { ...DEFAULT_TIMINGS, ...options.timings };
  const stopping = new AbortController();
  let source = spec.source;
  let turned = new AbortController();
  let seq = spec.firstSeq;
  let gap = spec.firstSeq > 0;
  let problem: RecordingProblem | null | undefined;
  let run: SegmentRun | null = null;

  function tell(next: RecordingProblem | null, detail = ''): void {
    if (next === problem) return;
    problem = next;
    if (next !== null) log.info({ recordingId, reason: next, detail }, 'nothing is recorded just now');
    send({ type: 'recording:status', recordingId, problem: next });
  }

  async function keep(segment: CutSegment, startAtMs: number): Promise<void> {
    try {
      const bytes = await writeSegment(spec.dir, seq, segment.data, spec);
      const { durationMs } = segment;
      send({
        type: 'recording:segment',
        segment: { recordingId, seq, startAtMs: Math.round(startAtMs), durationMs, bytes, gap },
      });
      seq++;
      gap = false;
      tell(null);
    } catch (error) {
      // What cannot be kept is left out; the next may find room again.
      gap = true;
      if (!(error instanceof NoSpaceError)) log.error({ err: error, recordingId }, 'a segment is lost');
      tell(error instanceof NoSpaceError ? 'disk-full' : 'disk-failed', (error as Error).message);
    }
  }

  async function follow(): Promise<void> {
    while (!stopping.signal.aborted) {
      turned = new AbortController();
      const changed = AbortSignal.any([stopping.signal, turned.signal]);
      await attempts(source, changed);
      gap = true;
    }
  }

  /** From one source until that is another one. */
  async function attempts(from: SourceSpec, changed: AbortSignal): Promise<void> {
    let mode: RecordingMode = from.kind === 'webrtc' && !isH264(from.codec) ? 'transcode' : 'copy';
    await keepTrying({
      async attempt() {
        const end = await attempt(from, mode, changed);
        gap = true;
        if (end === 'at-once') mode = 'transcode';
        return end;
      },
      onLost: ({ problem }) => tell(problem.reason, problem.detail),
      limits: timings,
      signal: changed,
    });
  }

  async function attempt(
    from: SourceSpec,
    mode: RecordingMode,
    changed: AbortSignal,
  ): Promise<AttemptEnd | 'at-once'> {
    const opened = await openInput(from, changed);
    const nothing = { gave: false, good: false };
    if ('reason' in opened) return { problem: opened, ...nothing };
    if (changed.aborted) return { problem: { reason: 'stopped', detail: '' }, ...nothing };
    let lastDataAt = performance.now();
    let openMs: number | null = null;
    let anchorMs: number | null = null;
    const watchdog = createWatchdog({
      onStall() {},
      onGiveUp: () => current.kill({ reason: 'frozen', detail: 'no picture comes' }),
    });
    const current = runSegments({
      ...{ ffmpeg: options.ffmpeg, mode, segmentMs },
      ...{ input: opened.input, inputOptions: opened.inputOptions },
      onInput: () => watchdog.expect(patience(timings.firstFrame)),
      onData(collected) {
        lastDataAt = performance.now();
        watchdog.expect(patience(GIVE_UP_MS));
        openMs = collected;
        if (collected !== null) anchorMs ??= now() - collected;
      },
      onSegment(segment) {
        // It has just ended: its pictures cannot be of much earlier or later.
        const ended = now() - segment.durationMs - segment.offsetMs;
        if (anchorMs === null || Math.abs(ended - anchorMs) > DRIFT_MS) anchorMs = ended;
        return keep(segment, anchorMs + segment.offsetMs);
      },
    });
    run = current;
    watchdog.expect(patience(timings.describe + timings.firstFrame));
    const kill = () => current.kill();
    changed.addEventListener('abort', kill);
    if (opened.rtpPort !== null) {
      const ports = { rtpPort: opened.rtpPort, rtcpPort: opened.rtpPort + 1 };
      void listening(ports.rtpPort, BIND_MS, changed).then(() => {
        if (run === current) send({ type: 'recording:rtp', recordingId, ...ports });
      });
    }
    // A browser sends key frames only when it is asked for them. What is copied needs one to begin a segment; what is
    // decoded one now and then, because a loss is seen until the next.
    let ticks = 0;
    const asking = setInterval(() => {
      const silent = performance.now() - lastDataAt > 2 * ASK_MS;
      const due = mode === 'copy' ? openMs !== null && openMs >= segmentMs : ++ticks % RENEW_TICKS === 0;
      if (from.kind === 'webrtc' && (openMs === null || silent || due))
        send({ type: 'recording:key-frame', recordingId });
    }, ASK_MS);
    const end = await current.done;
    clearInterval(asking);
    watchdog.stop();
    changed.removeEventListener('abort', kill);
    run = null;
    if (end.mustTranscode) return 'at-once';
    const lost: Problem = { reason: 'disconnected', detail: 'the video ended' };
    const held = end.segments > 0;
    return { problem: (held ? null : end.problem) ?? lost, gave: held, good: held };
  }

  async function openInput(
    from: SourceSpec,
    signal: AbortSignal,
  ): Promise<Problem | { input: string | Readable; inputOptions: string[]; rtpPort: number | null }> {
    switch (from.kind) {
      case 'rtsp': {
        const reached = await reachCamera(from.url, options.cameras, timings.connect, signal);
        if ('reason' in reached) return reached;
        const made = rtspInput(reached.pinned, null, options.ffmpeg.features, timings.describe);
        return { ...made, rtpPort: null };
      }
      case 'file': {
        const bad = await checkFile(from.path);
        if (bad) return bad;
        const { input, inputOptions } = fileInput(from.path, null);
        // As a camera would send it.
        return {
          input,
          inputOptions: ['-re', ...(from.loop ? ['-stream_loop', '-1'] : []), ...inputOptions],
          rtpPort: null,
        };
      }
      case 'webrtc': {
        if (from.codec === null) {
          tell('no-publisher');
          await once(signal);
          return { reason: 'no-publisher', detail: '' };
        }
        const { rtpPort, rtcpPort } = await freePortPair();
        const input = Readable.from([videoSdp(from.codec, rtpPort, rtcpPort)]);
        return { input, ...rtpInput(null), rtpPort };
      }
      default:
        tell('no-video');
        await once(signal);
        return { reason: 'no-video', detail: 'this source has no video stream' };
    }
  }

  // Not before the caller has what it is told about.
  const running = Promise.resolve()
    .then(follow)
    .catch((error: unknown) => {
      log.error({ err: error, recordingId }, 'a recording ended');
      tell('decoder-failed', (error as Error).message);
    });

  return {
    setSource(next) {
      source = next;
      turned.abort();
    },
    async stop() {
      stopping.abort();
      await running;
      send({ type: 'recording:ended', recordingId });
    },
  };
}

const isH264 = (codec: RtpCodec | null): boolean => codec?.mimeType.toLowerCase() === 'video/h264';
const patience = (ms: number) => ({ stallMs: ms, giveUpMs: ms });

function once(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
