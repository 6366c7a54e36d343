import { describe, expect, it } from 'vitest';
import { createGallery, type Gallery } from '../gallery.ts';
import { normalise } from '../vectors.ts';
import { type IdentityPolicy, identityPolicy } from './identity-policy.ts';
import { createIdentityVotes, type IdentityVotes, type Surroundings } from './identity-votes.ts';

const LENGTH = 128;
/** As measured for the default pack: 0.34 at 1e-3, 0.42 at 1e-4, 0.49 at 1e-5. */
const cosineAtFar = (far: number): number => 0.34 + 0.075 * (-Math.log10(far) - 3);

let seed = 7;
function random(): number {
  seed = (seed * 1664525 + 1013904223) >>> 0;
  return seed / 4294967296;
}
function gauss(): number {
  return Math.sqrt(-2 * Math.log(random() + 1e-12)) * Math.cos(2 * Math.PI * random());
}
const noise = (): Float32Array => normalise(Float32Array.from({ length: LENGTH }, gauss));
/** A unit vector with about this cosine to another. */
function near(to: Float32Array, cosine: number): Float32Array {
  const other = noise();
  const along = other.reduce((sum, v, i) => sum + v * to[i]!, 0);
  const across = normalise(other.map((v, i) => v - along * to[i]!));
  return to.map((v, i) => v * cosine + across[i]! * Math.sqrt(1 - cosine * cosine));
}

const faces = Array.from({ length: 24 }, noise);
const gallery: Gallery = createGallery(
  faces.map((face, i) => ({
    studentId: `s${i}`,
    templates: [near(face, 0.85), near(face, 0.85)],
    negatives: [],
  })),
  LENGTH,
);
const policy: IdentityPolicy = identityPolicy(cosineAtFar, gallery.rows);
const alone: Surroundings = { taken: new Set(), remembered: () => -1 };

function feed(votes: IdentityVotes, vectors: Float32Array[], fromMs = 0, around = alone) {
  let verdict = 'kept';
  for (const [i, vector] of vectors.entries()) {
    verdict = votes.add({ vector, quality: 0.8, facePx: 60, atMs: fromMs + i * 400 }, gallery);
    votes.decide(gallery, policy, around);
    if (verdict === 'switched') break;
  }
  return { ...votes.standing(), verdict };
}

/** Frames of one photo: the same look with sensor noise. */
const framesOf = (look: Float32Array, count: number) => Array.from({ length: count }, () => near(look, 0.93));

describe('identity votes', () => {
  it('is sure of a student within a few frames', () => {
    const standing = feed(createIdentityVotes(), framesOf(near(faces[3]!, 0.85), 4));
    expect(standing).toMatchObject({ state: 'sure', studentId: 's3' });
    expect(standing.confidence).toBeGreaterThanOrEqual(0.8);
  });

  it('waits for more than one frame, however good', () => {
    expect(feed(createIdentityVotes(), [near(faces[3]!, 0.95)]).state).toBe('pending');
  });

  it('settles that a stranger is nobody', () => {
    const stranger = noise();
    expect(feed(createIdentityVotes(), framesOf(near(stranger, 0.85), 12))).toMatchObject({
      state: 'unknown',
      studentId: null,
    });
  });

  it('does not take many frames of one lucky look for more than one look', () => {
    // Every frame scores over the threshold at 1e-4, yet below what a single look needs.
    const votes = createIdentityVotes();
    const look = near(gallery.studentIds.length ? normalise(faces[5]!) : noise(), 0.46);
    const standing = feed(votes, framesOf(look, 60));
    expect(standing.score).toBeGreaterThan(0.35);
    expect(standing.state).not.toBe('sure');
  });

  it('is sure when several different looks agree that would not do alone', () => {
    const votes = createIdentityVotes();
    const looks = Array.from({ length: 4 }, () => near(faces[8]!, 0.6));
    const standing = feed(
      votes,
      looks.flatMap((look) => framesOf(look, 3)),
    );
    expect(votes.looks.decorrelated()).toBeGreaterThanOrEqual(2);
    expect(standing).toMatchObject({ state: 'sure', studentId: 's8' });
  });

  it('asks a person about twins', () => {
    const twins = createGallery(
      [faces[0]!, near(faces[0]!, 0.97), ...faces.slice(2)].map((face, i) => ({
        studentId: `s${i}`,
        templates: [face],
        negatives: [],
      })),
      LENGTH,
    );
    const votes = createIdentityVotes();
    for (const [i, vector] of framesOf(near(faces[0]!, 0.9), 30).entries()) {
      votes.add({ vector, quality: 0.8, facePx: 60, atMs: i * 400 }, twins);
      votes.decide(twins, policy, alone);
      expect(votes.standing().state).not.toBe('sure');
    }
  });

  it('gives up an identity when the face becomes another, and only then', () => {
    const votes = createIdentityVotes();
    feed(votes, framesOf(near(faces[1]!, 0.85), 6));
    expect(feed(votes, framesOf(near(faces[1]!, 0.7), 5), 5000).verdict).toBe('kept');
    const { verdict } = feed(votes, framesOf(near(faces[2]!, 0.85), 4), 10_000);
    expect(verdict).toBe('switched');
    expect(votes.startAgain()).toHaveLength(2);
  });

  it('survives one bad frame', () => {
    const votes = createIdentityVotes();
    feed(votes, framesOf(near(faces[1]!, 0.85), 6));
    expect(votes.add({ vector: noise(), quality: 0.8, facePx: 60, atMs: 4000 }, gallery)).toBe('doubted');
    expect(feed(votes, framesOf(near(faces[1]!, 0.85), 2), 4400)).toMatchObject({
      verdict: 'kept',
      state: 'sure',
    });
  });

  it('leaves a student to the track that has a better claim', () => {
    const votes = createIdentityVotes();
    const around = { ...alone, taken: new Set(['s3']) };
    expect(feed(votes, framesOf(near(faces[3]!, 0.85), 12), 0, around)).toMatchObject({
      state: 'unknown',
      studentId: null,
    });
  });

  it('takes a person’s word over all votes, both ways', () => {
    const votes = createIdentityVotes();
    feed(votes, framesOf(near(faces[3]!, 0.85), 6));
    votes.reject('s3');
    expect(votes.decide(gallery, policy, alone).studentId).not.toBe('s3');
    votes.confirm('s9');
    expect(votes.decide(gallery, policy, alone)).toMatchObject({
      state: 'sure',
      studentId: 's9',
      confidence: 1,
    });
  });

  it('heeds faces that are known not to be the student', () => {
    const lookalike = near(faces[4]!, 0.75);
    const warned = createGallery(
      faces.map((face, i) => ({
        studentId: `s${i}`,
        templates: [near(face, 0.85)],
        negatives: i === 4 ? [lookalike] : [],
      })),
      LENGTH,
    );
    const votes = createIdentityVotes();
    for (const [i, vector] of framesOf(lookalike, 20).entries()) {
      votes.add({ vector, quality: 0.8, facePx: 60, atMs: i * 400 }, warned);
      expect(votes.decide(warned, policy, alone).studentId).toBeNull();
    }
  });

  it('knows a face again at once that was in the stream before', () => {
    const around = { ...alone, remembered: (id: string) => (id === 's6' ? 0.8 : -1) };
    const look = near(faces[6]!, 0.55);
    expect(feed(createIdentityVotes(), framesOf(look, 2), 0, around)).toMatchObject({
      state: 'sure',
      studentId: 's6',
    });
  });

  it('names no stranger in ten thousand looks of random faces', () => {
    let named = 0;
    for (let n = 0; n < 500; n++) {
      const stranger = noise();
      const looks = Array.from({ length: 5 }, () => near(stranger, 0.75));
      if (
        feed(
          createIdentityVotes(),
          looks.flatMap((look) => framesOf(look, 3)),
        ).state === 'sure'
      )
        named++;
    }
    expect(named).toBe(0);
  });
});
