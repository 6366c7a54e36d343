/** Compares what a session announced with what the video shows. */
import type { Faces } from '../../server/realtime/topics.ts';
import type { DemoClassroom, DemoTruth } from './render.ts';
import type { Watched } from './watch.ts';

export interface DemoSummary {
  ok: boolean;
  /** One sentence each; empty when all is right. */
  problems: string[];
  seconds: number;
  students: {
    enrolled: number;
    expected: number;
    marked: number;
    late: number;
    absent: number;
    /** Seconds from the session's opening to the last of the marks that were due at its start. */
    allMarkedAfterS: number | null;
    list: { id: string; name: string; expected: string; status: string; firstSeenS: number | null }[];
  };
  strangers: { expected: number; framesSeen: number; framesNamed: number };
  /** Frames in which a face bore the name of somebody else. */
  framesMisnamed: number;
  latencyMs: { p50: number | null; p95: number | null; frames: number };
  frames: { received: number; dropped: number };
  metricsReceived: number;
  /** Processor cores in use on average: server, pipeline, decoder, database. */
  cores: number | null;
}

/** Somebody may take this long for a frame on a busy machine before the demo calls it wrong. */
const LONGEST_LATENCY_MS = 2000;

/** Counts names on faces by where people sit; call it for every frame. */
export function createNameCounter(truth: DemoTruth, studentIds: Map<string, string>) {
  const seats = seatsOf(truth);
  const counts = { strangerSeen: 0, strangerNamed: 0, misnamed: 0 };
  return {
    counts,
    count({ faces }: Pick<Faces, 'faces'>): void {
      for (const face of faces) {
        const [x = 0, y = 0, width = 0, height = 0] = face.box;
        const seat = seats.find(
          (other) => Math.hypot(x + width / 2 - other.x, y + height / 2 - other.y) < other.reach,
        );
        if (!seat) continue;
        const named = face.state === 'sure' && face.studentId !== null;
        if (seat.id === null) {
          counts.strangerSeen += 1;
          if (named) counts.strangerNamed += 1;
        } else if (named && face.studentId !== studentIds.get(seat.id)) {
          counts.misnamed += 1;
        }
      }
    },
  };
}

/** Where people sit: the middle of the places that their faces are at. */
function seatsOf(truth: DemoTruth): { id: string | null; x: number; y: number; reach: number }[] {
  const places = new Map<string | null, { x: number; y: number; width: number }[]>();
  for (const { id, x, y, width, height } of truth.faces.flat()) {
    const list = places.get(id) ?? [];
    list.push({ x: x + width / 2, y: y + height / 2, width });
    places.set(id, list);
  }
  const middle = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
  return [...places].map(([id, list]) => ({
    id,
    x: middle(list.map(({ x }) => x)),
    y: middle(list.map(({ y }) => y)),
    reach: middle(list.map(({ width }) => width)) * 0.8,
  }));
}

export function judge(input: {
  classroom: DemoClassroom;
  studentIds: Map<string, string>;
  seen: Watched;
  /** Statuses after the session was closed, by the API's student id. */
  final: Map<string, string>;
  names: { strangerSeen: number; strangerNamed: number; misnamed: number };
  openedAtMs: number;
  seconds: number;
  dropped: number;
  cores: number | null;
}): DemoSummary {
  const { classroom, studentIds, seen, final, names, openedAtMs } = input;
  const { truth, roster } = classroom;
  const problems: string[] = [];
  const marks: number[] = [];
  const list = roster.map(({ id, name }) => {
    const record = seen.students.find(({ studentId }) => studentId === studentIds.get(id))?.record ?? null;
    const status = final.get(studentIds.get(id) ?? '') ?? 'none';
    const expected = truth.absent.includes(id) ? 'absent' : truth.late.includes(id) ? 'late' : 'present';
    if (status !== expected) problems.push(`${name} (${id}) should be ${expected} and is ${status}`);
    const firstSeenS = record?.firstSeenAt ? (Date.parse(record.firstSeenAt) - openedAtMs) / 1000 : null;
    const markedAtMs = seen.markedAtMs.get(studentIds.get(id) ?? '');
    if (expected === 'present' && markedAtMs !== undefined) marks.push((markedAtMs - openedAtMs) / 1000);
    return { id, name, expected, status, firstSeenS: firstSeenS === null ? null : round(firstSeenS) };
  });
  const latencies = [...seen.latenciesMs].sort((a, b) => a - b);
  const p95 = quantile(latencies, 0.95);
  if (names.strangerNamed > 0) problems.push(`a stranger bore a name in ${names.strangerNamed} frames`);
  if (names.strangerSeen === 0) problems.push('the stranger was never seen');
  if (names.misnamed > 0) problems.push(`a student bore another’s name in ${names.misnamed} frames`);
  if (seen.metricsReceived < input.seconds / 2)
    problems.push(`only ${seen.metricsReceived} engagement messages came`);
  if (seen.metrics?.class.attention === null) problems.push('there is no class attention');
  if (seen.framesReceived === 0) problems.push('no frame came through');
  if (p95 !== null && p95 > LONGEST_LATENCY_MS) problems.push(`frames take ${p95} ms to the dashboard`);
  if (input.dropped > seen.framesReceived)
    problems.push(`${input.dropped} frames were dropped: the machine is too busy`);
  const counted = (status: string) => list.filter((student) => student.status === status).length;
  return {
    ok: problems.length === 0,
    problems,
    seconds: round(input.seconds),
    students: {
      enrolled: roster.length,
      expected: roster.length - truth.absent.length,
      marked: counted('present') + counted('late'),
      late: counted('late'),
      absent: counted('absent'),
      allMarkedAfterS: marks.length > 0 ? round(Math.max(...marks)) : null,
      list,
    },
    strangers: {
      expected: truth.strangers,
      framesSeen: names.strangerSeen,
      framesNamed: names.strangerNamed,
    },
    framesMisnamed: names.misnamed,
    latencyMs: { p50: quantile(latencies, 0.5), p95, frames: latencies.length },
    frames: { received: seen.framesReceived, dropped: input.dropped },
    metricsReceived: seen.metricsReceived,
    cores: input.cores === null ? null : round(input.cores),
  };
}

/** The value below which a share of the sorted values lies. */
export function quantile(sorted: readonly number[], share: number): number | null {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? null;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
