import type { Gallery } from '../gallery.ts';
import type { FaceIdentity } from '../messages.ts';
import { dot } from '../vectors.ts';
import { confidenceOf, type IdentityPolicy } from './identity-policy.ts';
import { createLooks, type Looks } from './looks.ts';

/** One embedding of a track's face. */
export interface Vote {
  vector: Float32Array;
  /** 0…1. */
  quality: number;
  facePx: number;
  atMs: number;
}

export interface Standing {
  state: FaceIdentity['state'];
  studentId: string | null;
  confidence: number;
  /** Cosine of the fused looks to the best student, and its distance to the runner-up. */
  score: number;
  margin: number;
}

/** What others say about the same gallery at this moment. */
export interface Surroundings {
  /** Students who are certainly on another visible track of this camera. */
  taken: ReadonlySet<string>;
  /** Cosine to what a student has looked like in this stream so far; -1 where that is not known. */
  remembered(studentId: string, vector: Float32Array): number;
}

export interface IdentityVotes {
  /** @returns `switched` when the face has become another person's; `startAgain` then. */
  add(vote: Vote, gallery: Gallery): 'kept' | 'doubted' | 'switched';
  /** Weighs all votes again. */
  decide(gallery: Gallery, policy: IdentityPolicy, around: Surroundings): Standing;
  standing(): Standing;
  /** The votes that made the track lose its identity: the first ones of its successor. */
  startAgain(): Vote[];
  /** A person's word. */
  confirm(studentId: string): void;
  reject(studentId: string): void;
  /** Drops students who may no longer be matched. */
  retain(studentIds: ReadonlySet<string>): void;
  fused(): Float32Array | null;
  looks: Looks;
  readonly firstMs: number;
  readonly lastMs: number;
}

const nobody: Standing = { state: 'pending', studentId: null, confidence: 0, score: 0, margin: 0 };

/** Under this cosine to all that is known of the track a face is somebody else's. */
const DISAGREES = 0.28;
/** The same for faces too small to be read well. */
const DISAGREES_SMALL = 0.18;
const SMALL_FACE_PX = 40;
/** Votes that must disagree one after another, and how long the first and last lie apart at least. */
const STRIKES = 2;
const STRIKES_MS = 350;
/** From when on "nobody" and "ask a person" may be said. */
const SETTLE = { votes: 4, ms: 3000 };
const REVIEW = { votes: 6, ms: 8000 };

export function createIdentityVotes(): IdentityVotes {
  const looks = createLooks();
  const rejected = new Set<string>();
  let confirmed: string | null = null;
  let current: Standing = nobody;
  let strikes: Vote[] = [];
  let firstMs = 0;
  let lastMs = 0;

  let ranking: Ranking | null = null;

  /** Comparing with the gallery is the dear part: done again only after a new vote or a new gallery. */
  const rankingIn = (gallery: Gallery, fused: Float32Array): Ranking => {
    if (
      ranking?.gallery === gallery &&
      ranking.votes === looks.count() &&
      ranking.rejected === rejected.size
    ) {
      return ranking;
    }
    const best = rank(gallery, fused, rejected);
    const agreeing = looks.all().flatMap((look) => {
      const own = look.count < 2 ? null : rank(gallery, look.vector, rejected);
      return own !== null && own.studentId === best?.studentId ? [own.score] : [];
    });
    ranking = { gallery, votes: looks.count(), rejected: rejected.size, best, agreeing };
    return ranking;
  };

  const take = (vote: Vote): void => {
    if (looks.count() === 0) firstMs = vote.atMs;
    lastMs = vote.atMs;
    looks.add(vote.vector, vote.quality, vote.atMs);
  };

  const votes: IdentityVotes = {
    looks,
    get firstMs() {
      return firstMs;
    },
    get lastMs() {
      return lastMs;
    },
    fused: () => looks.fused(),
    standing: () => current,

    add(vote, gallery) {
      const fused = looks.fused();
      // Too poor to say anything against what is known, or nothing known yet.
      if (!fused || looks.count() < 3) {
        take(vote);
        return 'kept';
      }
      let alike = dot(fused, vote.vector);
      for (const look of looks.all())
        if (look.count >= 2) alike = Math.max(alike, dot(look.vector, vote.vector));
      const holder = confirmed ?? (current.state === 'sure' ? current.studentId : null);
      if (holder) alike = Math.max(alike, gallery.scoreOf(holder, vote.vector));
      if (alike >= (vote.facePx < SMALL_FACE_PX ? DISAGREES_SMALL : DISAGREES)) {
        strikes = [];
        take(vote);
        return 'kept';
      }
      if (vote.quality < 0.3) return 'doubted';
      // Votes that contradict the track but not one another are a new person, not a bad frame.
      if (strikes.length > 0 && dot(strikes[0]!.vector, vote.vector) < DISAGREES) strikes = [];
      strikes.push(vote);
      const spanMs = vote.atMs - strikes[0]!.atMs;
      return strikes.length >= STRIKES && spanMs >= STRIKES_MS ? 'switched' : 'doubted';
    },

    decide(gallery, policy, around) {
      current = weigh();
      return current;

      function weigh(): Standing {
        const fused = looks.fused();
        if (confirmed !== null) {
          const score = fused ? gallery.scoreOf(confirmed, fused) : 1;
          return { state: 'sure', studentId: confirmed, confidence: 1, score, margin: 1 };
        }
        if (!fused) return nobody;
        const { best, agreeing } = rankingIn(gallery, fused);
        const span = lastMs - firstMs;
        const settled = looks.count() >= SETTLE.votes && span >= SETTLE.ms;
        if (!best) return { ...nobody, state: settled ? 'unknown' : 'pending' };

        const { studentId, score, margin } = best;
        const several = looks.decorrelated() >= 2;
        const sureAt = several ? policy.sureSeveral : policy.sureSingle;
        const confidence = confidenceOf(score, sureAt, policy);
        const claim = (state: FaceIdentity['state'], ceiling: number): Standing => ({
          state,
          studentId,
          confidence: Math.min(confidence, ceiling),
          score,
          margin,
        });
        const none = (): Standing => ({
          state: settled ? 'unknown' : 'pending',
          studentId: null,
          confidence: Math.min(confidence, 0.49),
          score,
          margin,
        });
        // One identity at most once in a camera's frame; whoever looks like the student beside them is asked about
        // by nobody.
        if (around.taken.has(studentId)) return none();
        if (isSure(best, agreeing, several, fused)) return claim('sure', 1);
        // What was sure stays so while nothing speaks against it.
        if (current.state === 'sure' && current.studentId === studentId && score >= policy.review) {
          return { ...claim('sure', 1), confidence: Math.max(0.8, confidence) };
        }
        if (score < policy.review || margin < 0.04) return none();
        if (looks.count() < REVIEW.votes || span < REVIEW.ms) {
          return current.state === 'review' ? claim('review', 0.79) : { ...none(), state: 'pending' };
        }
        return claim('review', 0.79);
      }

      function isSure(
        best: Ranked,
        agreeing: readonly number[],
        several: boolean,
        fused: Float32Array,
      ): boolean {
        if (
          around.remembered(best.studentId, fused) >= policy.remembered &&
          best.score >= policy.review &&
          best.margin >= policy.marginSeveral
        ) {
          return looks.count() >= 2;
        }
        if (several && best.score >= policy.sureSeveral && best.margin >= policy.marginSeveral) {
          if (agreeing.filter((score) => score >= policy.lookAgrees).length >= 2) return true;
        }
        const span = lastMs - firstMs;
        const enough = looks.count() >= 3 || (looks.count() >= 2 && span >= 700);
        return enough && best.score >= policy.sureSingle && best.margin >= policy.marginSingle;
      }
    },

    startAgain() {
      const first = strikes;
      strikes = [];
      return first;
    },
    confirm(studentId) {
      confirmed = studentId;
      rejected.delete(studentId);
      current = { ...current, state: 'sure', studentId, confidence: 1 };
    },
    reject(studentId) {
      rejected.add(studentId);
      if (confirmed === studentId) confirmed = null;
      if (current.studentId === studentId) current = { ...nobody };
    },
    retain(studentIds) {
      if (confirmed !== null && !studentIds.has(confirmed)) confirmed = null;
      if (current.studentId !== null && !studentIds.has(current.studentId)) current = { ...nobody };
    },
  };
  return votes;
}

interface Ranking {
  gallery: Gallery;
  votes: number;
  rejected: number;
  best: Ranked | null;
  /** Scores of the single looks whose own best student is the same. */
  agreeing: number[];
}

interface Ranked {
  studentId: string;
  score: number;
  margin: number;
}

/** The best student that nobody ruled out; the margin counts everybody else, ruled out or not. */
function rank(gallery: Gallery, vector: Float32Array, rejected: ReadonlySet<string>): Ranked | null {
  const scores = gallery.scores(vector);
  let best: string | null = null;
  let score = -1;
  for (const [index, studentId] of gallery.studentIds.entries()) {
    const value = scores[index]!;
    if (value <= score || rejected.has(studentId)) continue;
    if (gallery.negativeScore(studentId, vector) >= value) continue;
    score = value;
    best = studentId;
  }
  if (best === null) return null;
  // With nobody to compare with, a stranger's usual score stands in for the runner-up.
  let second = 0.2;
  for (const [index, studentId] of gallery.studentIds.entries()) {
    if (studentId !== best && scores[index]! > second) second = scores[index]!;
  }
  return { studentId: best, score, margin: score - second };
}
