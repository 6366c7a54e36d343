import type { RelaySpec, StreamReason } from '../messages.ts';
import { type FfmpegBinary, runFfmpeg } from '../sources/ffmpeg.ts';
import { rtspInput } from '../sources/ffmpeg-args.ts';
import { createFfmpegLog, type Problem } from '../sources/ffmpeg-log.ts';
import { reachCamera } from '../sources/reach-camera.ts';
import type { SourceOptions } from '../sources/source.ts';
import { DEFAULT_TIMINGS } from '../sources/timings.ts';
import { createWatchdog } from '../sources/watchdog.ts';
import { relayOutput, relayTarget } from './relay-args.ts';

export interface Relay {
  /** Resolves when ffmpeg is gone. Nothing is told after it was called. */
  stop(): Promise<void>;
}

export interface RelayOptions extends Pick<SourceOptions, 'cameras'> {
  ffmpeg: FfmpegBinary;
  onDescribed(input: { codec: string; profile: string | null }): void;
  /** Once. ffmpeg is gone; whoever wants more starts another relay, on new ports. */
  onEnded(problem: Problem): void;
}

/**
 * Sends a camera's video on to the media worker, as RTP on loopback, for people to watch. The pipeline has a connection
 * of its own to the camera: it goes on undisturbed whatever happens here. One connection, one end.
 */
export function startRelay(spec: RelaySpec, options: RelayOptions): Relay {
  const stopping = new AbortController();
  let kill: (why: Problem | null) => void = () => undefined;

  const done = run().then((problem) => {
    if (!stopping.signal.aborted) options.onEnded(problem);
  });

  async function run(): Promise<Problem> {
    const { connect, describe, giveUp } = DEFAULT_TIMINGS;
    const reached = await reachCamera(spec.url, options.cameras, connect, stopping.signal);
    if ('reason' in reached) return reached;
    if (stopping.signal.aborted) return STOPPED;

    let verdict: Problem | null = null;
    let frames = 0;
    const log = createFfmpegLog({
      onFrame: () => undefined,
      onInput: ({ codec, profile }) => {
        watchdog.expect({ stallMs: giveUp, giveUpMs: giveUp });
        if (!stopping.signal.aborted) options.onDescribed({ codec, profile });
      },
      onFatal: (problem) => kill(problem),
    });
    const process = runFfmpeg(options.ffmpeg, {
      ...rtspInput(reached.pinned, null, options.ffmpeg.features, describe),
      outputOptions: relayOutput(spec),
      target: relayTarget(spec),
      onData: async () => undefined,
      onLine(line) {
        const progress = /^frame= *(\d+)/.exec(line);
        if (!progress) return log.line(line);
        const now = Number(progress[1]);
        if (now > frames) watchdog.feed();
        frames = now;
      },
    });
    kill = (why) => {
      verdict ??= why;
      process.kill();
    };
    const watchdog = createWatchdog({
      onStall: () => undefined,
      onGiveUp: () => kill({ reason: 'frozen', detail: 'no frame for too long' }),
    });
    watchdog.expect({ stallMs: describe, giveUpMs: describe });
    if (stopping.signal.aborted) process.kill();
    await process.done;
    watchdog.stop();
    if (verdict) return verdict;
    const closed: Problem = { reason: 'disconnected', detail: 'the camera closed the connection' };
    return frames > 0 ? closed : (log.problem() ?? closed);
  }

  return {
    async stop() {
      stopping.abort();
      kill(null);
      await done;
    },
  };
}

const STOPPED: { reason: StreamReason; detail: string } = { reason: 'stopped', detail: 'stopped on request' };
