import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RtpCodec, Sampling } from '../messages.ts';
import { createBackOff } from './back-off.ts';
import { createCaptureClock } from './capture-clock.ts';
import { framesOutput, rtpInput } from './ffmpeg-args.ts';
import type { Problem } from './ffmpeg-log.ts';
import { createOutlet } from './outlet.ts';
import { videoSdp } from './sdp.ts';
import { openSession, type Session } from './session.ts';
import type { SourceEvents, SourceOptions, VideoSource } from './source.ts';
import { DEFAULT_TIMINGS } from './timings.ts';
import { freePortPair, listening } from './udp-ports.ts';
import { createWatchdog } from './watchdog.ts';

/** One being looked at, one waiting, one being read. */
const BUFFERS = 3;
const BIND_MS = 3000;
/** Without a frame for this long a key frame is asked for: what is lost may have been one. */
const KEY_FRAME_MS = 500;
/** A connection that gave frames for this long was a good one. */
const GOOD_CONNECTION_MS = 3000;

/**
 * A browser or an encoder, whose packets the server forwards from its media worker to two ports that ffmpeg listens on.
 * Every run has new ports; the server is told them when they are bound. ffmpeg knows nothing of a publisher that left:
 * silence ends it here.
 */
export function createWebRtcSource(
  spec: { codec: RtpCodec | null },
  sampling: Sampling,
  options: SourceOptions,
  events: SourceEvents,
): VideoSource {
  const timings = { ...DEFAULT_TIMINGS, ...options.timings };
  const now = options.now ?? Date.now;
  const outlet = createOutlet(events, BUFFERS);
  const clock = createCaptureClock();
  const backOff = createBackOff(timings);
  const stopping = new AbortController();
  let session: Session | null = null;
  let running: Promise<void> | null = null;
  let firstAtMs: number | null = null;
  let skipped = 0;

  async function run() {
    if (spec.codec === null) {
      outlet.tell('connecting', 'no-publisher', 'nobody publishes');
      return;
    }
    outlet.tell('connecting', 'starting', 'waiting for the first picture');
    while (!stopping.signal.aborted) {
      const { problem, heldMs } = await attempt(spec.codec);
      if (stopping.signal.aborted) break;
      if (heldMs >= GOOD_CONNECTION_MS) backOff.reset();
      const wait = backOff.next(problem.reason, firstAtMs !== null);
      outlet.tell('reconnecting', problem.reason, problem.detail, now() + wait);
      await sleep(wait, undefined, { signal: stopping.signal }).catch(() => {});
    }
  }

  async function attempt(codec: RtpCodec): Promise<{ problem: Problem; heldMs: number }> {
    const { rtpPort, rtcpPort } = await freePortPair();
    let firstFrameAt: number | null = null;
    let lastFrameAt = performance.now();
    const watchdog = createWatchdog({
      onStall() {
        if (firstFrameAt !== null) outlet.tell('stalled', 'frozen', 'no frame lately');
      },
      onGiveUp: () => current.kill({ reason: 'frozen', detail: 'no picture comes' }),
    });
    clock.restart();
    const current = openSession({
      ffmpeg: options.ffmpeg,
      ...rtpInput(sampling),
      input: Readable.from([videoSdp(codec, rtpPort, rtcpPort)]),
      outputOptions: framesOutput(
        { sampling, live: true, maxWidth: options.maxWidth, still: false },
        options.ffmpeg.features,
      ),
      pool: outlet.pool,
      wait: false,
      onInput: (info) => outlet.setCodec(info.codec),
      onFrame(header, data) {
        const at = performance.now();
        firstFrameAt ??= at;
        lastFrameAt = at;
        watchdog.expect(limits);
        const atMs = clock.at(header.ptsS === null ? null : header.ptsS * 1000, now());
        firstAtMs ??= atMs;
        outlet.deliver(header, data, atMs, (atMs - firstAtMs) / 1000);
      },
    });
    session = current;
    if (stopping.signal.aborted) current.kill();
    const periodMs = sampling.mode === 'fps' ? 1000 / sampling.fps : timings.firstFrame / 2;
    const limits = {
      stallMs: Math.max(timings.stall, 2 * periodMs),
      giveUpMs: Math.max(timings.giveUp, 3 * periodMs + 500),
    };
    watchdog.expect({ stallMs: timings.firstFrame, giveUpMs: timings.firstFrame });
    void listening(rtpPort, BIND_MS, stopping.signal).then(() => {
      if (session === current) options.rtp?.opened({ rtpPort, rtcpPort });
    });
    const asking = setInterval(() => {
      if (performance.now() - lastFrameAt > Math.max(KEY_FRAME_MS, 1.5 * periodMs)) options.rtp?.keyFrame();
    }, KEY_FRAME_MS);

    const end = await current.done;
    clearInterval(asking);
    watchdog.stop();
    session = null;
    skipped += current.skipped();
    const heldMs = firstFrameAt === null ? 0 : lastFrameAt - firstFrameAt;
    if (end.resizedAtS !== null) {
      return {
        problem: { reason: 'disconnected', detail: 'the size of the picture changed' },
        heldMs: GOOD_CONNECTION_MS,
      };
    }
    return { problem: end.problem ?? { reason: 'disconnected', detail: 'the decoder ended' }, heldMs };
  }

  return {
    start() {
      running ??= run();
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
