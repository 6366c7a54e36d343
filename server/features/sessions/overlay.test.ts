import { expect, it } from 'vitest';
import type { FaceObservation } from '../../../pipeline/messages.ts';
import { overlayFace } from './overlay.ts';

const face: FaceObservation = {
  trackId: 3,
  box: [10, 20, 30, 40],
  score: 0.9,
  identity: { state: 'sure', studentId: 'a', confidence: 0.9 },
  pose: null,
  attentive: true,
  emotion: { label: 'happy', scores: [0, 1, 0, 0, 0, 0, 0] },
};
const names = { nameOf: (id: string) => `name of ${id}` };

it('has a name, and an emotion only where it may be shown', () => {
  const shown = overlayFace(face, { ...names, mayShowEmotion: () => true });
  expect(shown).toMatchObject({ name: 'name of a', emotion: 'happy' });
  expect(overlayFace(face, { ...names, mayShowEmotion: () => false })).not.toHaveProperty('emotion');
});

it('hints at a picture of a face only where liveness was read and is low', () => {
  const hint = (liveness?: number) =>
    overlayFace(liveness === undefined ? face : { ...face, liveness }, {
      ...names,
      mayShowEmotion: () => false,
    }).maybePicture;
  expect([hint(), hint(0.78), hint(0.2)]).toEqual([undefined, undefined, true]);
});
