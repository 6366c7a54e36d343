import { type Static, Type } from 'typebox';
import { ListOf, Nullable, OneOf, PageQuery, Uuid } from '../../http.ts';

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

const exampleCamera = {
  id: '0192f0c4-5d1e-7a3b-9c55-0d8f2b6a1701',
  name: 'Ön kamera',
  roomId: '0192f0c4-5d1e-7a3b-9c55-0d8f2b6a1b01',
  room: 'D-204',
  url: 'rtsp://10.0.4.17/stream1',
  hasCredentials: true,
  sampling: { mode: 'fps', fps: 2 },
  enabled: true,
  status: 'live',
};

export const CameraSchema = Type.Object(
  {
    id: Uuid('The camera.'),
    name: Type.String(),
    roomId: Nullable(Uuid('The room that it hangs in.')),
    room: Nullable(Type.String({ description: 'Name of the room.' })),
    url: Type.String({ description: 'Without user name and password.' }),
    hasCredentials: Type.Boolean({ description: 'A user name or password is kept, encrypted.' }),
    sampling: SamplingSchema,
    enabled: Type.Boolean(),
    status: Type.Union([Type.String(), Type.Null()], {
      description: 'State of its stream in an open session; null while it takes part in none.',
    }),
  },
  { title: 'Camera', examples: [exampleCamera] },
);
export type Camera = Static<typeof CameraSchema>;

const fields = {
  name: Type.String({ minLength: 1, maxLength: 100, pattern: '\\S' }),
  room: Nullable(
    Type.String({ minLength: 1, maxLength: 100, description: 'Name of the room; made where there is none.' }),
  ),
  roomId: Nullable(Uuid('The room, instead of its name.')),
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
    roomId: Type.Optional(fields.roomId),
    username: Type.Optional(fields.username),
    password: Type.Optional(fields.password),
    sampling: Type.Optional(SamplingSchema),
    enabled: Type.Optional(Type.Boolean()),
  },
  {
    title: 'NewCamera',
    additionalProperties: false,
    examples: [{ name: 'Ön kamera', room: 'D-204', url: 'rtsp://user:secret@10.0.4.17/stream1' }],
  },
);
export type NewCamera = Static<typeof NewCameraSchema>;

export const CameraPatchSchema = Type.Partial(NewCameraSchema, {
  title: 'CameraPatch',
  additionalProperties: false,
  minProperties: 1,
  examples: [{ enabled: false }],
});
export type CameraPatch = Static<typeof CameraPatchSchema>;

export const CAMERA_SORTS = ['name', '-name', 'createdAt', '-createdAt'] as const;

export const CameraQuery = Type.Object({
  search: Type.Optional(Type.String({ maxLength: 200, description: 'Part of the name.' })),
  roomId: Type.Optional(Uuid('Only cameras of this room.')),
  enabled: Type.Optional(Type.Boolean()),
  sort: Type.Optional(OneOf(CAMERA_SORTS)),
  ...PageQuery,
});
export type CameraQuery = Static<typeof CameraQuery>;
export const CameraList = ListOf(CameraSchema, 'CameraList');
Object.assign(CameraList, { examples: [{ total: 1, skip: 0, limit: 50, items: [exampleCamera] }] });

export const ProbeRequestSchema = Type.Object(
  {
    url: fields.url,
    username: Type.Optional(fields.username),
    password: Type.Optional(fields.password),
  },
  {
    title: 'ProbeRequest',
    additionalProperties: false,
    examples: [{ url: 'rtsp://10.0.4.17/stream1', username: 'user', password: 'secret' }],
  },
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
  {
    title: 'Probe',
    examples: [{ codec: 'h264', width: 1920, height: 1080, fps: 25, snapshot: '/9j/4AAQSkZJRg==' }],
  },
);
