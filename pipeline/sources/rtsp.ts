import type { Sampling } from '../messages.ts';
import { rtspInput } from './ffmpeg-args.ts';
import type { Problem } from './ffmpeg-log.ts';
import type { AttemptEnd } from './keep-trying.ts';
import { createLiveSource, type Live, type LiveEnd, liveLimits, RESIZED } from './live-source.ts';
import { reachCamera } from './reach-camera.ts';
import type { SourceEvents, SourceOptions, VideoSource } from './source.ts';

/** One in the mailbox, one in the pipeline's hands, one being filled, one to spare. */
const BUFFERS = 4;

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
  /** From the check of the address to the loss of the connection. */
  async function attempt(live: Live): Promise<AttemptEnd> {
    const { timings, signal } = live;
    const reached = await reachCamera(spec.url, options.cameras, timings.connect, signal);
    if ('reason' in reached) return { problem: reached, gave: false, good: false };

    const waiting = { stallMs: timings.firstFrame, giveUpMs: timings.firstFrame };
    let periodMs = expectedPeriod(sampling, null);
    let described = false;
    const end = await live.run({
      ...rtspInput(reached.pinned, sampling, options.ffmpeg.features, timings.describe),
      first: { stallMs: timings.describe, giveUpMs: timings.describe },
      onInput(info) {
        described = true;
        live.setCodec(info.codec, info.profile);
        periodMs = Math.max(periodMs, expectedPeriod(sampling, info.fps));
        return waiting;
      },
      onFrame(sinceMs) {
        if (sinceMs !== null) periodMs = Math.max(periodMs, Math.min(sinceMs, timings.firstFrame));
        // How far apart key frames are is unknown before the second one.
        return sampling.mode === 'keyframes' && sinceMs === null ? waiting : liveLimits(timings, periodMs);
      },
      silence: (seen) => silence(seen, described),
    });
    return { problem: problemOf(end), gave: end.gave, good: end.good };
  }

  const opening = { reason: 'starting', detail: 'connecting' } as const;
  return createLiveSource({ buffers: BUFFERS, opening, attempt, fails: true }, sampling, options, events);
}

function expectedPeriod(sampling: Sampling, cameraFps: number | null): number {
  const rates = [sampling.mode === 'fps' ? sampling.fps : Infinity, cameraFps ?? Infinity];
  return Math.max(...rates.filter((rate) => rate > 0).map((rate) => 1000 / rate));
}

function problemOf({ resizedAtS, frames, problem }: LiveEnd): Problem {
  if (resizedAtS !== null) return RESIZED;
  if (frames > 0 && problem?.reason !== 'frozen' && problem?.reason !== 'decoder-failed')
    return { reason: 'disconnected', detail: 'the camera closed the connection' };
  return problem ?? { reason: 'disconnected', detail: 'no picture before the connection closed' };
}

function silence(live: boolean, described: boolean): Problem {
  if (live) return { reason: 'frozen', detail: 'no frame for too long' };
  return described
    ? { reason: 'frozen', detail: 'the camera describes a stream but sends no picture' }
    : { reason: 'unreachable', detail: 'the camera takes connections but does not answer' };
}
