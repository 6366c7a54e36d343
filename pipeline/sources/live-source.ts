import type { Readable } from 'node:stream';
import type { Sampling, StreamReason } from '../messages.ts';
import { createCaptureClock } from './capture-clock.ts';
import { framesOutput } from './ffmpeg-args.ts';
import type { InputInfo, Problem } from './ffmpeg-log.ts';
import { type AttemptEnd, keepTrying } from './keep-trying.ts';
import { createOutlet } from './outlet.ts';
import { openSession, type Session, type SessionEnd } from './session.ts';
import type { SourceEvents, SourceOptions, VideoSource } from './source.ts';
import { DEFAULT_TIMINGS, type SourceTimings } from './timings.ts';
import { createWatchdog, type SilenceLimits } from './watchdog.ts';

/** A connection that held this long was a good one: the next loss starts with short pauses again. */
const GOOD_CONNECTION_MS = 3000;

/** What differs between live sources; all else is theirs in common. */
export interface LiveKind {
  /** Frames that may be lent at once, in the mailbox, in the pipeline's hands and being filled. */
  buffers: number;
  /** Told first. */
  opening: { reason: StreamReason; detail: string };
  /** From the look at the input to its loss; null: there is nothing to be connected to. */
  attempt: ((live: Live) => Promise<AttemptEnd>) | null;
  /** Whether what a person has to mend is told as `failed`; otherwise every loss is `reconnecting`. */
  fails: boolean;
}

/** What an attempt is made with. */
export interface Live {
  timings: SourceTimings;
  /** The source is being stopped. */
  signal: AbortSignal;
  setCodec(codec: string, profile?: string | null): void;
  /** Runs ffmpeg until it ends, by itself or because nothing came for too long. */
  run(input: LiveInput): Promise<LiveEnd>;
}

export interface LiveInput {
  input: string | Readable;
  inputOptions: string[];
  /** Patience before the first word. */
  first: SilenceLimits;
  /** ffmpeg knows what comes; returns the patience from here on, undefined to leave it. */
  onInput(info: InputInfo): SilenceLimits | undefined;
  /** Patience after a frame, by the milliseconds since the one before it; null after the first. */
  onFrame(sinceMs: number | null): SilenceLimits;
  /** Why ffmpeg is ended when patience is at its end. */
  silence(live: boolean): Problem;
}

export interface LiveEnd extends SessionEnd {
  gave: boolean;
  good: boolean;
}

/**
 * A source that goes on for ever: ffmpeg is run again after every loss, frames are told by the time of their capture, and
 * the status says what is wrong and when the next attempt is due.
 */
export function createLiveSource(
  kind: LiveKind,
  sampling: Sampling,
  options: SourceOptions,
  events: SourceEvents,
): VideoSource {
  const timings = { ...DEFAULT_TIMINGS, ...options.timings };
  const now = options.now ?? Date.now;
  const outlet = createOutlet(events, kind.buffers);
  const clock = createCaptureClock();
  const stopping = new AbortController();
  let session: Session | null = null;
  let running: Promise<void> | null = null;
  let firstAtMs: number | null = null;
  let skipped = 0;

  const live: Live = { timings, signal: stopping.signal, setCodec: outlet.setCodec, run: runOnce };

  async function start(): Promise<void> {
    outlet.tell('connecting', kind.opening.reason, kind.opening.detail);
    const { attempt } = kind;
    if (attempt === null) return;
    await keepTrying({
      attempt: () => attempt(live),
      limits: timings,
      signal: stopping.signal,
      onLost({ problem, waitMs, needsPerson }) {
        const state = kind.fails && needsPerson ? 'failed' : 'reconnecting';
        outlet.tell(state, problem.reason, problem.detail, now() + waitMs);
      },
    });
  }

  async function runOnce(input: LiveInput): Promise<LiveEnd> {
    let firstFrameAt: number | null = null;
    let lastFrameAt = 0;
    const watchdog = createWatchdog({
      onStall() {
        if (firstFrameAt !== null) outlet.tell('stalled', 'frozen', 'no frame lately');
      },
      onGiveUp: () => current.kill(input.silence(firstFrameAt !== null)),
    });
    clock.restart();
    const current = openSession({
      ffmpeg: options.ffmpeg,
      input: input.input,
      inputOptions: input.inputOptions,
      outputOptions: framesOutput(
        { sampling, live: true, maxWidth: options.maxWidth, still: false },
        options.ffmpeg.features,
      ),
      pool: outlet.pool,
      wait: false,
      onInput(info) {
        const limits = input.onInput(info);
        if (limits) watchdog.expect(limits);
      },
      onFrame(header, data) {
        const at = performance.now();
        watchdog.expect(input.onFrame(firstFrameAt === null ? null : at - lastFrameAt));
        firstFrameAt ??= at;
        lastFrameAt = at;
        const atMs = clock.at(header.ptsS === null ? null : header.ptsS * 1000, now());
        firstAtMs ??= atMs;
        outlet.deliver(header, data, atMs, (atMs - firstAtMs) / 1000);
      },
    });
    session = current;
    if (stopping.signal.aborted) current.kill();
    watchdog.expect(input.first);
    const end = await current.done;
    watchdog.stop();
    session = null;
    skipped += current.skipped();
    const heldMs = firstFrameAt === null ? 0 : lastFrameAt - firstFrameAt;
    const good = heldMs >= GOOD_CONNECTION_MS || end.resizedAtS !== null;
    return { ...end, gave: firstFrameAt !== null, good };
  }

  return {
    start() {
      running ??= start();
    },
    async stop() {
      outlet.close();
      stopping.abort();
      session?.kill();
      await running;
    },
    release: outlet.release,
    stats: () => ({ delivered: outlet.delivered(), skipped: skipped + (session?.skipped() ?? 0) }),
  };
}

/** A slow stream gets more patience than one with many frames a second. */
export function liveLimits(timings: SourceTimings, periodMs: number): SilenceLimits {
  return {
    stallMs: Math.max(timings.stall, 2 * periodMs),
    giveUpMs: Math.max(timings.giveUp, 3 * periodMs + 500),
  };
}

/** The size changed, with an ffmpeg that cannot go on from there: nothing is wrong. */
export const RESIZED: Problem = { reason: 'disconnected', detail: 'the size of the picture changed' };
