import { type Static, Type } from 'typebox';
import { ListOf, Nullable, OneOf, PageQuery, Uuid } from '../../http.ts';

const exampleRoom = {
  id: '0192f0c4-5d1e-7a3b-9c55-0d8f2b6a1b01',
  name: 'D-204',
  building: 'D',
  capacity: 40,
  latitude: 41.1055,
  longitude: 29.0253,
  cameras: 2,
};

const coordinates = {
  latitude: Nullable(Type.Number({ minimum: -90, maximum: 90, description: 'WGS 84, degrees.' })),
  longitude: Nullable(Type.Number({ minimum: -180, maximum: 180, description: 'WGS 84, degrees.' })),
};

export const Room = Type.Object(
  {
    id: Uuid('The room.'),
    name: Type.String({ description: 'Unique in the institution.' }),
    building: Nullable(Type.String()),
    capacity: Nullable(Type.Integer({ description: 'Seats.' })),
    ...coordinates,
    cameras: Type.Integer({ description: 'Cameras in the room.' }),
  },
  { title: 'Room', examples: [exampleRoom] },
);
export type Room = Static<typeof Room>;

const fields = {
  name: Type.String({ minLength: 1, maxLength: 100, pattern: '\\S' }),
  building: Nullable(Type.String({ maxLength: 100 })),
  capacity: Nullable(Type.Integer({ minimum: 1, maximum: 100_000 })),
  ...coordinates,
};

export const NewRoom = Type.Object(
  {
    name: fields.name,
    building: Type.Optional(fields.building),
    capacity: Type.Optional(fields.capacity),
    latitude: Type.Optional(fields.latitude),
    longitude: Type.Optional(fields.longitude),
  },
  { title: 'NewRoom', examples: [{ name: 'D-204', building: 'D', capacity: 40 }] },
);
export type NewRoom = Static<typeof NewRoom>;

export const RoomPatch = Type.Partial(Type.Object(fields), {
  title: 'RoomPatch',
  minProperties: 1,
  examples: [{ latitude: 41.1055, longitude: 29.0253 }],
});
export type RoomPatch = Static<typeof RoomPatch>;

export const RoomList = ListOf(Room, 'RoomList');
Object.assign(RoomList, { examples: [{ total: 1, skip: 0, limit: 50, items: [exampleRoom] }] });

export const ROOM_SORTS = ['name', '-name', 'building', '-building', 'capacity', '-capacity'] as const;

export const RoomQuery = Type.Object({
  search: Type.Optional(Type.String({ maxLength: 200, description: 'Part of name or building.' })),
  building: Type.Optional(Type.String({ maxLength: 100 })),
  sort: Type.Optional(OneOf(ROOM_SORTS)),
  ...PageQuery,
});
export type RoomQuery = Static<typeof RoomQuery>;

const exampleHoliday = {
  id: '0192f0c4-5d1e-7a3b-9c55-0d8f2b6a1d01',
  day: '2026-10-29',
  name: 'Cumhuriyet Bayramı',
};

export const Holiday = Type.Object(
  {
    id: Uuid('The holiday.'),
    day: Type.String({ format: 'date', description: 'A day of the institution’s own time zone.' }),
    name: Type.String(),
  },
  { title: 'Holiday', examples: [exampleHoliday] },
);
export type Holiday = Static<typeof Holiday>;

const holidayFields = {
  day: Type.String({ format: 'date' }),
  name: Type.String({ minLength: 1, maxLength: 200, pattern: '\\S' }),
};

export const NewHoliday = Type.Object(holidayFields, {
  title: 'NewHoliday',
  examples: [{ day: '2026-10-29', name: 'Cumhuriyet Bayramı' }],
});
export type NewHoliday = Static<typeof NewHoliday>;

export const HolidayPatch = Type.Partial(Type.Object(holidayFields), {
  title: 'HolidayPatch',
  minProperties: 1,
  examples: [{ name: 'Republic Day' }],
});
export type HolidayPatch = Static<typeof HolidayPatch>;

export const HolidayList = ListOf(Holiday, 'HolidayList');
Object.assign(HolidayList, { examples: [{ total: 1, skip: 0, limit: 50, items: [exampleHoliday] }] });

export const HolidayQuery = Type.Object({
  from: Type.Optional(Type.String({ format: 'date', description: 'First day.' })),
  until: Type.Optional(Type.String({ format: 'date', description: 'Last day.' })),
  ...PageQuery,
});
export type HolidayQuery = Static<typeof HolidayQuery>;
