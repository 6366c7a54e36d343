import type { RgbImage } from '../models/image.ts';
import { type AttentionJudge, createAttentionJudge } from './engagement/attention.ts';
import type { BoxPx } from './messages.ts';
import type { Task } from './scheduler.ts';
import { createIdentityVotes, type IdentityVotes } from './tracking/identity-votes.ts';
import type { Track } from './tracking/tracker.ts';

/** Everything known about one track. */
export interface TrackedFace {
  track: Track;
  votes: IdentityVotes;
  judge: AttentionJudge;
  lastMs: Partial<Record<Task, number>>;
  emotion: { scores: number[]; atMs: number } | null;
  liveness: number | null;
  /** Best face so far, while it is not certain whose it is: what a reviewer gets to see. */
  best: { quality: number; image: RgbImage } | null;
  /** Frames whose embedding was or was not that of a face: prints on shirts stay nobody. */
  faceLike: number;
  notFaceLike: number;
  /** The track that this one was split from, if the face was in view all the time between. */
  continues: number | null;
  /** The last decision sent, so that each is sent once. */
  announced: string | null;
}

export function newTrackedFace(track: Track): TrackedFace {
  return {
    track,
    votes: createIdentityVotes(),
    judge: createAttentionJudge(),
    lastMs: {},
    emotion: null,
    liveness: null,
    best: null,
    faceLike: 0,
    notFaceLike: 0,
    continues: null,
    announced: null,
  };
}

/** Copies a face with a margin out of a frame, for the frame's pixels are lent. */
export function cutFace(image: RgbImage, box: BoxPx, margin = 0.35): RgbImage {
  const [x, y, w, h] = box;
  const left = Math.max(0, Math.floor(x - w * margin));
  const top = Math.max(0, Math.floor(y - h * margin));
  const right = Math.min(image.width, Math.ceil(x + w * (1 + margin)));
  const bottom = Math.min(image.height, Math.ceil(y + h * (1 + margin)));
  const width = Math.max(1, right - left);
  const height = Math.max(1, bottom - top);
  const data = new Uint8Array(width * height * 3);
  for (let row = 0; row < height; row++) {
    const from = ((top + row) * image.width + left) * 3;
    data.set(image.data.subarray(from, from + width * 3), row * width * 3);
  }
  return { data, width, height };
}
