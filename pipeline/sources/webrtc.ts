import { Readable } from 'node:stream';
import type { RtpCodec, Sampling } from '../messages.ts';
import { rtpInput } from './ffmpeg-args.ts';
import type { AttemptEnd } from './keep-trying.ts';
import { createLiveSource, type Live, liveLimits, RESIZED } from './live-source.ts';
import { videoSdp } from './sdp.ts';
import type { SourceEvents, SourceOptions, VideoSource } from './source.ts';
import { freePortPair, listening } from './udp-ports.ts';

/** One being looked at, one waiting, one being read. */
const BUFFERS = 3;
const BIND_MS = 3000;
/** Without a frame for this long a key frame is asked for: what is lost may have been one. */
const KEY_FRAME_MS = 500;

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
  const { codec } = spec;

  async function attempt(codec: RtpCodec, live: Live): Promise<AttemptEnd> {
    const { timings } = live;
    const { rtpPort, rtcpPort } = await freePortPair();
    const periodMs = sampling.mode === 'fps' ? 1000 / sampling.fps : timings.firstFrame / 2;
    const ended = new AbortController();
    void listening(rtpPort, BIND_MS, AbortSignal.any([ended.signal, live.signal])).then(() => {
      if (!ended.signal.aborted) options.rtp?.opened({ rtpPort, rtcpPort });
    });
    let lastFrameAt = performance.now();
    const asking = setInterval(() => {
      if (performance.now() - lastFrameAt > Math.max(KEY_FRAME_MS, 1.5 * periodMs)) options.rtp?.keyFrame();
    }, KEY_FRAME_MS);

    const run = live.run({
      ...rtpInput(sampling),
      input: Readable.from([videoSdp(codec, rtpPort, rtcpPort)]),
      first: { stallMs: timings.firstFrame, giveUpMs: timings.firstFrame },
      onInput(info) {
        live.setCodec(info.codec);
        return undefined;
      },
      onFrame() {
        lastFrameAt = performance.now();
        return liveLimits(timings, periodMs);
      },
      silence: () => ({ reason: 'frozen', detail: 'no picture comes' }),
    });
    const end = await run.finally(() => {
      clearInterval(asking);
      ended.abort();
    });
    const { resizedAtS, problem, gave, good } = end;
    const ending = problem ?? { reason: 'disconnected', detail: 'the decoder ended' };
    return { problem: resizedAtS === null ? ending : RESIZED, gave, good };
  }

  const kind =
    codec === null
      ? { opening: { reason: 'no-publisher', detail: 'nobody publishes' } as const, attempt: null }
      : {
          opening: { reason: 'starting', detail: 'waiting for the first picture' } as const,
          attempt: (live: Live) => attempt(codec, live),
        };
  return createLiveSource({ ...kind, buffers: BUFFERS, fails: false }, sampling, options, events);
}
