import type { TrackedFace } from '../tracked-face.ts';
import { dot } from '../vectors.ts';
import type { IdentityPolicy } from './identity-policy.ts';

/** One confirmed track of a finished recording. */
export interface TrackRecord {
  trackId: number;
  face: TrackedFace;
  firstMs: number;
  lastMs: number;
}

export interface Span {
  trackId: number;
  firstMs: number;
  lastMs: number;
}

export interface Attribution<T extends TrackRecord> {
  /** Tracks of each student who was certainly there. */
  byStudent: Map<string, T[]>;
  /** Tracks that a person should look at, of students who are not certain otherwise. */
  reviews: Map<string, T[]>;
  /** People who are nobody of the gallery, fragments of one person joined. */
  strangers: Span[];
  studentOf: Map<number, string>;
}

/** Two tracks of one camera's recording look alike enough to be one person. */
const SAME_PERSON = 0.5;
/** Tracks of one person do not overlap by more than this. */
const OVERLAP_MS = 600;
/** An undecided look of a head that never left the picture is still its owner's for this long. */
const ODD_LOOK_MS = 10_000;
/** A stranger stayed this long and was a face to the embedder; anything less is a false detection. */
const STRANGER = { ms: 2000, faces: 2 };

/**
 * Settles whose tracks they are once all is seen: tracks of one identity are merged, fragments that were too
 * short to be decided join the person they look like, the rest are strangers.
 */
export function attributeTracks<T extends TrackRecord>(
  records: readonly T[],
  policy: IdentityPolicy,
): Attribution<T> {
  const byStudent = new Map<string, T[]>();
  const studentOf = new Map<number, string>();
  const undecided: T[] = [];
  const inOrder = [...records].sort((a, b) => a.firstMs - b.firstMs);
  for (const record of inOrder) {
    const { state, studentId } = record.face.votes.standing();
    if (state === 'sure' && studentId !== null) {
      byStudent.set(studentId, [...(byStudent.get(studentId) ?? []), record]);
      studentOf.set(record.trackId, studentId);
    } else undecided.push(record);
  }

  const rest: T[] = [];
  for (const record of undecided) {
    const owner = nearestPerson(record, byStudent) ?? ownerOfHead(record, byStudent, studentOf);
    if (owner === null) rest.push(record);
    else {
      byStudent.get(owner)!.push(record);
      studentOf.set(record.trackId, owner);
    }
  }

  const reviews = new Map<string, T[]>();
  const strangers: { span: Span; members: T[] }[] = [];
  for (const record of rest) {
    const { state, studentId, score } = record.face.votes.standing();
    if (state === 'review' && studentId !== null && !byStudent.has(studentId) && score >= policy.review) {
      reviews.set(studentId, [...(reviews.get(studentId) ?? []), record]);
      continue;
    }
    if (!isStranger(record)) continue;
    const same = strangers.find(({ members }) => alike(record, members));
    if (!same) {
      const { trackId, firstMs, lastMs } = record;
      strangers.push({ span: { trackId, firstMs, lastMs }, members: [record] });
      continue;
    }
    same.members.push(record);
    same.span.firstMs = Math.min(same.span.firstMs, record.firstMs);
    same.span.lastMs = Math.max(same.span.lastMs, record.lastMs);
  }
  return { byStudent, reviews, strangers: strangers.map(({ span }) => span), studentOf };
}

function nearestPerson<T extends TrackRecord>(record: T, people: ReadonlyMap<string, T[]>): string | null {
  let best: string | null = null;
  let bestCosine = SAME_PERSON;
  for (const [studentId, members] of people) {
    const cosine = cosineTo(record, members);
    if (cosine < bestCosine || members.some((other) => overlap(record, other) > OVERLAP_MS)) continue;
    bestCosine = cosine;
    best = studentId;
  }
  return best;
}

/**
 * A track that was split off without a gap is the same head in a look that resembles none before: a hand on the
 * cheek, a grimace. It belongs to the head's owner when it passed soon, or the owner was seen right after it.
 */
function ownerOfHead<T extends TrackRecord>(
  record: T,
  people: ReadonlyMap<string, T[]>,
  studentOf: ReadonlyMap<number, string>,
): string | null {
  const { continues } = record.face;
  const owner = continues === null ? undefined : studentOf.get(continues);
  if (owner === undefined) return null;
  const back = people.get(owner)!.some(({ face }) => face.continues === record.trackId);
  return back || record.lastMs - record.firstMs <= ODD_LOOK_MS ? owner : null;
}

function alike(record: TrackRecord, members: readonly TrackRecord[]): boolean {
  if (members.some((other) => overlap(record, other) > OVERLAP_MS)) return false;
  return cosineTo(record, members) >= SAME_PERSON;
}

function cosineTo(record: TrackRecord, members: readonly TrackRecord[]): number {
  const own = record.face.votes.fused();
  if (!own) return -1;
  return members.reduce((best, { face }) => {
    const other = face.votes.fused();
    return other ? Math.max(best, dot(own, other)) : best;
  }, -1);
}

const overlap = (a: Span, b: Span): number => Math.min(a.lastMs, b.lastMs) - Math.max(a.firstMs, b.firstMs);

function isStranger({ face, firstMs, lastMs }: TrackRecord): boolean {
  return (
    lastMs - firstMs >= STRANGER.ms && face.faceLike >= STRANGER.faces && face.faceLike > face.notFaceLike
  );
}
