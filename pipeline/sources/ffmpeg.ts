import { execFile } from 'node:child_process';
import { type Readable, Writable } from 'node:stream';
import { promisify } from 'node:util';
import fluentFfmpeg, { type FfmpegCommand } from 'fluent-ffmpeg';

/**
 * The one place that knows how ffmpeg is found and run. fluent-ffmpeg is no longer maintained upstream: nothing
 * else imports it, so that it can be replaced here.
 */

export interface FfmpegBinary {
  path: string;
  version: string;
  /** For the administrator, e.g. that the bundled build is old; null when all is well. */
  warning: string | null;
  features: FfmpegFeatures;
}

/** What differs between ffmpeg 4.1 and today's; asked of the binary, never guessed from its version. */
export interface FfmpegFeatures {
  /** Option of the RTSP demuxer for socket timeouts; `-timeout` means "listen" where `-stimeout` exists. */
  rtspTimeout: '-timeout' | '-stimeout';
  /** Frames keep their own size when the stream's size changes; without it they are squeezed into the first one. */
  autoscale: boolean;
  frameTiming: '-fps_mode' | '-vsync';
  /** The filter that tells each frame's time and size, without checksums where it can leave them out. */
  showinfo: 'showinfo=checksum=0' | 'showinfo';
}

export class FfmpegMissingError extends Error {
  override name = 'FfmpegMissingError';
}

const run = promisify(execFile);
const ASK = { timeout: 15_000, maxBuffer: 16 * 1024 * 1024 };

/**
 * Finds ffmpeg: the configured path (which must work), the system's, then the build that came with the npm
 * packages. Throws `FfmpegMissingError` with what to do.
 */
export async function locateFfmpeg(config: { ffmpegPath: string | null }): Promise<FfmpegBinary> {
  if (config.ffmpegPath !== null) {
    const found = await ask(config.ffmpegPath, null);
    if (found) return found;
    throw new FfmpegMissingError(
      `FFMPEG_PATH is ${config.ffmpegPath}, but that is not a working ffmpeg. Correct it or leave it unset.`,
    );
  }
  const found = (await ask('ffmpeg', null)) ?? (await askBundled());
  if (found) return found;
  throw new FfmpegMissingError(
    'No ffmpeg was found. Install it (Debian: apt-get install ffmpeg) or point FFMPEG_PATH at one.',
  );
}

async function askBundled(): Promise<FfmpegBinary | null> {
  try {
    // Throws on platforms that it has no build for.
    const bundled = (await import('@ffmpeg-installer/ffmpeg')) as { default: { path: string } };
    return await ask(
      bundled.default.path,
      'This is the build of 2018 that came with the npm packages. Its decoders have known flaws: install the ' +
        "system's ffmpeg before untrusted cameras are connected.",
    );
  } catch {
    return null;
  }
}

async function ask(path: string, warning: string | null): Promise<FfmpegBinary | null> {
  try {
    const { stdout: banner } = await run(path, ['-version'], ASK);
    const version = parseVersion(banner);
    if (version === null) return null;
    const [rtsp, options, showinfo] = await Promise.all(
      [['demuxer=rtsp'], ['long'], ['filter=showinfo']].map(async (topic) => {
        const { stdout } = await run(path, ['-hide_banner', '-h', ...topic], ASK);
        return stdout;
      }),
    );
    const old = isOld(banner) ? `ffmpeg ${version} is old: install version 5 or later.` : null;
    return { path, version, warning: warning ?? old, features: readFeatures(rtsp!, options!, showinfo!) };
  } catch {
    return null;
  }
}

/** `5.1.6-0+deb12u1`, `7.1`, `N-47683-g0e8eb07980-static`; null when the text is not ffmpeg's. */
export function parseVersion(banner: string): string | null {
  return /^ffmpeg version (\S+)/m.exec(banner)?.[1] ?? null;
}

/** Before ffmpeg 5, of January 2022. Builds between releases have no version number, but all have a year. */
export function isOld(banner: string): boolean {
  const major = /^ffmpeg version n?(\d+)\./m.exec(banner)?.[1];
  if (major !== undefined) return Number(major) < 5;
  const year = /Copyright \(c\) 2000-(\d{4})/.exec(banner)?.[1];
  return year !== undefined && Number(year) < 2022;
}

/** From the texts of `-h demuxer=rtsp`, `-h long` and `-h filter=showinfo`. */
export function readFeatures(rtsp: string, options: string, showinfo: string): FfmpegFeatures {
  return {
    rtspTimeout: /^\s*-stimeout\s/m.test(rtsp) ? '-stimeout' : '-timeout',
    autoscale: /^\s*-autoscale\s/m.test(options),
    frameTiming: /^\s*-fps_mode\b/m.test(options) ? '-fps_mode' : '-vsync',
    showinfo: /^\s*checksum\s/m.test(showinfo) ? 'showinfo=checksum=0' : 'showinfo',
  };
}

export interface FfmpegTask {
  /** URL or `file:` path of the input. It shows in the process list: docs/cameras.md says what follows. */
  input: string | Readable;
  inputOptions: string[];
  outputOptions: string[];
  /** What ffmpeg writes to by itself; its standard output by default. */
  target?: string;
  /** Takes standard output, one chunk at a time; ffmpeg waits while the promise is open. */
  onData(chunk: Buffer): Promise<void>;
  /** One line of standard error; may contain the URL with its credentials. */
  onLine(line: string): void;
}

export interface FfmpegRun {
  /** Resolves, never rejects, when the process is gone and `onData` had all of its output (unless killed). */
  done: Promise<FfmpegExit>;
  /** SIGKILL: a stuck decoder or a dead connection answers to nothing less. */
  kill(): void;
}

export interface FfmpegExit {
  /** Left by itself with code 0, which says little: ffmpeg also does that when a camera vanishes. */
  ok: boolean;
  /** How it ended, for the log; may contain the URL. */
  message: string;
}

export function runFfmpeg(binary: FfmpegBinary, task: FfmpegTask): FfmpegRun {
  let killed = false;
  let started = false;
  // fluent-ffmpeg takes a `close` before the exit for a failure; under load a good end would look like one.
  const output = new Writable({
    autoDestroy: false,
    emitClose: false,
    write: (chunk: Buffer, _encoding, done) => {
      task.onData(chunk).then(() => done(), done);
    },
  });
  // The bound on kept lines matters: a camera runs for months.
  const command = fluentFfmpeg({ stdoutLines: 20 })
    .setFfmpegPath(binary.path)
    .input(task.input)
    // Spread: given as a list, options with a space would be split.
    .inputOptions(...task.inputOptions)
    .outputOptions(...task.outputOptions);
  if (task.target === undefined) command.output(output, { end: true });
  else command.output(task.target);
  survivesFailedSpawn(command);

  const done = new Promise<FfmpegExit>((resolve) => {
    const leave = (exit: FfmpegExit, drained: boolean) => {
      if (!drained || task.target !== undefined || output.writableFinished) {
        output.destroy();
        resolve(exit);
      } else {
        output.once('finish', () => resolve(exit));
      }
    };
    command.on('start', () => {
      started = true;
      if (killed) command.kill('SIGKILL');
    });
    command.on('stderr', (line: string) => task.onLine(line));
    command.on('error', (error: Error) => {
      leave({ ok: false, message: error.message }, !killed && error.message.includes('exited with code'));
    });
    command.on('end', () => leave({ ok: true, message: 'ffmpeg ended' }, !killed));
  });
  command.run();

  return {
    done,
    kill() {
      if (killed) return;
      killed = true;
      if (started) command.kill('SIGKILL');
    },
  };
}

type OnEnd = (error?: Error, stdout?: Lines, stderr?: Lines) => void;
interface Lines {
  get(): string;
}
/** The part of fluent-ffmpeg's inside that is mended. What is told at the end is always the last argument. */
interface Spawning {
  _spawnFfmpeg(...args: [...unknown[], OnEnd]): void;
}

/**
 * When no process can be started (the binary is being replaced, the machine is out of processes or memory),
 * fluent-ffmpeg 2.1.3 throws a TypeError out of an event handler, which would end the whole worker: it reads the
 * output of a process that never was. Here it gets an empty one, and the failure arrives as an event.
 */
function survivesFailedSpawn(command: FfmpegCommand): void {
  const inner = command as unknown as Spawning;
  const spawn = inner._spawnFfmpeg;
  const nothing: Lines = { get: () => '' };
  inner._spawnFfmpeg = (...args) => {
    const onEnd = args.pop() as OnEnd;
    const ended: OnEnd = (error, stdout = nothing, stderr = nothing) => onEnd(error, stdout, stderr);
    try {
      spawn.call(command, ...args, ended);
    } catch (error) {
      ended(error as Error);
    }
  };
}
