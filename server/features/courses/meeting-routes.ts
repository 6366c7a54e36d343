import type { AppContext } from '../../context.ts';
import { type App, failures, IdParams } from '../../http.ts';
import { ADMINS, EVERYONE } from '../../plugins/auth.ts';
import { assertCourse } from './access.ts';
import { Meetings, MeetingsBody } from './meeting-schemas.ts';
import { listMeetings, setMeetings } from './meetings.ts';

const tags = ['courses'];
const cache = { seconds: 60, tags: ['rosters'] } as const;

export async function meetingRoutes(app: App, context: AppContext): Promise<void> {
  app.get(
    '/courses/:id/meetings',
    {
      config: { roles: EVERYONE, cache },
      schema: {
        tags,
        summary: 'When a course meets every week',
        description:
          'In wall times of the institution: a meeting at nine is at nine in summer and in winter.',
        params: IdParams,
        response: { 200: Meetings, ...failures('course-not-found') },
      },
    },
    async ({ caller, params }) =>
      context.db.read(caller.tenantId, async (tx) => {
        await assertCourse(tx, caller, params.id);
        return listMeetings(tx, params.id);
      }),
  );

  app.put(
    '/courses/:id/meetings',
    {
      config: { roles: ADMINS },
      schema: {
        tags,
        summary: 'Set when a course meets every week',
        description:
          'These meetings and no others. Meetings of the course that overlap are refused; a room that another course ' +
          'has at the same time is a warning. Sessions of the past stay.',
        params: IdParams,
        body: MeetingsBody,
        response: {
          200: Meetings,
          ...failures('invalid-request', 'course-not-found', 'room-not-found', 'meetings-overlap'),
        },
      },
    },
    async ({ caller, params, body }) =>
      context.db.tenant(caller.tenantId, async (tx) => {
        await assertCourse(tx, caller, params.id);
        return setMeetings(tx, caller.tenantId, params.id, body.meetings);
      }),
  );
}
