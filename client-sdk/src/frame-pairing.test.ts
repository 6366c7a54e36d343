import { beforeEach, expect, it } from 'vitest';
import { createFramePairing, type FramePairing } from './frame-pairing.ts';
import type { FacesEvent } from './types.ts';

const STREAM = 'stream';
const picture = (seq: number, streamId = STREAM) => ({ streamId, seq });
const faces = (seq: number): FacesEvent => ({
  sessionId: 'session',
  streamId: STREAM,
  seq,
  atMs: seq,
  width: 1280,
  height: 720,
  faces: [],
});

let pairing: FramePairing<{ streamId: string; seq: number }>;
beforeEach(() => {
  pairing = createFramePairing(400);
  pairing.reset(STREAM);
});

it('shows a picture with the faces of the same frame, whichever comes first', () => {
  expect(pairing.addPicture(picture(1), 0)).toBeNull();
  expect(pairing.addFaces(faces(1))).toEqual({ picture: picture(1), faces: faces(1) });
  expect(pairing.addFaces(faces(2))).toBeNull();
  expect(pairing.addPicture(picture(2), 100)).toEqual({ picture: picture(2), faces: faces(2) });
});

it('passes over faces whose picture was dropped on the way', () => {
  for (const seq of [1, 2, 3]) pairing.addFaces(faces(seq));
  expect(pairing.addPicture(picture(3), 0)?.faces?.seq).toBe(3);
});

it('never goes back in time', () => {
  pairing.addFaces(faces(5));
  pairing.addPicture(picture(5), 0);
  pairing.addFaces(faces(4));
  expect(pairing.addPicture(picture(4), 0)).toBeNull();
  expect(pairing.overdue(10_000)).toBeNull();
});

it('shows a picture bare when its faces are overdue, and not before', () => {
  pairing.addPicture(picture(1), 1_000);
  expect(pairing.overdue(1_399)).toBeNull();
  expect(pairing.overdue(1_400)).toEqual({ picture: picture(1), faces: null });
});

it('leaves pictures of other streams aside, and those of the stream before', () => {
  expect(pairing.addPicture(picture(1, 'other'), 0)).toBeNull();
  pairing.addFaces(faces(7));
  pairing.reset('other');
  expect(pairing.addPicture(picture(7), 0)).toBeNull();
});

it('holds a bounded number of faces', () => {
  for (let seq = 1; seq <= 1_000; seq += 1) pairing.addFaces(faces(seq));
  expect(pairing.addPicture(picture(1), 0)).toBeNull();
  expect(pairing.addPicture(picture(1_000), 0)?.faces?.seq).toBe(1_000);
});
