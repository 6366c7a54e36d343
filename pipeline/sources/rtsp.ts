import { setTimeout as sleep } from 'node:timers/promises';
import { checkCameraUrl } from '../../config/camera-url.ts';
import type { Sampling } from '../messages.ts';
import { createBackOff, needsPerson } from './back-off.ts';
import { createCaptureClock } from './capture-clock.ts';
import { framesOutput, rtspInput } from './ffmpeg-args.ts';
import type { Problem } from './ffmpeg-log.ts';
import { knock } from './knock.ts';
import { createOutlet } from './outlet.ts';
import { openSession, type Session } from './session.ts';
import type { SourceEvents, SourceOptions, VideoSource } from './source.ts';
import { DEFAULT_TIMINGS } from './timings.ts';
import { createWatchdog, type SilenceLimits } from './watchdog.ts';

/** One in the mailbox, one in the pipeline's hands, one being filled, one to spare. */
const BUFFERS = 4;
/** A connection that held this long was a good one: the next loss starts with short pauses again. */
const GOOD_CONNECTION_MS = 3000;

/**
 * A camera. It is connected again for ever, whatever happens; the status says what is wrong and when the next
 * attempt is due. Every exit of ffmpeg is a lost connection, whatever code it leaves with.
 */
export function createRtspSource(
  spec: { url: string },
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
    outlet.tell('connecting', 'starting', 'connecting');
    for (let failures = 0; !stopping.signal.aborted; failures++) {
      const { problem, heldMs } = await attempt();
      if (stopping.signal.aborted) break;
      if (heldMs >= GOOD_CONNECTION_MS) {
        backOff.reset();
        failures = 0;
      }
      const wasLive = firstAtMs !== null;
      const wait = backOff.next(problem.reason, wasLive);
      // A camera that starts up may give strange answers for a while: believe them when they stay.
      const final = needsPerson(problem.reason) && (!wasLive || failures >= 2);
      const state = final ? 'failed' : 'reconnecting';
      outlet.tell(state, problem.reason, problem.detail, now() + wait);
      await sleep(wait, undefined, { signal: stopping.signal }).catch(() => {});
    }
  }

  /** From the check of the address to the loss of the connection. */
  async function attempt(): Promise<{ problem: Problem; heldMs: number }> {
    const lost = (problem: Problem, heldMs = 0) => ({ problem, heldMs });
    const check = await checkCameraUrl(spec.url, options.cameras);
    if (!check.ok) {
      const reason = check.code === 'camera-host-unresolved' ? 'unreachable' : 'forbidden';
      return lost({ reason, detail: check.message });
    }
    const answer = await knock(check.addresses[0]!, portOf(check.url), timings.connect, stopping.signal);
    if (!answer.ok) return lost(answer);

    let firstFrameAt: number | null = null;
    let lastFrameAt = 0;
    let periodMs = expectedPeriod(null);
    const watchdog = createWatchdog({
      onStall() {
        if (firstFrameAt !== null) outlet.tell('stalled', 'frozen', 'no frame lately');
      },
      onGiveUp: () => current.kill(silence(firstFrameAt !== null, described)),
    });
    let described = false;
    clock.restart();

    const current = openSession({
      ffmpeg: options.ffmpeg,
      ...rtspInput(check.pinned, sampling, options.ffmpeg.features, timings.describe),
      outputOptions: framesOutput(
        { sampling, live: true, maxWidth: options.maxWidth, still: false },
        options.ffmpeg.features,
      ),
      pool: outlet.pool,
      wait: false,
      onInput(info) {
        described = true;
        outlet.setCodec(info.codec, info.profile);
        periodMs = Math.max(periodMs, expectedPeriod(info.fps));
        watchdog.expect({ stallMs: timings.firstFrame, giveUpMs: timings.firstFrame });
      },
      onFrame(header, data) {
        const at = performance.now();
        if (firstFrameAt === null) firstFrameAt = at;
        else periodMs = Math.max(periodMs, Math.min(at - lastFrameAt, timings.firstFrame));
        watchdog.expect(liveLimits(periodMs, lastFrameAt !== 0));
        lastFrameAt = at;
        const atMs = clock.at(header.ptsS === null ? null : header.ptsS * 1000, now());
        firstAtMs ??= atMs;
        outlet.deliver(header, data, atMs, (atMs - firstAtMs) / 1000);
      },
    });
    session = current;
    if (stopping.signal.aborted) current.kill();
    watchdog.expect({ stallMs: timings.describe, giveUpMs: timings.describe });

    const end = await current.done;
    watchdog.stop();
    session = null;
    skipped += current.skipped();
    const heldMs = firstFrameAt === null ? 0 : lastFrameAt - firstFrameAt;
    if (end.resizedAtS !== null) {
      return lost({ reason: 'disconnected', detail: 'the size of the picture changed' }, GOOD_CONNECTION_MS);
    }
    if (end.frames > 0 && end.problem?.reason !== 'frozen' && end.problem?.reason !== 'decoder-failed') {
      return lost({ reason: 'disconnected', detail: 'the camera closed the connection' }, heldMs);
    }
    return lost(
      end.problem ?? { reason: 'disconnected', detail: 'no picture before the connection closed' },
      heldMs,
    );
  }

  function expectedPeriod(cameraFps: number | null): number {
    const rates = [sampling.mode === 'fps' ? sampling.fps : Infinity, cameraFps ?? Infinity];
    return Math.max(...rates.filter((rate) => rate > 0).map((rate) => 1000 / rate));
  }

  /** A slow stream gets more patience; how far apart key frames are is unknown before the second one. */
  function liveLimits(periodMs: number, second: boolean): SilenceLimits {
    if (sampling.mode === 'keyframes' && !second) {
      return { stallMs: timings.firstFrame, giveUpMs: timings.firstFrame };
    }
    return {
      stallMs: Math.max(timings.stall, 2 * periodMs),
      giveUpMs: Math.max(timings.giveUp, 3 * periodMs + 500),
    };
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

function silence(live: boolean, described: boolean): Problem {
  if (live) return { reason: 'frozen', detail: 'no frame for too long' };
  return described
    ? { reason: 'frozen', detail: 'the camera describes a stream but sends no picture' }
    : { reason: 'unreachable', detail: 'the camera takes connections but does not answer' };
}

/** Registered ports of RTSP, plain and over TLS. */
export function portOf(url: string): number {
  const { port, protocol } = new URL(url);
  if (port !== '') return Number(port);
  return protocol === 'rtsps:' ? 322 : 554;
}
