import { ApiError, type FaceName, type ProposedFace, type Student } from '../../../src/index.ts';

/** As many photos of one student as the server keeps. */
const MOST_PHOTOS = 10;
/** Below this the camera's votes hardly count such a face either. */
const WEAK = 0.3;

export const isWeak = (face: ProposedFace) => face.quality < WEAK;

/** Why a student cannot be named; null for who can. */
export function obstacle(student: Student): 'noConsent' | 'full' | null {
  if (!student.consents.face) return 'noConsent';
  return student.faceTemplates >= MOST_PHOTOS ? 'full' : null;
}

/** Student ids by face ids: each face has one name, each student one face. */
export type Names = ReadonlyMap<string, string>;

/** Gives a face a name, or takes it off with null. Who had another face on the photo loses that. */
export function giveName(names: Names, faceId: string, studentId: string | null): Names {
  const next = new Map([...names].filter(([face, student]) => face !== faceId && student !== studentId));
  if (studentId !== null) next.set(faceId, studentId);
  return next;
}

/** Why the server would not have a name. `otherId`: the student whose face it is. */
export interface Refusal {
  code: string;
  otherId: string | null;
}

export interface Outcome {
  enrolled: FaceName[];
  /** By face. */
  refused: Map<string, Refusal>;
}

/**
 * Enrols what can be: the server takes all or none, so whom it refuses is left out and the rest is sent again. Throws a
 * refusal that is about nobody in particular; nothing was enrolled then.
 */
export async function enrolNamed(
  names: Names,
  send: (names: FaceName[]) => Promise<unknown>,
): Promise<Outcome> {
  const refused = new Map<string, Refusal>();
  let left = [...names].map(([faceId, studentId]) => ({ faceId, studentId }));
  while (left.length > 0) {
    try {
      await send(left);
      break;
    } catch (error) {
      const found = refusedIn(error, left);
      if (found.size === 0) throw error;
      for (const [faceId, refusal] of found) refused.set(faceId, refusal);
      left = left.filter(({ faceId }) => !found.has(faceId));
    }
  }
  return { enrolled: left, refused };
}

function refusedIn(error: unknown, sent: readonly FaceName[]): Map<string, Refusal> {
  const found = new Map<string, Refusal>();
  if (!(error instanceof ApiError) || typeof error.details !== 'object' || error.details === null) {
    return found;
  }
  const { code } = error;
  const { faceId, studentId, studentIds } = error.details as Record<string, unknown>;
  const otherId = typeof studentId === 'string' ? studentId : null;
  const concerned = Array.isArray(studentIds) ? studentIds : [];
  for (const name of sent) {
    if (name.faceId === faceId) found.set(name.faceId, { code, otherId });
    else if (concerned.includes(name.studentId)) found.set(name.faceId, { code, otherId: null });
  }
  return found;
}

type Box = readonly number[];
const middle = ([x = 0, y = 0, w = 0, h = 0]: Box) => [x + w / 2, y + h / 2] as const;

/**
 * Row by row from the back, each from left to right, as one reads: the server's order, left to right over the whole
 * photo, jumps between the rows of a class. A face belongs to a row whose middle is less than its own height away.
 */
export function inRows<Face extends { box: Box }>(faces: readonly Face[]): Face[] {
  const rows: { y: number; faces: Face[] }[] = [];
  const down = [...faces].sort((a, b) => middle(a.box)[1] - middle(b.box)[1]);
  for (const face of down) {
    const [, y] = middle(face.box);
    const last = rows.at(-1);
    if (last && y - last.y < (face.box[3] ?? 0)) {
      last.y += (y - last.y) / (last.faces.length + 1);
      last.faces.push(face);
    } else {
      rows.push({ y, faces: [face] });
    }
  }
  return rows.flatMap((row) => row.faces.sort((a, b) => middle(a.box)[0] - middle(b.box)[0]));
}

/** The face at a point of the photo, or the nearest within `reach` pixels of its edge: faces far back are small. */
export function faceAt<Face extends { box: Box }>(
  faces: readonly Face[],
  x: number,
  y: number,
  reach: number,
): Face | null {
  let nearest: Face | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (const face of faces) {
    const [cx, cy] = middle(face.box);
    const [, , w = 0, h = 0] = face.box;
    const outside = Math.hypot(Math.max(0, Math.abs(x - cx) - w / 2), Math.max(0, Math.abs(y - cy) - h / 2));
    const distance = Math.hypot(x - cx, y - cy);
    if (outside <= reach && distance < least) {
      nearest = face;
      least = distance;
    }
  }
  return nearest;
}
