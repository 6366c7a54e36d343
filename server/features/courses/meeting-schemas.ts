import { type Static, Type } from 'typebox';
import { Nullable, OneOf, Uuid } from '../../http.ts';

const TIME = '^([01][0-9]|2[0-3]):[0-5][0-9]$';

const exampleMeeting = {
  weekday: 1,
  startsAt: '09:00',
  endsAt: '10:50',
  roomId: '0192f0c4-5d1e-7a3b-9c55-0d8f2b6a1b01',
  validFrom: '2026-09-14',
  validUntil: '2027-01-08',
};

const fields = {
  weekday: Type.Integer({ minimum: 1, maximum: 7, description: 'ISO: 1 Monday … 7 Sunday.' }),
  startsAt: Type.String({ pattern: TIME, description: 'Wall time of the institution, `HH:MM`.' }),
  endsAt: Type.String({ pattern: TIME, description: 'After `startsAt`, on the same day.' }),
};
const RoomId = Nullable(Uuid('Where; its cameras take part in the session.'));
const ValidFrom = Nullable(Type.String({ format: 'date', description: 'First day that it may fall on.' }));
const ValidUntil = Nullable(Type.String({ format: 'date', description: 'Last day that it may fall on.' }));

export const Meeting = Type.Object(
  {
    id: Uuid('The meeting.'),
    ...fields,
    roomId: RoomId,
    room: Nullable(Type.String({ description: 'Name of the room.' })),
    validFrom: ValidFrom,
    validUntil: ValidUntil,
  },
  { title: 'Meeting' },
);
export type Meeting = Static<typeof Meeting>;

export const NewMeeting = Type.Object(
  {
    id: Type.Optional(Uuid('Of a meeting of this course that is changed; without, it is a new one.')),
    ...fields,
    roomId: Type.Optional(RoomId),
    validFrom: Type.Optional(ValidFrom),
    validUntil: Type.Optional(ValidUntil),
  },
  { title: 'NewMeeting' },
);
export type NewMeeting = Static<typeof NewMeeting>;

export const MeetingsBody = Type.Object(
  { meetings: Type.Array(NewMeeting, { maxItems: 100, description: 'All meetings of the course.' }) },
  { title: 'MeetingsBody', examples: [{ meetings: [exampleMeeting] }] },
);

export const RoomClash = Type.Object(
  {
    code: OneOf(['room-clash']),
    details: Type.Object({
      meetingId: Uuid('The meeting of this course.'),
      roomId: Uuid('The room.'),
      room: Type.String(),
      courseId: Uuid('The other course.'),
      course: Type.String({ description: 'Code of the other course.' }),
      weekday: Type.Integer(),
      startsAt: Type.String(),
      endsAt: Type.String(),
    }),
  },
  {
    title: 'RoomClash',
    description: 'Another course meets there at the same time. It is kept all the same.',
  },
);
export type RoomClash = Static<typeof RoomClash>;

export const Meetings = Type.Object(
  { meetings: Type.Array(Meeting), warnings: Type.Array(RoomClash) },
  {
    title: 'Meetings',
    examples: [
      {
        meetings: [{ id: '0192f0c4-5d1e-7a3b-9c55-0d8f2b6a1901', room: 'D-204', ...exampleMeeting }],
        warnings: [],
      },
    ],
  },
);
export type Meetings = Static<typeof Meetings>;
