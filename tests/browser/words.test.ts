import { expect, it } from 'vitest';
import { en } from '../../client-sdk/dashboard/src/i18n/en.ts';
import type { StreamReason, StreamState } from '../../pipeline/messages.ts';
import { EMOTION_LABELS } from '../../pipeline/messages.ts';
import { ERRORS } from '../../server/errors.ts';

/** Whatever the server can say, the dashboard has words for; that the types agree is checked with the types. */
const reasons: Record<StreamReason, string> = en.stream.reason;
const states: Record<StreamState, string> = en.stream.state;

/** Refusals that a person can meet while using the dashboard and can do something about. */
const NEEDS_WORDS =
  /^(camera-(url|host|name|no-picture|disabled|in-use)|face-|photo-too|not-a-photo|no-face|several-faces|consent|too-many|wrong-cred|account|rate-|disk-|session-(already|closed)|review-settled|student-number|course-(code|has))/;

it('has words for every state and reason of a stream', () => {
  expect([...Object.values(reasons), ...Object.values(states)].every(Boolean)).toBe(true);
});

it('has words for every emotion', () => {
  expect(Object.keys(en.attention.emotion)).toEqual([...EMOTION_LABELS]);
});

it('has words of their own for the refusals that a person can do something about', () => {
  const codes = Object.keys(ERRORS).filter((code) => NEEDS_WORDS.test(code));
  expect(codes.length).toBeGreaterThan(20);
  expect(codes.filter((code) => !(code in en.error))).toEqual([]);
});
