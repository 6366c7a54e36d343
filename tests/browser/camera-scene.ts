import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { projectRoot } from '../../config/paths.ts';
import { demoCache } from '../../scripts/demo/photos.ts';
import { renderDemoClassroom } from '../../scripts/demo/render.ts';
import type { TestServer } from '../support/server.ts';
import { counterFilter, ffmpeg } from '../support/video.ts';

/** What a fake camera of the browser shows: people that can be enrolled, and who of them is in the picture. */
export interface CameraScene {
  /** Motion JPEG, 1280 × 720, for `--use-file-for-fake-video-capture`; a counter runs in its top left corner. */
  file: string;
  /** Pictures a second that Chromium plays the file with. */
  fps: number;
  /** So many pictures, then it begins anew. */
  frames: number;
  people: ScenePerson[];
}

interface ScenePerson {
  number: string;
  name: string;
  photos: string[];
  present: boolean;
  /** Where in the picture the person is, as shares of it: x, y, width, height; null where people are anywhere. */
  region: [number, number, number, number] | null;
}

const WALL_TOOL = join(projectRoot, '../shared/tools/make-people-wall.mjs');
const SECONDS = 20;
/** Chromium plays motion JPEG at this rate, whatever it was made with. */
const FPS = 30;

/** The wall of real people where its renderer is, else the demo's classroom. Rendered once, kept in the cache. */
export function cameraScene(): Promise<CameraScene> {
  return existsSync(WALL_TOOL) ? peopleWall() : classroom();
}

async function peopleWall(): Promise<CameraScene> {
  const dir = join(demoCache, '..', 'people-wall');
  if (!existsSync(join(dir, 'truth.json'))) {
    const part = `${dir}.${process.pid}.part`;
    await mkdir(part, { recursive: true });
    await promisify(execFile)(
      process.execPath,
      [WALL_TOOL, '--out', part, '--seconds', String(SECONDS), '--without', 'person-5'],
      { cwd: projectRoot },
    );
    await rm(dir, { recursive: true, force: true });
    await rename(part, dir);
  }
  const truth = JSON.parse(await readFile(join(dir, 'truth.json'), 'utf8')) as {
    present: string[];
    people: Record<string, { region: [number, number, number, number] }>;
  };
  const placeOf = ([x, y, width, height]: [number, number, number, number]) =>
    [Math.round(x / width), Math.round(y / height)] as const;
  const people = await Promise.all(
    (await readdir(join(dir, 'enrol'))).sort().map(async (id, at): Promise<ScenePerson> => {
      const folder = join(dir, 'enrol', id);
      const region = truth.people[id]?.region;
      const [column, row] = region ? placeOf(region) : [0, 0];
      return {
        number: `500${at + 1}`,
        name: `Kişi ${at + 1}`,
        photos: (await readdir(folder)).sort().map((name) => join(folder, name)),
        present: truth.present.includes(id),
        region: region
          ? [
              (MARGIN + column * TILE.width) / 1280,
              (BAR + row * TILE.height) / 720,
              TILE.width / 1280,
              TILE.height / 720,
            ]
          : null,
      };
    }),
  );
  const file = await motionJpeg(join(dir, 'wall.mp4'), join(dir, 'camera-near.mjpeg'), nearer());
  return { file, fps: FPS, frames: FPS * SECONDS, people };
}

const TILE = { width: 424, height: 320 };
/** Above the people: the counter shall not stand on their foreheads. */
const BAR = 80;
const MARGIN = (1280 - 3 * TILE.width) / 2;

/** The wall's six places, each cut to the head and shoulders of who stands there. */
function nearer(): string {
  const places = [0, 1, 2, 3, 4, 5];
  const column = (place: number) => place % 3;
  const row = (place: number) => Math.floor(place / 3);
  const cuts = places.map(
    (place) =>
      `[i${place}]crop=320:240:${column(place) * 640 + 160}:${row(place) * 480 + 10},scale=${TILE.width}:${TILE.height}[o${place}]`,
  );
  const layout = places.map((place) => `${column(place) * TILE.width}_${row(place) * TILE.height}`);
  return [
    `split=6${places.map((place) => `[i${place}]`).join('')}`,
    ...cuts,
    `${places.map((place) => `[o${place}]`).join('')}xstack=inputs=6:layout=${layout.join('|')},pad=1280:720:${MARGIN}:${BAR}:color=gray`,
  ].join(';');
}

async function classroom(): Promise<CameraScene> {
  const dir = join(demoCache, 'classroom');
  const { video, roster, truth } = await renderDemoClassroom({ dir });
  const file = await motionJpeg(video, join(dir, 'camera.mjpeg'), 'scale=1280:720');
  const people = roster.map(({ id, name, photos }) => ({
    ...{ number: id, name, photos, region: null },
    present: truth.present.includes(id),
  }));
  // Who comes late or leaves is neither here nor there in a video that is cut.
  const sure = people.filter(({ number }) => truth.present.includes(number) || truth.absent.includes(number));
  return { file, fps: FPS, frames: FPS * SECONDS, people: sure };
}

/** @param filters a chain of ffmpeg's, or a graph with one way in and one out */
async function motionJpeg(video: string, out: string, filters: string): Promise<string> {
  if (existsSync(out)) return out;
  const part = `${out}.${process.pid}.part`;
  await ffmpeg([
    ...['-t', String(SECONDS), '-i', video, '-an', '-vf'],
    [`fps=${FPS}`, filters, counterFilter(), 'format=yuvj420p'].join(','),
    ...['-c:v', 'mjpeg', '-q:v', '4', '-f', 'mjpeg', part],
  ]);
  await rename(part, out);
  return out;
}

/** Makes the people students of the seeded course, with their photos; answers their ids by number. */
export async function enrolPeople(server: TestServer, people: ScenePerson[]): Promise<Map<string, string>> {
  const ids = new Map<string, string>();
  for (const { number, name, photos } of people) {
    const made = await server.admin.post<{ id: string }>('/students', {
      number,
      name,
      consents: { face: true },
    });
    ids.set(number, made.body.id);
    const form = new FormData();
    for (const path of photos)
      form.append('photo', new Blob([await readFile(path)], { type: 'image/jpeg' }), 'photo.jpg');
    const enrolled = await server.admin.post(`/students/${made.body.id}/face`, form);
    if (enrolled.status !== 201)
      throw new Error(`${name} could not be enrolled: ${JSON.stringify(enrolled.body)}`);
  }
  const { courseId } = server.seeded!;
  await server.admin.post(`/courses/${courseId}/enrolments`, { studentIds: [...ids.values()] });
  return ids;
}

/** What Chromium needs to show the scene as its camera, without asking anybody. */
export const fakeCamera = (scene: CameraScene): string[] => [
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
  `--use-file-for-fake-video-capture=${scene.file}`,
];
