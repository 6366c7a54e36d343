import { describe, expect, it } from 'vitest';
import { ApiError, type FaceName } from '../../../src/index.ts';
import { enrolNamed, faceAt, giveName, inRows } from './class-photo.ts';

describe('naming the faces of a photo', () => {
  it('gives a face one name and a student one face', () => {
    let names = giveName(new Map(), 'left', 'ayşe');
    names = giveName(names, 'right', 'mert');
    expect([...giveName(names, 'right', 'ayşe')]).toEqual([['right', 'ayşe']]);
    expect([...giveName(names, 'left', null)]).toEqual([['right', 'mert']]);
    expect([...names]).toEqual([
      ['left', 'ayşe'],
      ['right', 'mert'],
    ]);
  });

  const refuses = (code: string, details?: unknown) => new ApiError(409, code, code, details);
  const names = new Map([
    ['1', 'ayşe'],
    ['2', 'mert'],
    ['3', 'işıl'],
    ['4', 'can'],
  ]);

  it('enrols the rest where some are refused, and says why', async () => {
    const sent: string[][] = [];
    const answers = [
      refuses('consent-missing', { studentIds: ['mert', 'can'] }),
      refuses('face-of-another-student', { photo: 0, faceId: '1', studentId: 'elif' }),
      null,
    ];
    const outcome = await enrolNamed(names, async (given: FaceName[]) => {
      sent.push(given.map(({ faceId }) => faceId));
      const answer = answers[sent.length - 1];
      if (answer) throw answer;
    });
    expect(sent).toEqual([['1', '2', '3', '4'], ['1', '3'], ['3']]);
    expect(outcome.enrolled).toEqual([{ faceId: '3', studentId: 'işıl' }]);
    expect(Object.fromEntries(outcome.refused)).toEqual({
      1: { code: 'face-of-another-student', otherId: 'elif' },
      2: { code: 'consent-missing', otherId: null },
      4: { code: 'consent-missing', otherId: null },
    });
  });

  it('ends where nobody is left, and throws what is about nobody in particular', async () => {
    const all = refuses('consent-missing', { studentIds: [...names.values()] });
    const none = await enrolNamed(names, () => Promise.reject(all));
    expect([none.enrolled, none.refused.size]).toEqual([[], 4]);
    const gone = refuses('class-photo-not-found');
    await expect(enrolNamed(names, () => Promise.reject(gone))).rejects.toBe(gone);
    const odd = refuses('consent-missing', { studentIds: ['a stranger'] });
    await expect(enrolNamed(names, () => Promise.reject(odd))).rejects.toBe(odd);
  });
});

it('goes through the rows of a class as one reads, though nobody sits quite straight', () => {
  const face = (name: string, x: number, y: number, side = 40) => ({ name, box: [x, y, side, side] });
  const faces = [
    face('front left', 10, 205, 50),
    face('back left', 40, 20),
    face('back middle', 120, 45),
    face('front right', 150, 190, 50),
    face('back right', 220, 30),
  ];
  const names = inRows(faces).map(({ name }) => name);
  expect(names).toEqual(['back left', 'back middle', 'back right', 'front left', 'front right']);
  expect(inRows([])).toEqual([]);
});

it('finds the face that was meant, however small it is', () => {
  const small = { box: [100, 100, 10, 10] };
  const large = { box: [120, 90, 80, 80] };
  expect(faceAt([small, large], 105, 105, 0)).toBe(small);
  expect(faceAt([small, large], 150, 130, 0)).toBe(large);
  expect(faceAt([small, large], 92, 105, 4)).toBeNull();
  expect(faceAt([small, large], 92, 105, 20)).toBe(small);
  expect(faceAt([], 0, 0, 99)).toBeNull();
});
