import type { FaceModels } from '../../models/face-models.ts';
import type { GalleryEntry, Observation, Sampling, StreamStatus } from '../../pipeline/messages.ts';
import { startCamera } from '../support/camera.ts';
import { partsAlone } from './parts.ts';
import { fullPurposes, sleep, startWorker } from './pipeline-worker.ts';
import { coresBetween, residentMiB, treeCpu } from './process-cpu.ts';
import type { BenchScene } from './scene.ts';
import { table } from './table.ts';

/** One way of watching a camera, and the budget in cores that it is held against. */
interface Mode {
  name: string;
  sampling: Sampling;
  detectWidth: number;
  budget: number | null;
}

const modes: Mode[] = [
  { name: '2 fps, everything on', sampling: { mode: 'fps', fps: 2 }, detectWidth: 0, budget: 0.55 },
  { name: '5 fps, everything on', sampling: { mode: 'fps', fps: 5 }, detectWidth: 0, budget: null },
  { name: 'economy (keyframes, 960 px)', sampling: { mode: 'keyframes' }, detectWidth: 960, budget: 0.22 },
];

export interface CameraFigures {
  mode: string;
  cores: number;
  ffmpeg: number;
  worker: number;
  /** Cores by stage, from the stages' own clocks. */
  stages: Record<string, number>;
  /** Cores of each part run alone on the same pictures and as often. */
  alone: Record<string, number>;
  /** `cores` over the sum of `alone`: what the way of a frame costs above its parts. */
  ratio: number;
  budget: number | null;
  framesSampled: number;
  framesDropped: number;
  residentMiB: number;
}

/** Cores that one 1080p25 camera costs over RTSP, split by process and by stage, against its parts run alone. */
export async function benchCamera(
  scene: BenchScene,
  models: FaceModels,
  gallery: GalleryEntry[],
  seconds: number,
): Promise<CameraFigures[]> {
  const figures: CameraFigures[] = [];
  for (const mode of modes) figures.push(await oneMode(mode, scene, models, gallery, seconds));
  return figures;
}

async function oneMode(
  mode: Mode,
  scene: BenchScene,
  models: FaceModels,
  gallery: GalleryEntry[],
  seconds: number,
): Promise<CameraFigures> {
  const camera = await startCamera({ files: [scene.stream] });
  const worker = await startWorker();
  const source = { kind: 'rtsp' as const, url: camera.url };
  try {
    const stages: Record<string, number> = {};
    let counting = false;
    let status: StreamStatus | null = null;
    worker.on((message) => {
      if (message.type === 'stream:status') status = message.status;
      if (message.type === 'observation' && counting) addStages(stages, message.observation);
    });
    worker.send({
      type: 'stream:start',
      stream: {
        streamId: 'bench',
        source,
        sampling: mode.sampling,
        maxWidth: 0,
        detectWidth: mode.detectWidth,
        purposes: fullPurposes,
        gallery,
        firstTrackId: 1,
      },
    });
    // Until the class is recognised every face is embedded twice a second: the steady state is measured after that.
    await sleep(15);
    counting = true;
    const began = performance.now();
    const before = treeCpu(worker.pid);
    await sleep(seconds);
    const wall = (performance.now() - began) / 1000;
    const cores = coresBetween(before, treeCpu(worker.pid), wall);
    counting = false;
    const resident = residentMiB(worker.pid);
    worker.send({ type: 'stream:stop', streamId: 'bench' });
    await sleep(1);
    const alone = await partsAlone({ source, ...mode, models, gallery, seconds: Math.min(20, seconds) });
    const ffmpeg = cores.children.ffmpeg ?? 0;
    const total = cores.own + ffmpeg;
    const ended = status as StreamStatus | null;
    return {
      mode: mode.name,
      cores: total,
      ffmpeg,
      worker: cores.own,
      stages: Object.fromEntries(Object.entries(stages).map(([name, ms]) => [name, ms / 1000 / wall])),
      alone,
      ratio: total / Object.values(alone).reduce((sum, value) => sum + value, 0),
      budget: mode.budget,
      framesSampled: ended?.framesSampled ?? 0,
      framesDropped: ended?.framesDropped ?? 0,
      residentMiB: resident,
    };
  } finally {
    await worker.close();
    await camera.kill();
  }
}

function addStages(stages: Record<string, number>, { stagesMs }: Observation): void {
  for (const [name, ms] of Object.entries(stagesMs)) stages[name] = (stages[name] ?? 0) + ms;
}

export function printCamera(figures: readonly CameraFigures[]): string {
  const totals = table(
    ['mode', 'cores', 'budget', 'ffmpeg', 'worker', 'parts alone', 'ratio', 'sampled', 'dropped', 'MiB'],
    figures.map((f) => {
      const sum = Object.values(f.alone).reduce((a, b) => a + b, 0);
      const budget = f.budget ?? Number.NaN;
      const { mode, cores, ffmpeg, worker, ratio, framesSampled, framesDropped, residentMiB: mib } = f;
      return [mode, cores, budget, ffmpeg, worker, sum, ratio, framesSampled, framesDropped, Math.round(mib)];
    }),
  );
  const split = figures.map((f) => {
    const names = [...new Set([...Object.keys(f.alone), ...Object.keys(f.stages)])];
    const rows = names.map((name) => [
      name,
      f.stages[name] ?? (name === 'decode' ? f.ffmpeg : Number.NaN),
      f.alone[name] ?? Number.NaN,
    ]);
    return `${f.mode}\n${table(['part', 'cores in the pipeline', 'cores alone'], rows)}`;
  });
  return [totals, ...split].join('\n\n');
}
