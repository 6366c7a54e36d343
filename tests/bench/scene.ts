import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../../config/paths.ts';
import type { FaceModels } from '../../models/face-models.ts';
import { enrolPhoto } from '../../pipeline/enrolment.ts';
import type { GalleryEntry } from '../../pipeline/messages.ts';
import { renderDemoClassroom } from '../../scripts/demo/render.ts';
import { counterFilter, encoder, ffmpeg } from '../support/video.ts';

/** What the benchmarks film: a 1080p25 H.264 camera at 4 Mbit/s, with 30 seated people where the tools are at hand. */
export interface BenchScene {
  /** H.264 in MP4. */
  video: string;
  /** The same as an elementary stream with a frame counter burnt in, for the test camera. */
  stream: string;
  faces: number;
  people: { id: string; photos: string[] }[];
  origin: string;
}

const TOOL = join(projectRoot, '../shared/tools/make-classroom.mjs');
const FACES = 30;

export async function benchScene(): Promise<BenchScene> {
  const dir = join(homedir(), '.cache/yoklama/bench');
  mkdirSync(dir, { recursive: true });
  const scene = existsSync(TOOL)
    ? renderedClassroom(join(dir, `classroom-${FACES}`))
    : await demoClassroom(dir);
  const video = join(dir, `camera-${scene.faces}.mp4`);
  const stream = join(dir, `camera-${scene.faces}.h264`);
  if (!existsSync(stream)) {
    const rate = ['-b:v', '4M', '-maxrate', '4M', '-bufsize', '8M'];
    const size = 'scale=1920:1080:flags=bicubic';
    // `veryfast`, not the tests' `ultrafast`: a camera's chip uses CABAC and in-loop filters, and both cost decoding.
    const camera = encoder('h264', 25).map((option) => (option === 'ultrafast' ? 'veryfast' : option));
    await ffmpeg([
      '-i',
      scene.source,
      '-an',
      '-vf',
      `${size},format=yuv420p`,
      '-r',
      '25',
      ...camera,
      ...rate,
      video,
    ]);
    await ffmpeg([
      ...['-i', scene.source, '-an', '-vf', `${size},${counterFilter()},format=yuv420p`, '-r', '25'],
      ...[...camera, ...rate, '-f', 'h264', stream],
    ]);
  }
  return { video, stream, faces: scene.faces, people: scene.people, origin: scene.origin };
}

interface Source {
  source: string;
  faces: number;
  people: BenchScene['people'];
  origin: string;
}

function renderedClassroom(dir: string): Source {
  if (!existsSync(join(dir, 'truth.json'))) {
    const numbers = { students: FACES, absent: 0, strangers: 0, late: 0, leave: 0, seconds: 30, seed: 11 };
    const flags = Object.entries(numbers).flatMap(([name, value]) => [`--${name}`, String(value)]);
    execFileSync(process.execPath, [TOOL, '--out', dir, ...flags], {
      cwd: projectRoot,
      stdio: ['ignore', 2, 2],
    });
  }
  const truth = JSON.parse(readFileSync(join(dir, 'truth.json'), 'utf8')) as { enrolled: string[] };
  const photosOf = (id: string): string[] =>
    readdirSync(join(dir, 'enrol', id)).map((name) => join(dir, 'enrol', id, name));
  return {
    source: join(dir, 'classroom.mp4'),
    faces: FACES,
    people: truth.enrolled.map((id) => ({ id, photos: photosOf(id) })),
    origin: 'rendered classroom (../shared/tools/make-classroom.mjs)',
  };
}

async function demoClassroom(dir: string): Promise<Source> {
  const demo = await renderDemoClassroom({ dir: join(dir, 'demo') });
  return {
    source: demo.video,
    faces: Math.max(...demo.truth.faces.map((faces) => faces.length)),
    people: demo.roster,
    origin: 'the demo’s classroom',
  };
}

export async function enrolAll(models: FaceModels, people: BenchScene['people']): Promise<GalleryEntry[]> {
  const gallery: GalleryEntry[] = [];
  for (const { id, photos } of people) {
    const templates: Float32Array[] = [];
    for (const photo of photos) {
      const result = await enrolPhoto(models, readFileSync(photo));
      if (result.ok) templates.push(result.face.embedding);
    }
    gallery.push({ studentId: id, templates, negatives: [] });
  }
  return gallery;
}
