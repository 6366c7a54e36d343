import { type Static, Type } from 'typebox';
import { Instant, ListOf, Nullable, PageQuery, Uuid } from '../../http.ts';

const STREAM = '0192f0c4-5d1e-7a3b-9c55-0d8f2b6a2a01';
const TOKEN = 'pZ0x3mC1Qv8…';

export const NewPublisher = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 80, pattern: '\\S', description: 'What staff see it as.' }),
    minutes: Type.Integer({
      minimum: 1,
      maximum: 240,
      default: 15,
      description: 'How long the link may be opened. Who has opened it publishes until the session closes.',
    }),
  },
  {
    title: 'NewPublisher',
    additionalProperties: false,
    examples: [{ name: 'Dizüstü, arka sıra', minutes: 15 }],
  },
);
export type NewPublisher = Static<typeof NewPublisher>;

export const PublisherLink = Type.Object(
  {
    streamId: Uuid('The stream of the session that will show it.'),
    token: Type.String({ description: 'Opens the stream once; told only now.' }),
    expiresAt: Instant('Until when.'),
    url: Type.String({ description: 'To be opened in a browser.' }),
    whipUrl: Type.String({ description: 'For encoders that speak WHIP, with the token as bearer token.' }),
  },
  {
    title: 'PublisherLink',
    examples: [
      {
        streamId: STREAM,
        token: TOKEN,
        expiresAt: '2026-11-23T06:15:00.000Z',
        url: `https://yoklama.example.edu/publish#${TOKEN}`,
        whipUrl: 'https://yoklama.example.edu/ingest/whip',
      },
    ],
  },
);
export type PublisherLink = Static<typeof PublisherLink>;

const Publisher = Type.Object(
  {
    streamId: Uuid('Its stream.'),
    name: Type.String(),
    studentId: Nullable(Uuid('The student whose own camera it is.')),
    live: Type.Boolean({ description: 'It publishes now.' }),
  },
  { title: 'Publisher', examples: [{ streamId: STREAM, name: 'Dizüstü', studentId: null, live: true }] },
);
export const PublisherList = ListOf(Publisher, 'PublisherList');
export const PublisherQuery = Type.Object({ ...PageQuery });
export const PublisherParams = Type.Object({
  id: Uuid('The session.'),
  streamId: Uuid('The publisher’s stream.'),
});

/** Messages of `/ingest/webrtc`, JSON, one a WebSocket message. Those of the browser: */
export const SignalFromClient = Type.Union([
  Type.Object({ type: Type.Literal('hello'), token: Type.String({ minLength: 1, maxLength: 200 }) }),
  Type.Object({ type: Type.Literal('connect'), dtlsParameters: Type.Unsafe<object>({ type: 'object' }) }),
  Type.Object({ type: Type.Literal('produce'), rtpParameters: Type.Unsafe<object>({ type: 'object' }) }),
  Type.Object({ type: Type.Literal('restart-ice') }),
]);
export type SignalFromClient = Static<typeof SignalFromClient>;

/** … and the server's. */
export type SignalFromServer =
  | {
      type: 'welcome';
      streamId: string;
      course: string;
      /** Opens the stream again after a break, from now on and as often as needed, until the session closes. */
      resumeToken: string;
      rtpCapabilities: object;
      transport: object;
      iceServers: { urls: string[]; username?: string; credential?: string }[];
      maxKbps: number;
    }
  | { type: 'connected' }
  | { type: 'producing' }
  | { type: 'ice'; iceParameters: object }
  | { type: 'status'; state: string; reason: string }
  /** How well faces can be read, for who places the camera. */
  | { type: 'framing'; faces: number; facePx: number; advice: 'ok' | 'move-closer' | 'nobody' }
  /** Whether what it sends is recorded: who stands before the camera is to see it. */
  | { type: 'recording'; on: boolean }
  /** Nothing follows; `again`: try to come back with the resume token. */
  | { type: 'end'; code: string; message: string; again: boolean };

/**
 * Messages of `/ingest/frames`. The browser's: one `hello`, then for every `picture` that the server asks for a binary
 * one: the time at which it was taken on a clock of its own, milliseconds as a little-endian double, and a baseline JPEG.
 */
export const PicturesHello = Type.Object({
  type: Type.Literal('hello'),
  token: Type.String({ minLength: 1, maxLength: 200 }),
});
export type PicturesHello = Static<typeof PicturesHello>;

export type PicturesFromServer =
  | {
      type: 'welcome';
      streamId: string;
      course: string;
      resumeToken: string;
      /** How often a picture will be asked for, a second. */
      fps: number;
      /** Wider ones are scaled down here. */
      maxWidth: number;
      maxBytes: number;
    }
  /** The next picture, please: its answer is awaited before another is asked for. */
  | { type: 'picture' }
  | Extract<SignalFromServer, { type: 'status' | 'framing' | 'end' }>;
