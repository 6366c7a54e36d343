import { type Static, type TSchema, Type } from 'typebox';
import { AttendanceRecordSchema } from '../features/attendance/schemas.ts';
import { NotificationSchema } from '../features/notifications/schemas.ts';
import { QrCode } from '../features/qr/schemas.ts';
import {
  MetricsSchema,
  ReviewSchema,
  SnapshotSchema,
  StreamStatusSchema,
} from '../features/sessions/schemas.ts';

/**
 * Every message of the socket.io namespace `/live`: one schema each, for the checks here, the types of both sides and
 * the OpenAPI document, where they stand as components.
 */

const sessionId = Type.String({ format: 'uuid' });
const streamId = Type.String({ format: 'uuid' });
const frame = {
  sessionId,
  streamId,
  seq: Type.Integer({ description: 'Number of the frame; faces and picture of one frame share it.' }),
  atMs: Type.Number({ description: 'Epoch milliseconds of the capture.' }),
  width: Type.Integer({ description: 'Pixels of the frame that boxes refer to.' }),
  height: Type.Integer(),
};

export const FacesSchema = Type.Object(
  {
    ...frame,
    faces: Type.Array(
      Type.Object({
        trackId: Type.Integer(),
        box: Type.Array(Type.Number(), {
          minItems: 4,
          maxItems: 4,
          description: 'x, y, width, height; pixels.',
        }),
        score: Type.Number(),
        state: Type.Union([
          Type.Literal('pending'),
          Type.Literal('unknown'),
          Type.Literal('review'),
          Type.Literal('sure'),
        ]),
        studentId: Type.Union([Type.String({ format: 'uuid' }), Type.Null()]),
        name: Type.Union([Type.String(), Type.Null()]),
        confidence: Type.Number(),
        attentive: Type.Union([Type.Boolean(), Type.Null()]),
        emotion: Type.Optional(
          Type.String({
            description: 'Only where the policy allows it for individuals and the student agreed.',
          }),
        ),
        maybePicture: Type.Optional(
          Type.Literal(true, {
            description:
              'In a student’s own camera: it may be a photo or a screen. A hint to look at; nothing is decided by it.',
          }),
        ),
      }),
    ),
  },
  { title: 'LiveFaces' },
);
export type Faces = Static<typeof FacesSchema>;

export const PictureSchema = Type.Object(
  { ...frame, jpeg: Type.Unsafe<Uint8Array>({ type: 'string', format: 'binary' }) },
  { title: 'LivePicture' },
);
export type Picture = Static<typeof PictureSchema>;

export const RecordEventSchema = Type.Object({ record: AttendanceRecordSchema }, { title: 'LiveRecord' });

export const ReviewEventSchema = Type.Object({ review: ReviewSchema }, { title: 'LiveReview' });

export const SessionClosedSchema = Type.Object(
  { sessionId, closedAt: Type.String({ format: 'date-time' }) },
  { title: 'LiveClosed' },
);

export const AlertSchema = Type.Object(
  {
    code: Type.Union([
      Type.Literal('database-unavailable'),
      Type.Literal('database-back'),
      Type.Literal('worker-restarted'),
      Type.Literal('token-expired'),
    ]),
    sessionId: Type.Optional(sessionId),
    message: Type.String(),
  },
  { title: 'LiveAlert' },
);
export type Alert = Static<typeof AlertSchema>;

/** Server → client. */
export interface ServerEvents {
  'session:snapshot': (snapshot: Static<typeof SnapshotSchema>) => void;
  'session:faces': (faces: Faces) => void;
  'session:picture': (picture: Picture) => void;
  'session:metrics': (metrics: Static<typeof MetricsSchema>) => void;
  'attendance:marked': (event: Static<typeof RecordEventSchema>) => void;
  'attendance:changed': (event: Static<typeof RecordEventSchema>) => void;
  'review:asked': (event: Static<typeof ReviewEventSchema>) => void;
  'review:settled': (event: Static<typeof ReviewEventSchema>) => void;
  'stream:status': (status: Static<typeof StreamStatusSchema>) => void;
  'session:closed': (event: Static<typeof SessionClosedSchema>) => void;
  /** A code to be scanned: at every rotation, while a window is open and somebody has joined. */
  'qr:code': (code: Static<typeof QrCode>) => void;
  /** To the user who is notified, whatever they have joined. */
  notification: (notification: Static<typeof NotificationSchema>) => void;
  alert: (alert: Alert) => void;
}

export const JoinSchema = Type.Object({ sessionId }, { title: 'LiveJoin', additionalProperties: false });
export const WatchSchema = Type.Object(
  {
    sessionId,
    streamId: Type.Union([streamId, Type.Null()]),
    width: Type.Optional(Type.Integer({ minimum: 160, maximum: 1920 })),
  },
  { title: 'LiveWatch', additionalProperties: false },
);

export type JoinAnswer =
  | { ok: true; snapshot: Static<typeof SnapshotSchema> }
  | { ok: false; error: { code: string; message: string } };

/** Client → server. */
export interface ClientEvents {
  'session:join': (body: Static<typeof JoinSchema>, answer?: (answer: JoinAnswer) => void) => void;
  'session:leave': (body: Static<typeof JoinSchema>) => void;
  'session:watch': (body: Static<typeof WatchSchema>) => void;
}

/** For the components of the OpenAPI document. */
export const liveSchemas: readonly TSchema[] = [
  SnapshotSchema,
  FacesSchema,
  PictureSchema,
  MetricsSchema,
  RecordEventSchema,
  ReviewEventSchema,
  StreamStatusSchema,
  SessionClosedSchema,
  QrCode,
  NotificationSchema,
  AlertSchema,
  JoinSchema,
  WatchSchema,
];
