import { type Static, Type } from 'typebox';
import { ListOf, Nullable, PageQuery, Uuid } from '../../http.ts';

export const SamplingSchema = Type.Union(
  [
    Type.Object(
      { mode: Type.Literal('fps'), fps: Type.Number({ minimum: 0.2, maximum: 30 }) },
      { additionalProperties: false },
    ),
    Type.Object({ mode: Type.Literal('keyframes') }, { additionalProperties: false }),
  ],
  {
    description:
      'Frames a second, or the stream’s own keyframes (economy: about a third of the decoding cost).',
  },
);

export const CameraSchema = Type.Object(
  {
    id: Uuid('The camera.'),
    name: Type.String(),
    room: Nullable(Type.String()),
    url: Type.String({ description: 'Without user name and password.' }),
    hasCredentials: Type.Boolean({ description: 'A user name or password is kept, encrypted.' }),
    sampling: SamplingSchema,
    enabled: Type.Boolean(),
    status: Type.Union([Type.String(), Type.Null()], {
      description: 'State of its stream in an open session; null while it takes part in none.',
    }),
  },
  { title: 'Camera' },
);
export type Camera = Static<typeof CameraSchema>;

const fields = {
  name: Type.String({ minLength: 1, maxLength: 100, pattern: '\\S' }),
  room: Nullable(Type.String({ minLength: 1, maxLength: 100 })),
  url: Type.String({
    minLength: 1,
    maxLength: 2048,
    description: 'rtsp:// or rtsps://; user name and password in it are taken out and encrypted.',
  }),
  username: Nullable(Type.String({ maxLength: 200 })),
  password: Nullable(Type.String({ maxLength: 200 })),
};

export const NewCameraSchema = Type.Object(
  {
    name: fields.name,
    url: fields.url,
    room: Type.Optional(fields.room),
    username: Type.Optional(fields.username),
    password: Type.Optional(fields.password),
    sampling: Type.Optional(SamplingSchema),
    enabled: Type.Optional(Type.Boolean()),
  },
  { title: 'NewCamera', additionalProperties: false },
);
export type NewCamera = Static<typeof NewCameraSchema>;

export const CameraPatchSchema = Type.Partial(NewCameraSchema, {
  title: 'CameraPatch',
  additionalProperties: false,
  minProperties: 1,
});
export type CameraPatch = Static<typeof CameraPatchSchema>;

export const CameraQuery = Type.Object(PageQuery);
export const CameraList = ListOf(CameraSchema, 'CameraList');

export const ProbeRequestSchema = Type.Object(
  {
    url: fields.url,
    username: Type.Optional(fields.username),
    password: Type.Optional(fields.password),
  },
  { title: 'ProbeRequest', additionalProperties: false },
);
export type ProbeRequest = Static<typeof ProbeRequestSchema>;

export const ProbeSchema = Type.Object(
  {
    codec: Type.String(),
    width: Type.Integer(),
    height: Type.Integer(),
    fps: Nullable(Type.Number()),
    snapshot: Type.String({ description: 'The first frame, JPEG as base64.' }),
  },
  { title: 'Probe' },
);
