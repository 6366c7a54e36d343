import { describe, expect, it } from 'vitest';
import { newTrackedFace } from '../tracked-face.ts';
import { normalise } from '../vectors.ts';
import { attributeTracks, type TrackRecord } from './attribution.ts';
import { identityPolicy } from './identity-policy.ts';
import type { Standing } from './identity-votes.ts';
import { createTracker } from './tracker.ts';

const policy = identityPolicy((far) => 0.34 + 0.075 * (-Math.log10(far) - 3), 24);

const person = (index: number, odd = 0): Float32Array => {
  const vector = new Float32Array(16);
  vector[index] = 1;
  vector[15] = odd;
  return normalise(vector);
};

/** A finished track, seen from `fromS` to `toS`. */
function record(
  trackId: number,
  fromS: number,
  toS: number,
  look: Float32Array,
  standing: Partial<Standing> = {},
): TrackRecord {
  const tracker = createTracker({ firstTrackId: trackId });
  const [track] = tracker.update([{ box: [0, 0, 50, 50], score: 0.9 }], fromS * 1000).trackOf;
  const face = newTrackedFace(track!);
  face.votes.looks.add(look, 0.9, fromS * 1000);
  face.votes.looks.add(look, 0.9, toS * 1000);
  face.faceLike = 3;
  face.votes.standing = () => ({
    state: 'unknown',
    studentId: null,
    confidence: 0,
    score: 0,
    margin: 0,
    ...standing,
  });
  return { trackId, face, firstMs: fromS * 1000, lastMs: toS * 1000 };
}

const sure = (studentId: string) => ({ state: 'sure', studentId, confidence: 0.9 }) as const;

describe('attributeTracks', () => {
  it('joins the tracks of a student who left and came back', () => {
    const tracks = [record(1, 0, 20, person(0), sure('a')), record(2, 30, 60, person(0), sure('a'))];
    const { byStudent, strangers } = attributeTracks(tracks, policy);
    expect(byStudent.get('a')?.map(({ trackId }) => trackId)).toEqual([1, 2]);
    expect(strangers).toEqual([]);
  });

  it('gives an undecided fragment to the person it looks like, if that one was not elsewhere', () => {
    const before = record(1, 0, 3, person(0, 0.3));
    const meanwhile = record(2, 8, 12, person(0, 0.3));
    const { byStudent, strangers } = attributeTracks(
      [before, meanwhile, record(3, 5, 60, person(0), sure('a'))],
      policy,
    );
    expect(byStudent.get('a')?.map(({ trackId }) => trackId)).toEqual([3, 1]);
    expect(strangers.map(({ trackId }) => trackId)).toEqual([2]);
  });

  it('counts one stranger once', () => {
    const tracks = [record(1, 0, 10, person(4)), record(2, 20, 30, person(4)), record(3, 5, 30, person(5))];
    expect(attributeTracks(tracks, policy).strangers).toEqual([
      { trackId: 1, firstMs: 0, lastMs: 30_000 },
      { trackId: 3, firstMs: 5000, lastMs: 30_000 },
    ]);
  });

  it('does not take a passing detection or a print on a shirt for a person', () => {
    const passing = record(1, 0, 1, person(4));
    const print = record(2, 0, 60, person(5));
    print.face.faceLike = 2;
    print.face.notFaceLike = 20;
    expect(attributeTracks([passing, print], policy).strangers).toEqual([]);
  });

  it('leaves an odd look to the head that it belongs to, but not to one that stays odd', () => {
    const owner = record(1, 0, 20, person(0), sure('a'));
    const grimace = record(2, 20, 26, person(7));
    grimace.face.continues = 1;
    const other = record(3, 26, 60, person(8));
    other.face.continues = 2;
    const { byStudent, strangers } = attributeTracks([owner, grimace, other], policy);
    expect(byStudent.get('a')?.map(({ trackId }) => trackId)).toEqual([1, 2]);
    expect(strangers.map(({ trackId }) => trackId)).toEqual([3]);
  });

  it('asks about a student only who is not certain otherwise', () => {
    const asked = { state: 'review', studentId: 'a', score: 0.4 } as const;
    const alone = attributeTracks([record(1, 0, 20, person(3), asked)], policy);
    expect([...alone.reviews.keys()]).toEqual(['a']);
    expect(alone.strangers).toEqual([]);
    const other = attributeTracks(
      [record(1, 0, 20, person(3), asked), record(2, 0, 20, person(0), sure('a'))],
      policy,
    );
    expect([...other.reviews.keys()]).toEqual([]);
    expect(other.strangers).toHaveLength(1);
  });
});
