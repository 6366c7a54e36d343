import type { AppContext } from '../../context.ts';
import { type App, failures, IdParams, NoContent } from '../../http.ts';
import { ADMINS, EVERYONE } from '../../plugins/auth.ts';
import { createHoliday, deleteHoliday, listHolidays, patchHoliday } from './holidays.ts';
import {
  Holiday,
  HolidayList,
  HolidayPatch,
  HolidayQuery,
  NewHoliday,
  NewRoom,
  Room,
  RoomList,
  RoomPatch,
  RoomQuery,
} from './schemas.ts';
import { createRoom, deleteRoom, getRoom, listRooms, patchRoom } from './service.ts';

const config = { roles: ADMINS };
const cache = { seconds: 60, tags: ['rosters'] } as const;

export async function roomRoutes(app: App, context: AppContext): Promise<void> {
  const tags = ['rooms'];
  app.get(
    '/rooms',
    {
      config: { cache },
      schema: {
        tags,
        summary: 'Rooms, by name',
        description: 'Where courses meet and cameras hang.',
        querystring: RoomQuery,
        response: { 200: RoomList },
      },
    },
    async ({ caller, query }) => {
      const found = await context.db.read(caller.tenantId, (tx) => listRooms(tx, query));
      return { ...found, skip: query.skip, limit: query.limit };
    },
  );

  app.post(
    '/rooms',
    {
      config,
      schema: {
        tags,
        summary: 'Add a room',
        description: 'With its place where scanning a QR code may be asked to happen near it.',
        body: NewRoom,
        response: { 201: Room, ...failures('invalid-request', 'room-name-taken') },
      },
    },
    async ({ caller, body }, reply) => reply.code(201).send(await createRoom(context, caller.tenantId, body)),
  );

  app.get(
    '/rooms/:id',
    {
      config: { cache },
      schema: {
        tags,
        summary: 'One room',
        description: 'With the number of its cameras; `GET /cameras?roomId=` lists them.',
        params: IdParams,
        response: { 200: Room, ...failures('room-not-found') },
      },
    },
    async ({ caller, params }) => context.db.read(caller.tenantId, (tx) => getRoom(tx, params.id)),
  );

  app.patch(
    '/rooms/:id',
    {
      config,
      schema: {
        tags,
        summary: 'Change a room',
        description: 'Fields that are left out stay; `null` empties one.',
        params: IdParams,
        body: RoomPatch,
        response: { 200: Room, ...failures('invalid-request', 'room-not-found', 'room-name-taken') },
      },
    },
    async ({ caller, params, body }) => patchRoom(context, caller.tenantId, params.id, body),
  );

  app.delete(
    '/rooms/:id',
    {
      config,
      schema: {
        tags,
        summary: 'Remove a room that nothing uses',
        description: 'Refused while a camera hangs there, a course meets there, or a session was held there.',
        params: IdParams,
        response: { 204: NoContent, ...failures('room-not-found', 'room-in-use') },
      },
    },
    async ({ caller, params }, reply) => {
      await deleteRoom(context, caller.tenantId, params.id);
      return reply.code(204).send(null);
    },
  );
}

export async function holidayRoutes(app: App, context: AppContext): Promise<void> {
  const tags = ['holidays'];
  app.get(
    '/holidays',
    {
      config: { roles: EVERYONE, cache },
      schema: {
        tags,
        summary: 'Days without classes',
        description: 'In their order. The schedule opens no session on them.',
        querystring: HolidayQuery,
        response: { 200: HolidayList },
      },
    },
    async ({ caller, query }) => {
      const found = await context.db.read(caller.tenantId, (tx) => listHolidays(tx, query));
      return { ...found, skip: query.skip, limit: query.limit };
    },
  );

  app.post(
    '/holidays',
    {
      config,
      schema: {
        tags,
        summary: 'Add a day without classes',
        description: 'A day of the institution’s own time zone. A session that is open already stays open.',
        body: NewHoliday,
        response: { 201: Holiday, ...failures('holiday-taken') },
      },
    },
    async ({ caller, body }, reply) =>
      reply.code(201).send(await createHoliday(context, caller.tenantId, body)),
  );

  app.patch(
    '/holidays/:id',
    {
      config,
      schema: {
        tags,
        summary: 'Change a day without classes',
        description: 'Its name, or the day that it falls on.',
        params: IdParams,
        body: HolidayPatch,
        response: { 200: Holiday, ...failures('holiday-not-found', 'holiday-taken') },
      },
    },
    async ({ caller, params, body }) => patchHoliday(context, caller.tenantId, params.id, body),
  );

  app.delete(
    '/holidays/:id',
    {
      config,
      schema: {
        tags,
        summary: 'Remove a day without classes',
        description: 'The schedule opens sessions on it again.',
        params: IdParams,
        response: { 204: NoContent, ...failures('holiday-not-found') },
      },
    },
    async ({ caller, params }, reply) => {
      await deleteHoliday(context, caller.tenantId, params.id);
      return reply.code(204).send(null);
    },
  );
}
