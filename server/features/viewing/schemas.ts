import { type Static, Type } from 'typebox';

/** The media worker looks at it more closely. */
const Opaque = Type.Unsafe<object>({ type: 'object' });

/** Messages of `/ingest/watch`, JSON, one a WebSocket message. Those of the browser: */
export const WatchFromClient = Type.Union([
  Type.Object({
    type: Type.Literal('hello'),
    /** An access token. */
    token: Type.String({ minLength: 1, maxLength: 2000 }),
    streamId: Type.String({ minLength: 1, maxLength: 100 }),
  }),
  /** The one that was renewed: the right to watch goes with it. */
  Type.Object({ type: Type.Literal('token'), token: Type.String({ minLength: 1, maxLength: 2000 }) }),
  /** What the browser can receive: the video is offered from now on, whenever there is some. */
  Type.Object({
    type: Type.Literal('able'),
    rtpCapabilities: Type.Object({
      codecs: Type.Array(Opaque),
      headerExtensions: Type.Optional(Type.Array(Opaque)),
    }),
  }),
  Type.Object({ type: Type.Literal('connect'), dtlsParameters: Opaque }),
  /** The offered video has its place; packets may come. */
  Type.Object({ type: Type.Literal('resume'), id: Type.String({ maxLength: 100 }) }),
  Type.Object({ type: Type.Literal('restart-ice') }),
]);
export type WatchFromClient = Static<typeof WatchFromClient>;

/** … and the server's. */
export type WatchFromServer =
  | {
      type: 'welcome';
      rtpCapabilities: object;
      transport: object;
      iceServers: { urls: string[]; username?: string; credential?: string }[];
      /** The token is good for so long; a newer one is to be told before. */
      tokenForMs: number;
    }
  | { type: 'connected' }
  /** The newer token was taken. */
  | { type: 'token'; tokenForMs: number }
  /** There is video, or another one: what was offered before has ended. */
  | { type: 'video'; id: string; producerId: string; rtpParameters: object }
  /** There is none now; `reason` is a code. */
  | { type: 'waiting'; reason: string }
  /** A frame with this RTP time was captured at this time, epoch milliseconds; others by their distance, 90 ticks each. */
  | { type: 'clock'; id: string; rtpTimestamp: number; atMs: number; nowMs: number }
  | { type: 'ice'; iceParameters: object }
  /** Nothing follows; `again`: worth coming back. */
  | { type: 'end'; code: string; message: string; again: boolean };
