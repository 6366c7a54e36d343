import { execFile, execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { loadConfig } from '../../config/index.ts';
import { installPack } from '../../models/install.ts';
import type { AnalysisReport } from '../../pipeline/analysis-report.ts';
import { runAnalyze } from '../../pipeline/analyze-cli.ts';
import type { Truth } from './judge.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const tools = path.join(root, '..', 'shared', 'tools');
const run = promisify(execFile);

/** For `describe.skipIf(…)`: videos are rendered from photos of people, which are not part of the project. */
export function skipWithoutRenderer(suite: string, tool: string): boolean {
  const why = missing(tool);
  if (why !== null) console.warn(`SKIPPED ${suite}: ${why}`);
  return why !== null;
}

function missing(tool: string): string | null {
  if (!existsSync(path.join(tools, tool))) return `the test data (../shared/tools/${tool}) is not here`;
  try {
    execFileSync(process.env.FFMPEG_PATH ?? 'ffmpeg', ['-version'], { stdio: 'ignore' });
    return null;
  } catch {
    return 'no ffmpeg on the path to render with';
  }
}

export interface Rendered extends AsyncDisposable {
  dir: string;
  truth: Truth;
  analyze(video: string): Promise<AnalysisReport>;
}

/** Renders a video with its truth into a folder of its own and analyses it there. */
export async function render(tool: string, args: string[]): Promise<Rendered> {
  const dir = await mkdtemp(path.join(tmpdir(), 'yoklama-accuracy-'));
  await run(process.execPath, [path.join(tools, tool), '--out', dir, ...args], { cwd: root });
  const { models } = loadConfig();
  await installPack({ pack: models.pack, dir: models.dir });
  return {
    dir,
    truth: JSON.parse(readFileSync(path.join(dir, 'truth.json'), 'utf8')) as Truth,
    async analyze(video) {
      const out = path.join(dir, 'report.json');
      const code = await runAnalyze([
        path.join(dir, video),
        '--roster',
        path.join(dir, 'enrol'),
        '--fps',
        '5',
        '--frames',
        '--out',
        out,
      ]);
      if (code !== 0) throw new Error(`analyze exited with ${code}`);
      return JSON.parse(readFileSync(out, 'utf8')) as AnalysisReport;
    },
    [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }),
  };
}
