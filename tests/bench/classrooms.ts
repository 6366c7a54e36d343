import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../../config/paths.ts';
import { percentile, table } from './table.ts';

/** Accuracy of `yoklama analyze`, through its command line, on rendered classrooms with ground truth. */
export interface ClassroomFigures {
  video: string;
  /** Present students whose face is 32 px and more, and how many were marked present. */
  large: number;
  largeMarked: number;
  small: number;
  smallMarked: number;
  review: number;
  /** Absent students marked, and students "seen" where only a stranger was. */
  absentMarked: number;
  strangersNamed: number;
  /** Enter and leave times more than 3 s wrong, of `times`. */
  timesWrong: number;
  times: number;
  timeErrorP95S: number;
  identitySwitches: number;
  cpuS: number;
  wallS: number;
}

interface Truth {
  present: string[];
  absent: string[];
  strangers?: string[];
  seconds: number;
  people: Record<string, { enterS: number; leaveS: number; facePx?: number }>;
  frames?: { id: string; x: number; y: number; w: number; h: number }[][];
}

interface Report {
  students: { id: string; status: string; firstSeenS: number | null; lastSeenS: number | null }[];
  frames: { atS: number; faces: { box: [number, number, number, number]; studentId: string | null }[] }[];
  stats: { cpuS: number; wallS: number };
}

const TOOLS = join(projectRoot, '../shared/tools');
const SMALLEST_PX = 32;
const TOLERANCE_S = 3;

/** Renders (once, kept in the cache) and analyses classrooms for the seeds, then the wall of real people. */
export function benchClassrooms(seeds: readonly number[]): ClassroomFigures[] {
  if (!existsSync(TOOLS))
    throw new Error(`no renderers in ${TOOLS}: accuracy on rendered classrooms is left out`);
  const root = join(homedir(), '.cache/yoklama/bench');
  const render = (name: string, tool: string, flags: string[]): string => {
    const dir = join(root, name);
    mkdirSync(root, { recursive: true });
    if (!existsSync(join(dir, 'truth.json'))) {
      execFileSync(process.execPath, [join(TOOLS, tool), '--out', dir, ...flags], {
        cwd: projectRoot,
        stdio: ['ignore', 2, 2],
      });
    }
    return dir;
  };
  const classrooms = seeds.map((seed) =>
    figuresOf(
      `classroom, seed ${seed}`,
      render(`seed-${seed}`, 'make-classroom.mjs', ['--seed', String(seed)]),
      'classroom.mp4',
    ),
  );
  const script = ['--late', 'person-4:8', '--leave', 'person-2:20', '--without', 'person-5'];
  const wall = figuresOf('people wall', render('wall', 'make-people-wall.mjs', script), 'wall.mp4');
  return [...classrooms, wall];
}

function figuresOf(name: string, dir: string, file: string): ClassroomFigures {
  const truth = JSON.parse(readFileSync(join(dir, 'truth.json'), 'utf8')) as Truth;
  const args = [
    'bin/yoklama.mjs',
    'analyze',
    join(dir, file),
    '--roster',
    join(dir, 'enrol'),
    '--fps',
    '5',
    '--frames',
  ];
  const output = execFileSync(process.execPath, args, {
    cwd: projectRoot,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return compare(name, truth, JSON.parse(output) as Report);
}

function compare(name: string, truth: Truth, report: Report): ClassroomFigures {
  const byId = new Map(report.students.map((student) => [student.id, student]));
  const isPresent = (id: string): boolean => byId.get(id)?.status === 'present';
  const sizeOf = (id: string): number => truth.people[id]?.facePx ?? SMALLEST_PX;
  const large = truth.present.filter((id) => sizeOf(id) >= SMALLEST_PX);
  const small = truth.present.filter((id) => sizeOf(id) < SMALLEST_PX);
  const errors = large.filter(isPresent).flatMap((id) => {
    const { firstSeenS, lastSeenS } = byId.get(id)!;
    const { enterS, leaveS } = truth.people[id]!;
    return [Math.abs((firstSeenS ?? Infinity) - enterS), Math.abs((lastSeenS ?? Infinity) - leaveS)];
  });
  const { strangersNamed, identitySwitches } = readFrames(truth, report);
  return {
    video: name,
    large: large.length,
    largeMarked: large.filter(isPresent).length,
    small: small.length,
    smallMarked: small.filter(isPresent).length,
    review: report.students.filter((student) => student.status === 'review').length,
    absentMarked: truth.absent.filter(isPresent).length,
    strangersNamed,
    timesWrong: errors.filter((error) => error > TOLERANCE_S).length,
    times: errors.length,
    timeErrorP95S: percentile(errors, 0.95),
    identitySwitches,
    cpuS: report.stats.cpuS,
    wallS: report.stats.wallS,
  };
}

/** Names on strangers' faces, and changes of the name on one person's face, second by second. */
function readFrames(truth: Truth, report: Report): { strangersNamed: number; identitySwitches: number } {
  let identitySwitches = 0;
  const named = new Set<string>();
  const lastName = new Map<string, string>();
  for (const [second, people] of (truth.frames ?? []).entries()) {
    const frame = report.frames.find((candidate) => Math.abs(candidate.atS - second) < 0.1);
    for (const person of people) {
      const face = frame?.faces.find(({ box: [x, y, w, h] }) => {
        const dx = Math.abs(x + w / 2 - person.x - person.w / 2);
        const dy = Math.abs(y + h / 2 - person.y - person.h / 2);
        return dx < person.w / 2 && dy < person.h / 2;
      });
      if (!face?.studentId) continue;
      if (truth.strangers?.includes(person.id)) named.add(person.id);
      if (lastName.has(person.id) && lastName.get(person.id) !== face.studentId) identitySwitches++;
      lastName.set(person.id, face.studentId);
    }
  }
  return { strangersNamed: named.size, identitySwitches };
}

export function printClassrooms(figures: readonly ClassroomFigures[]): string {
  return table(
    [
      'video',
      'marked ≥32 px',
      'marked <32 px',
      'review',
      'absent marked',
      'strangers named',
      'times >3 s',
      'p95 s',
      'switches',
      'cpu s',
    ],
    figures.map((f) => [
      f.video,
      `${f.largeMarked}/${f.large}`,
      `${f.smallMarked}/${f.small}`,
      f.review,
      f.absentMarked,
      f.strangersNamed,
      `${f.timesWrong}/${f.times}`,
      f.timeErrorP95S,
      f.identitySwitches,
      f.cpuS,
    ]),
  );
}
