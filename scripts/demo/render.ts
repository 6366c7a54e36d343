/**
 * The demo's classroom as a video: heads from sample photos at drawn desks, one student late, one leaving, one
 * absent, one stranger. Rendered once into a folder; a second call finds it there.
 *
 * The photos that the students are enrolled with are the ones that the heads were cut from (other scale, tilt and
 * brightness): the demo shows how the parts work together, not how well faces are recognised.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { type Canvas, drawHead, drawSprite } from './paint.ts';
import { PEOPLE, type Person, type PhotoName, type Role } from './people.ts';
import { loadPhotos } from './photos.ts';
import { type Actor, placementAt, SCENE, seatPeople } from './scene.ts';
import {
  bodyOffset,
  bodySprite,
  deskSprite,
  faceOffset,
  headSprite,
  roomSprite,
  type Sprite,
} from './sprites.ts';

export interface DemoStudent {
  id: string;
  name: string;
  /** JPEG files. */
  photos: string[];
}

export interface DemoTruth {
  width: number;
  height: number;
  fps: number;
  seconds: number;
  /** Ids of enrolled students by what they do; strangers have none. */
  present: string[];
  late: string[];
  leaving: string[];
  absent: string[];
  strangers: number;
  people: Record<string, { role: Role; enterS: number; leaveS: number; facePx: number }>;
  /** One list a second: face boxes in pixels; id is null for a stranger. */
  faces: { id: string | null; x: number; y: number; width: number; height: number }[][];
}

export interface DemoClassroom {
  video: string;
  roster: DemoStudent[];
  truth: DemoTruth;
}

interface Drawn {
  actor: Actor;
  head: Sprite;
  body: Sprite;
  desk: Sprite;
}

/**
 * @param dir where the result is kept: classroom.mp4, truth.json and a folder of photos for each student
 * @param ffmpeg the program that encodes; default: FFMPEG_PATH or the one on the path
 * @param onProgress share done, 0…1
 */
export async function renderDemoClassroom(options: {
  dir: string;
  ffmpeg?: string;
  onProgress?: (share: number) => void;
}): Promise<DemoClassroom> {
  const { dir } = options;
  const version = await sourceVersion();
  const cached = await readResult(dir, version);
  if (cached) return cached;
  const photos = await loadPhotos();
  const part = `${dir}.${process.pid}.part`;
  await rm(part, { recursive: true, force: true });
  await mkdir(part, { recursive: true });
  try {
    const actors = seatPeople();
    for (const person of PEOPLE) {
      if (person.role !== 'stranger')
        await writeEnrolmentPhotos(photos.get(person.photo)!, person, join(part, person.id));
    }
    const truth = truthOf(actors);
    await renderVideo(actors, photos, join(part, 'classroom.mp4'), options);
    await writeFile(join(part, 'truth.json'), JSON.stringify({ version, truth }));
    await rm(dir, { recursive: true, force: true });
    await mkdir(dirname(dir), { recursive: true });
    await rename(part, dir);
  } finally {
    await rm(part, { recursive: true, force: true });
  }
  const result = await readResult(dir, version);
  if (!result) throw new Error(`the demo classroom in ${dir} cannot be read back`);
  return result;
}

/** Changes whenever the picture would. */
async function sourceVersion(): Promise<string> {
  const hash = createHash('sha256');
  for (const name of ['people', 'scene', 'sprites', 'paint', 'render']) {
    hash.update(await readFile(fileURLToPath(new URL(`./${name}.ts`, import.meta.url))));
  }
  return hash.digest('hex');
}

async function readResult(dir: string, version: string): Promise<DemoClassroom | null> {
  const text = await readFile(join(dir, 'truth.json'), 'utf8').catch(() => null);
  if (text === null) return null;
  const result = JSON.parse(text) as { version: string; truth: DemoTruth };
  if (result.version !== version) return null;
  const roster = PEOPLE.filter((person) => person.role !== 'stranger').map(({ id, name }) => ({
    id,
    name,
    photos: ENROLMENT.map((_, i) => join(dir, id, `${i + 1}.jpg`)),
  }));
  return { video: join(dir, 'classroom.mp4'), roster, truth: result.truth };
}

/** How the enrolment photos differ from the cut-out head: margin in face sizes, degrees, brightness. */
const ENROLMENT = [
  { margin: 0.5, tilt: 0, brightness: 1 },
  { margin: 0.42, tilt: -5, brightness: 1.12 },
];

async function writeEnrolmentPhotos(photo: Buffer, person: Person, dir: string): Promise<void> {
  await mkdir(dir, { recursive: true });
  const [x, y, width, height] = person.face;
  for (const [i, { margin, tilt, brightness }] of ENROLMENT.entries()) {
    const left = Math.max(0, Math.round(x - margin * width));
    const top = Math.max(0, Math.round(y - margin * height));
    const cut = await sharp(photo)
      .extract({
        left,
        top,
        width: Math.round(x + width * (1 + margin)) - left,
        height: Math.round(y + height * (1 + margin)) - top,
      })
      .toBuffer();
    await sharp(cut)
      .rotate(tilt, { background: '#c8c4ba' })
      .modulate({ brightness })
      .resize({ width: 360 })
      .jpeg({ quality: 90 })
      .toFile(join(dir, `${i + 1}.jpg`));
  }
}

function truthOf(actors: Actor[]): DemoTruth {
  const idsOf = (role: Role) => PEOPLE.filter((person) => person.role === role).map((person) => person.id);
  const people: DemoTruth['people'] = {};
  for (const { person, enterS, leaveS, facePx } of actors) {
    if (person.role !== 'stranger')
      people[person.id] = { role: person.role, enterS, leaveS, facePx: Math.round(facePx) };
  }
  const faces = Array.from({ length: SCENE.seconds }, (_, second) =>
    actors.flatMap((actor) => {
      const place = placementAt(actor, second);
      if (!place || place.x < 0 || place.x > SCENE.width) return [];
      const width = actor.facePx;
      const height = (width * actor.person.face[3]) / actor.person.face[2];
      const box = { x: place.x - width / 2, y: place.y - height / 2, width, height };
      const rounded = Object.fromEntries(Object.entries(box).map(([key, value]) => [key, Math.round(value)]));
      return [{ id: actor.person.id || null, ...(rounded as typeof box) }];
    }),
  );
  return {
    width: SCENE.width,
    height: SCENE.height,
    fps: SCENE.fps,
    seconds: SCENE.seconds,
    present: idsOf('present'),
    late: idsOf('late'),
    leaving: idsOf('leaving'),
    absent: idsOf('absent'),
    strangers: idsOf('stranger').length,
    people,
    faces,
  };
}

async function renderVideo(
  actors: Actor[],
  photos: Map<PhotoName, Buffer>,
  path: string,
  options: { ffmpeg?: string; onProgress?: (share: number) => void },
): Promise<void> {
  const drawn = await Promise.all(
    actors.map(async (actor, i): Promise<Drawn> => {
      const [head, body, desk] = await Promise.all([
        headSprite(photos.get(actor.person.photo)!, actor.person, actor.facePx),
        bodySprite(i, actor.facePx),
        deskSprite(actor.facePx),
      ]);
      return { actor, head, body, desk };
    }),
  );
  const room = await roomSprite();
  const empty: Canvas = {
    data: new Uint8Array(SCENE.width * SCENE.height * 3),
    width: SCENE.width,
    height: SCENE.height,
  };
  drawSprite(empty, room, 0, 0);
  const encoder = startEncoder(path, options.ffmpeg ?? process.env.FFMPEG_PATH ?? 'ffmpeg');
  const frames = SCENE.seconds * SCENE.fps;
  for (let i = 0; i < frames; i += 1) {
    // the pipe keeps a reference until the data is out, so that each frame needs memory of its own
    const canvas: Canvas = { ...empty, data: empty.data.slice() };
    paintFrame(canvas, drawn, i / SCENE.fps);
    await encoder.write(canvas.data);
    options.onProgress?.((i + 1) / frames);
  }
  await encoder.end();
}

function paintFrame(canvas: Canvas, drawn: Drawn[], atS: number): void {
  const rows = Math.max(...drawn.map(({ actor }) => actor.row));
  for (let row = 0; row <= rows; row += 1) {
    const people = drawn.filter(({ actor }) => actor.row === row);
    for (const { actor, head, body } of people) {
      const place = placementAt(actor, atS);
      if (!place) continue;
      const offset = faceOffset(actor.person);
      drawSprite(canvas, body, place.x - body.width / 2, place.y + bodyOffset(actor).body * actor.facePx);
      drawHead(canvas, head, place.x - offset.x * actor.facePx, place.y - offset.y * actor.facePx, place);
    }
    for (const { actor, desk } of people) {
      drawSprite(
        canvas,
        desk,
        actor.seat.x - desk.width / 2,
        actor.seat.y + bodyOffset(actor).desk * actor.facePx,
      );
    }
  }
}

function startEncoder(path: string, ffmpeg: string) {
  const input = [
    '-f',
    'rawvideo',
    '-pix_fmt',
    'rgb24',
    '-s',
    `${SCENE.width}x${SCENE.height}`,
    '-r',
    `${SCENE.fps}`,
    '-i',
    'pipe:0',
  ];
  const output = [
    '-c:v',
    'libx264',
    '-preset',
    'veryfast',
    '-crf',
    '21',
    '-pix_fmt',
    'yuv420p',
    '-g',
    `${SCENE.fps}`,
  ];
  const args = ['-v', 'error', '-y', ...input, ...output, '-movflags', '+faststart', path];
  const child = spawn(ffmpeg, args, { stdio: ['pipe', 'ignore', 'pipe'] });
  let complaint = '';
  child.stderr.on('data', (part: Buffer) => {
    complaint = (complaint + part.toString()).slice(-500);
  });
  const closed = new Promise<void>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`ffmpeg could not encode: ${complaint.trim()}`)),
    );
  });
  closed.catch(() => {}); // awaited in end(); a broken pipe is reported there
  child.stdin.on('error', () => {});
  return {
    async write(data: Uint8Array): Promise<void> {
      if (child.exitCode !== null) return closed;
      if (!child.stdin.write(data)) await Promise.race([once(child.stdin, 'drain'), closed]);
    },
    async end(): Promise<void> {
      child.stdin.end();
      await closed;
    },
  };
}
