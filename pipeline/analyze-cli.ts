import { existsSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import cliProgress from 'cli-progress';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { ConfigError } from '../config/env-reader.ts';
import { loadConfig } from '../config/index.ts';
import { ModelError } from '../models/errors.ts';
import { loadFaceModels } from '../models/face-models.ts';
import { AnalyzeError, analyzeVideo } from './analyze.ts';
import { enrolRoster, listRoster } from './roster.ts';
import { FfmpegMissingError, locateFfmpeg } from './sources/ffmpeg.ts';
import { videoFacts } from './video-facts.ts';

/** Problems of the person who asked, told in one line; anything else is ours and keeps its stack. */
const KNOWN = [AnalyzeError, ModelError, ConfigError, FfmpegMissingError];

interface Arguments {
  roster: string;
  fps: number;
  realtime: boolean;
  frames: boolean;
  out?: string;
}

/**
 * `yoklama analyze`: attendance and attention of a video file, as JSON on stdout (or in `--out`), progress on
 * stderr. @returns the exit code; every problem is one line on stderr.
 */
export async function runAnalyze(argv: readonly string[]): Promise<number> {
  const complain = (line: string): void => {
    process.stderr.write(`analyze: ${line}\n`);
  };
  try {
    const program = command();
    program.parse([...argv], { from: 'user' });
    await analyze(program.args[0]!, program.opts<Arguments>(), complain);
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (KNOWN.some((known) => error instanceof known)) {
      complain((error as Error).message);
      return 1;
    }
    throw error;
  }
}

function command(): Command {
  return new Command('yoklama analyze')
    .description('Who was in a video, from when to when, and how attentive: JSON on stdout.')
    .argument('<video>', 'video file')
    .requiredOption('--roster <dir>', 'folder with one folder a student, each with one or more photos')
    .option('--fps <number>', 'frames looked at per second of the video', positive, 5)
    .option('--realtime', 'play at the video’s own speed and drop what comes too fast, like a camera', false)
    .option('--frames', 'list every frame looked at with its faces', false)
    .option('--out <file>', 'write the JSON into a file instead of stdout')
    .exitOverride();
}

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0 || value > 60) {
    throw new InvalidArgumentError('a number above 0, at most 60, is needed.');
  }
  return value;
}

async function analyze(video: string, args: Arguments, complain: (line: string) => void): Promise<void> {
  if (!existsSync(video)) throw new AnalyzeError(`${video}: there is no such file`);
  if (!statSync(video).isFile()) throw new AnalyzeError(`${video}: is not a file`);
  const out = args.out === undefined ? null : path.resolve(args.out);
  if (out !== null && !existsSync(path.dirname(out))) {
    throw new AnalyzeError(`${path.dirname(out)}: there is no such folder to write into`);
  }
  const photos = await listRoster(args.roster).catch(() => {
    throw new AnalyzeError(`${args.roster}: the roster folder cannot be read`);
  });
  if (photos.length === 0) {
    throw new AnalyzeError(
      `${args.roster}: the roster is empty: one folder a student with photos is expected`,
    );
  }
  const config = loadConfig();
  const ffmpeg = await locateFfmpeg(config);
  if (ffmpeg.warning) complain(ffmpeg.warning);
  const { durationS, hasVideo, readable } = await videoFacts(video, ffmpeg);
  if (!readable) throw new AnalyzeError(`${video}: ffmpeg does not know this as a media file`);
  if (!hasVideo) throw new AnalyzeError(`${video}: the file has no video stream`);
  const models = await loadFaceModels({
    pack: config.models.pack,
    dir: config.models.dir,
    threads: config.pipeline.threads || 1,
  });
  const bars = createBars();
  try {
    bars.begin('photos', photos.length);
    const roster = await enrolRoster(models, photos, () => bars.add(1));
    bars.end();
    for (const { file, message } of roster.rejected) complain(`${file}: ${message}`);
    if (roster.withoutFace.length > 0) {
      throw new AnalyzeError(`no usable photo of: ${roster.withoutFace.join(', ')}`);
    }
    bars.begin('video', Math.ceil(durationS ?? 0), 's');
    const report = await analyzeVideo({
      models,
      ffmpeg,
      video,
      gallery: roster.gallery,
      fps: args.fps,
      realtime: args.realtime,
      frames: args.frames,
      durationS,
      onWarning: complain,
      onProgress: (seconds) => bars.set(Math.floor(seconds)),
    });
    bars.end();
    const json = `${JSON.stringify(report, null, args.frames ? undefined : 2)}\n`;
    if (out === null) await print(json);
    else await writeFile(out, json);
  } finally {
    bars.end();
    await models.dispose();
  }
}

/** One bar at a time on stderr; cli-progress prints nothing where stderr is no terminal. */
function createBars() {
  let bar: cliProgress.SingleBar | null = null;
  return {
    begin(what: string, total: number, unit = ''): void {
      bar = new cliProgress.SingleBar({
        format: `${what} {bar} {value}/{total}${unit} {duration_formatted}`,
        hideCursor: true,
        stream: process.stderr,
        barsize: 30,
      });
      bar.start(total, 0);
    },
    add: (count: number): void => bar?.increment(count),
    set: (value: number): void => bar?.update(value),
    end(): void {
      bar?.stop();
      bar = null;
    },
  };
}

/** Waits until a pipe has taken everything, for the process may exit right after. */
function print(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => (error ? reject(error) : resolve()));
  });
}
