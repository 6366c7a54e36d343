import { describe, expect, it } from 'vitest';
import { createGallery } from './gallery.ts';
import { normalise } from './vectors.ts';

const v = (...values: number[]): Float32Array => normalise(Float32Array.from(values));

describe('gallery', () => {
  it('compares with the mean of alike templates and keeps an odd one apart', () => {
    const gallery = createGallery(
      [
        { studentId: 'a', templates: [v(1, 0.2, 0, 0), v(1, -0.2, 0, 0)], negatives: [] },
        { studentId: 'b', templates: [v(0, 0, 1, 0), v(0, 0, 0, 1)], negatives: [] },
      ],
      4,
    );
    expect(gallery.rows).toBe(3);
    expect(gallery.scoreOf('a', v(1, 0, 0, 0))).toBeCloseTo(1, 5);
    const scores = gallery.scores(v(0, 0, 0, 1));
    expect(scores[0]).toBeCloseTo(0, 5);
    expect(scores[1]).toBeCloseTo(1, 5);
  });

  it('holds faces that are not the student', () => {
    const gallery = createGallery([{ studentId: 'a', templates: [v(1, 0)], negatives: [v(0.6, 0.8)] }], 2);
    expect(gallery.negativeScore('a', v(0.6, 0.8))).toBeCloseTo(1, 5);
    gallery.addNegative('a', v(0, 1));
    expect(gallery.negativeScore('a', v(0, 1))).toBeCloseTo(1, 5);
    expect(gallery.negativeScore('nobody', v(0, 1))).toBe(-1);
  });

  it('answers an empty gallery, an unknown student and a template of another embedding space', () => {
    expect(createGallery([], 2).scores(v(1, 0))).toHaveLength(0);
    const gallery = createGallery([{ studentId: 'a', templates: [v(1, 0, 0)], negatives: [] }], 2);
    expect(gallery.rows).toBe(0);
    expect(gallery.scoreOf('a', v(1, 0))).toBe(-1);
    expect(gallery.scoreOf('b', v(1, 0))).toBe(-1);
  });
});
