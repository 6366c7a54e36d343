export { type ClientOptions, createClient, type YoklamaClient } from './client.ts';
export { ApiError, secondFactorChallenge } from './errors.ts';
export { createFaceTimeline, type FacesAt, type FaceTimeline } from './face-timeline.ts';
export { createFramePairing, type FramePairing, type PairedFrame } from './frame-pairing.ts';
export type { NamedFile } from './institution-calls.ts';
export type * from './institution-types.ts';
export type { LiveHandlers, LiveSession } from './live-client.ts';
export type { LiveConnection, LiveRefusal } from './live-socket.ts';
export { emptyLiveView, type LiveAction, type LiveView, reduceLive } from './live-view.ts';
export type { NoticeHandlers } from './notices-client.ts';
export {
  type Framing,
  type PublishHandlers,
  type Publishing,
  type PublishOptions,
  type PublishPath,
  type PublishState,
  publish,
} from './publisher.ts';
export { browserTokenStorage, memoryTokenStorage, type TokenSet, type TokenStorage } from './tokens.ts';
export type * from './types.ts';
export {
  type ShownFrame,
  type StreamWatch,
  type WatchOptions,
  type WatchState,
  watchStream,
} from './watcher.ts';
