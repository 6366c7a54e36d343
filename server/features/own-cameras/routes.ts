import type { AppContext } from '../../context.ts';
import { type App, failures, IdParams } from '../../http.ts';
import { EVERYONE } from '../../plugins/auth.ts';
import { OwnCameras, RemoteClassList, RemoteClassQuery } from './schemas.ts';
import { allowOwnCameras, listRemoteClasses, ownCamerasOf } from './service.ts';

const tags = ['publishers'];

/** Remote classes: whether students may be seen by cameras of their own. */
export async function ownCameraRoutes(app: App, context: AppContext): Promise<void> {
  app.get(
    '/sessions/own-cameras',
    {
      config: { roles: EVERYONE },
      schema: {
        tags,
        summary: 'Open sessions that take students’ own cameras',
        description: 'Those of the courses that the caller takes or teaches, the newest first.',
        querystring: RemoteClassQuery,
        response: { 200: RemoteClassList },
      },
    },
    async ({ caller, query }) => ({ ...(await listRemoteClasses(context, caller, query)), ...query }),
  );

  app.get(
    '/sessions/:id/own-cameras',
    {
      schema: {
        tags,
        summary: 'Whether a session takes students’ own cameras',
        description: 'It does not unless somebody allows it.',
        params: IdParams,
        response: { 200: OwnCameras, ...failures('session-not-found') },
      },
    },
    ({ caller, params }) => ownCamerasOf(context, caller, params.id),
  );

  app.put(
    '/sessions/:id/own-cameras',
    {
      schema: {
        tags,
        summary: 'Let students take part with cameras of their own, or no longer',
        description:
          'For remote classes: who is elsewhere can be marked then. Those that publish already go on when it is ' +
          'switched off; send them away one by one.',
        params: IdParams,
        body: OwnCameras,
        response: { 200: OwnCameras, ...failures('session-not-found', 'session-closed') },
      },
    },
    ({ caller, params, body }) => allowOwnCameras(context, caller, params.id, body.allowed),
  );
}
