import type { GalleryEntry } from './messages.ts';
import { addScaled, dot, normalise } from './vectors.ts';

/**
 * The students whose faces may be matched in a stream, as one matrix searched by brute force: a thousand rows
 * of 512 floats cost about a millisecond, so there is nothing to index.
 *
 * A student is compared through the mean of the templates, not through the best of them: for strangers the mean
 * has the same score distribution as one template (no second chance to match by luck), for the student it is
 * closer than any single photo. Templates that do not resemble the others (an old photo) keep a row of their own.
 */
export interface Gallery {
  readonly studentIds: readonly string[];
  /** Rows that a face is compared with; what a false-accept rate has to be divided by. */
  readonly rows: number;
  /** Best cosine per student, in the order of `studentIds`. */
  scores(embedding: Float32Array): Float32Array;
  scoreOf(studentId: string, embedding: Float32Array): number;
  /** Cosine to the nearest face that a person said is not this student; -1 when there is none. */
  negativeScore(studentId: string, embedding: Float32Array): number;
  /** Remembers a face as "not this student" until the gallery is replaced. */
  addNegative(studentId: string, embedding: Float32Array): void;
}

/** Templates further from a group's mean than this get a row of their own. */
const SAME_GROUP = 0.35;

export function createGallery(entries: readonly GalleryEntry[], length: number): Gallery {
  const studentIds = entries.map((entry) => entry.studentId);
  const indexOf = new Map(studentIds.map((id, index) => [id, index]));
  const negatives = entries.map((entry) => [...entry.negatives]);
  const groups = entries.flatMap((entry, student) =>
    groupTemplates(entry.templates.filter((t) => t.length === length)).map((row) => ({ student, row })),
  );
  const matrix = new Float32Array(groups.length * length);
  const owner = new Int32Array(groups.length);
  for (const [index, { student, row }] of groups.entries()) {
    matrix.set(row, index * length);
    owner[index] = student;
  }

  const rowScore = (row: number, embedding: Float32Array): number => {
    const offset = row * length;
    let sum = 0;
    for (let i = 0; i < length; i++) sum += matrix[offset + i]! * embedding[i]!;
    return sum;
  };

  return {
    studentIds,
    rows: groups.length,
    scores(embedding) {
      const out = new Float32Array(studentIds.length).fill(-1);
      for (let row = 0; row < groups.length; row++) {
        const student = owner[row]!;
        out[student] = Math.max(out[student]!, rowScore(row, embedding));
      }
      return out;
    },
    scoreOf(studentId, embedding) {
      const student = indexOf.get(studentId);
      let best = -1;
      for (let row = 0; row < groups.length; row++) {
        if (owner[row] === student) best = Math.max(best, rowScore(row, embedding));
      }
      return best;
    },
    negativeScore(studentId, embedding) {
      const list = negatives[indexOf.get(studentId) ?? -1] ?? [];
      return list.reduce((best, negative) => Math.max(best, dot(negative, embedding)), -1);
    },
    addNegative(studentId, embedding) {
      negatives[indexOf.get(studentId) ?? -1]?.push(embedding);
    },
  };
}

function groupTemplates(templates: readonly Float32Array[]): Float32Array[] {
  const sums: Float32Array[] = [];
  for (const template of templates) {
    const unit = normalise(template);
    let best: Float32Array | null = null;
    let bestScore = SAME_GROUP;
    for (const sum of sums) {
      const score = dot(normalise(sum), unit);
      if (score >= bestScore) {
        bestScore = score;
        best = sum;
      }
    }
    if (best) addScaled(best, unit, 1);
    else sums.push(unit);
  }
  return sums.map(normalise);
}
