import type { AnalysisReport } from '../../pipeline/analysis-report.ts';

/** Ground truth as the rendering tools write it. */
export interface Truth {
  present: string[];
  absent: string[];
  strangers?: string[];
  people: Record<string, { role?: string; enterS?: number; leaveS?: number; facePx?: number }>;
  seconds: number;
  /** Face boxes at every full second. */
  frames?: { id: string; x: number; y: number; w: number; h: number }[][];
}

export interface Verdict {
  students: {
    id: string;
    facePx: number | null;
    status: string;
    confidence: number;
    enterError: number;
    leaveError: number;
  }[];
  recallBySize: Record<string, string>;
  present: number;
  presentMarked: number;
  /** Absent students marked, with their names: there must be none. */
  absentMarked: string[];
  /** Frames in which a face bore another person's name, by "who as whom". */
  misnamed: Record<string, number>;
  strangersNamed: string[];
  strangersListed: number;
  timesRight: number;
  times: number;
  /** Tracks that went over to another person and kept their id. */
  identitySwitches: number;
}

export function judge(report: AnalysisReport, truth: Truth, minFacePx = 32): Verdict {
  const students = report.students
    .filter(({ id }) => truth.present.includes(id))
    .map(({ id, status, confidence, firstSeenS, lastSeenS }) => {
      const { facePx = null, enterS = 0, leaveS = truth.seconds } = truth.people[id]!;
      const enterError = (firstSeenS ?? Number.POSITIVE_INFINITY) - enterS;
      const leaveError = (lastSeenS ?? Number.POSITIVE_INFINITY) - leaveS;
      return { id, facePx, status, confidence, enterError, leaveError };
    });
  const counted = students.filter(({ facePx }) => facePx === null || facePx >= minFacePx);
  const marked = counted.filter(({ status }) => status === 'present');
  const right = marked.flatMap((s) => [s.enterError, s.leaveError]).filter((error) => Math.abs(error) <= 3);
  const { misnamed, switches } = followBoxes(report, truth);
  return {
    students,
    recallBySize: bySize(students),
    present: counted.length,
    presentMarked: marked.length,
    absentMarked: report.students
      .filter(({ id, status }) => truth.absent.includes(id) && status === 'present')
      .map(({ id }) => id),
    misnamed,
    strangersNamed: Object.keys(misnamed).filter((pair) => truth.strangers?.includes(pair.split(' as ')[0]!)),
    strangersListed: report.strangers.length,
    timesRight: right.length,
    times: marked.length * 2,
    identitySwitches: switches,
  };
}

function bySize(students: Verdict['students']): Record<string, string> {
  const groups: Record<string, { all: number; marked: number }> = {};
  for (const { facePx, status } of students) {
    const key = facePx === null ? 'any' : facePx < 32 ? '<32' : facePx < 64 ? '32–63' : '≥64';
    const group = groups[key] ?? { all: 0, marked: 0 };
    groups[key] = group;
    group.all++;
    if (status === 'present') group.marked++;
  }
  return Object.fromEntries(Object.entries(groups).map(([key, g]) => [key, `${g.marked}/${g.all}`]));
}

/** Compares the frames at full seconds with the true boxes. */
function followBoxes(report: AnalysisReport, truth: Truth) {
  const misnamed: Record<string, number> = {};
  const ownerOfTrack = new Map<number, string>();
  let switches = 0;
  for (const [second, boxes] of (truth.frames ?? []).entries()) {
    const frame = report.frames?.reduce((a, b) =>
      Math.abs(b.atS - second) < Math.abs(a.atS - second) ? b : a,
    );
    for (const face of frame?.faces ?? []) {
      const [x, y, w, h] = face.box;
      const person = boxes.find(
        (b) => Math.hypot(b.x + b.w / 2 - x - w / 2, b.y + b.h / 2 - y - h / 2) < b.w * 0.5,
      );
      if (!person) continue;
      if (face.studentId !== null && face.studentId !== person.id) {
        const pair = `${person.id} as ${face.studentId}`;
        misnamed[pair] = (misnamed[pair] ?? 0) + 1;
      }
      const owner = ownerOfTrack.get(face.trackId);
      if (owner !== undefined && owner !== person.id) switches++;
      ownerOfTrack.set(face.trackId, person.id);
    }
  }
  return { misnamed, switches };
}
