import { stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Sampling } from '../messages.ts';
import { fileInput, framesOutput } from './ffmpeg-args.ts';
import type { Problem } from './ffmpeg-log.ts';
import type { FrameHeader } from './frame-reader.ts';
import { createOutlet } from './outlet.ts';
import { openSession, type Session, type SessionEnd } from './session.ts';
import type { SourceEvents, SourceOptions, VideoSource } from './source.ts';
import { createWatchdog } from './watchdog.ts';

export interface FileSpec {
  path: string;
  loop: boolean;
  realtime: boolean;
}

/** A decoder that is neither held up by us nor says anything for this long is stuck. */
const STUCK_MS = 60_000;
/** So late that a realtime file stops catching up and shifts its clock instead. */
const LATE_MS = 2000;

/**
 * A video file, a GIF or a picture. `realtime` plays at the file's own speed, as a camera would. Otherwise each
 * frame waits until the one before was released: as fast as the pipeline can take, and none is lost.
 *
 * A frame's time is the moment of the first frame plus the file's own time, so that results do not depend on the
 * speed of the machine. A loop starts ffmpeg anew for each pass; media time goes on rising.
 */
export function createFileSource(
  spec: FileSpec,
  sampling: Sampling,
  options: SourceOptions,
  events: SourceEvents,
): VideoSource {
  const now = options.now ?? Date.now;
  const outlet = createOutlet(events, spec.realtime ? 4 : 2);
  const stopping = new AbortController();
  let session: Session | null = null;
  let running: Promise<void> | null = null;
  let skipped = 0;
  /** Epoch milliseconds of media time 0. */
  let startMs: number | null = null;
  let lastAtMs = 0;

  async function run() {
    outlet.tell('connecting', 'starting', 'opening');
    const bad = await checkFile(spec.path);
    if (bad) {
      outlet.tell('failed', bad.reason, bad.detail);
      return;
    }
    let offsetS = 0;
    let seekS = 0;
    let still = false;
    for (;;) {
      const end = await play(offsetS, seekS, still);
      if (stopping.signal.aborted) return;
      if (end.resizedAtS !== null) {
        seekS += end.resizedAtS;
        continue;
      }
      if (end.frames === 0 && seekS > 0) {
        outlet.tell(
          'ended',
          'decoder-failed',
          'this ffmpeg is too old to follow the change of the picture’s size',
        );
        return;
      }
      if (end.frames === 0) {
        const problem = end.problem ?? { reason: 'no-video', detail: 'there is no picture in the file' };
        outlet.tell('failed', problem.reason, problem.detail);
        return;
      }
      if (!spec.loop) {
        if (end.problem) outlet.tell('ended', 'corrupt', `the file is damaged: ${end.problem.detail}`);
        else outlet.tell('ended', 'end-of-file', 'played to the end');
        return;
      }
      still = end.frames === 1 && outlet.delivered() <= 1;
      offsetS += lengthOf(end, seekS);
      seekS = 0;
    }
  }

  async function play(offsetS: number, seekS: number, still: boolean): Promise<SessionEnd> {
    let held = false;
    const watchdog = createWatchdog({
      onStall() {},
      onGiveUp: () => {
        if (!held) current.kill({ reason: 'decoder-failed', detail: 'ffmpeg is stuck' });
      },
    });
    const watch = () => watchdog.expect(held ? null : { stallMs: STUCK_MS, giveUpMs: STUCK_MS });
    let guessS = 0;
    const current = openSession({
      ffmpeg: options.ffmpeg,
      ...fileInput(spec.path, sampling, seekS),
      outputOptions: framesOutput(
        { sampling, live: false, maxWidth: options.maxWidth, still },
        options.ffmpeg.features,
      ),
      pool: outlet.pool,
      wait: !spec.realtime,
      onInput: (info) => outlet.setCodec(info.codec),
      onActivity: watchdog.feed,
      async onFrame(header, data) {
        held = true;
        watch();
        // Streams without timestamps are rare among files; the sampling rate is the best guess.
        const ptsS = header.ptsS ?? guessS;
        guessS = ptsS + (sampling.mode === 'fps' ? 1 / sampling.fps : 1);
        await hand(header, data, offsetS + seekS + Math.max(0, ptsS));
        held = false;
        watch();
      },
    });
    session = current;
    if (stopping.signal.aborted) current.kill();
    watch();
    const end = await current.done;
    watchdog.stop();
    session = null;
    skipped += current.skipped();
    return end;
  }

  async function hand(header: FrameHeader, data: Uint8Array, mediaTimeS: number): Promise<void> {
    startMs ??= now() - mediaTimeS * 1000;
    if (spec.realtime) {
      const early = startMs + mediaTimeS * 1000 - now();
      if (early > 0) await sleep(early, undefined, { signal: stopping.signal }).catch(() => {});
      else if (early < -LATE_MS) startMs -= early;
    } else {
      await outlet.allReleased();
    }
    lastAtMs = Math.max(lastAtMs + 1, Math.round(startMs + mediaTimeS * 1000));
    outlet.deliver(header, data, lastAtMs, mediaTimeS);
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

/** What can be said without ffmpeg; null when it should try. */
export async function checkFile(path: string): Promise<Problem | null> {
  try {
    const info = await stat(path);
    // A pipe or a device could block for ever.
    if (!info.isFile()) return { reason: 'not-found', detail: 'it is not a file' };
    if (info.size === 0) return { reason: 'corrupt', detail: 'the file is empty' };
    return null;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    return {
      reason: 'not-found',
      detail: code === 'ENOENT' ? 'there is no such file' : `cannot be read: ${code}`,
    };
  }
}

/** Seconds that a pass took of the media time, so that the next one follows without a gap. */
function lengthOf(end: SessionEnd, seekS: number): number {
  const last = seekS + (end.lastPtsS ?? 0);
  const frame = 1 / (end.input?.fps ?? 25);
  return Math.max(end.input?.durationS ?? 0, last + frame);
}
