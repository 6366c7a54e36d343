import type { ProbeResult } from '../../../pipeline/messages.ts';
import type { AppContext } from '../../context.ts';
import { type App, failures, IdParams, Jpeg, NoContent } from '../../http.ts';
import { ADMINS } from '../../plugins/auth.ts';
import {
  CameraList,
  CameraPatchSchema,
  CameraQuery,
  CameraSchema,
  NewCameraSchema,
  ProbeRequestSchema,
  ProbeSchema,
} from './schemas.ts';
import {
  createCamera,
  deleteCamera,
  getCamera,
  listCameras,
  patchCamera,
  probeAddress,
  probeCamera,
} from './service.ts';

const tags = ['cameras'];
const ADDRESS_PROBLEMS = [
  'camera-url-invalid',
  'camera-url-scheme',
  'camera-url-forbidden',
  'camera-host-unresolved',
] as const;
const PROBE_PROBLEMS = ['camera-no-picture', 'pipeline-busy', 'pipeline-unavailable'] as const;
/** Addresses reach into the institution's network, so only its administrators say which. */
const config = { roles: ADMINS };

export async function cameraRoutes(app: App, context: AppContext): Promise<void> {
  app.get(
    '/cameras',
    {
      schema: {
        tags,
        summary: 'Cameras by name',
        description:
          'With the state of each in an open session. Addresses come without user name and password.',
        querystring: CameraQuery,
        response: { 200: CameraList },
      },
    },
    async ({ caller, query }) => ({ ...(await listCameras(context, caller.tenantId, query)), ...query }),
  );

  app.get(
    '/cameras/:id',
    {
      schema: {
        tags,
        summary: 'A camera',
        description: 'Its address comes without user name and password.',
        params: IdParams,
        response: { 200: CameraSchema, ...failures('camera-not-found') },
      },
    },
    async ({ caller, params }) => getCamera(context, caller.tenantId, params.id),
  );

  app.post(
    '/cameras',
    {
      config,
      schema: {
        tags,
        summary: 'Add a camera',
        description:
          'The address must be in a network that cameras are allowed in. User name and password are encrypted and never ' +
          'appear in an answer or a log.',
        body: NewCameraSchema,
        response: {
          201: CameraSchema,
          ...failures('invalid-request', 'room-not-found', 'camera-name-taken', ...ADDRESS_PROBLEMS),
        },
      },
    },
    async ({ caller, body }, reply) =>
      reply.code(201).send(await createCamera(context, caller.tenantId, body)),
  );

  app.patch(
    '/cameras/:id',
    {
      config,
      schema: {
        tags,
        summary: 'Change a camera',
        description:
          'A new address drops the kept password unless one comes with it. Open sessions go on with what they started with.',
        params: IdParams,
        body: CameraPatchSchema,
        response: {
          200: CameraSchema,
          ...failures(
            'invalid-request',
            'camera-not-found',
            'room-not-found',
            'camera-name-taken',
            ...ADDRESS_PROBLEMS,
          ),
        },
      },
    },
    async ({ caller, params, body }) => patchCamera(context, caller.tenantId, params.id, body),
  );

  app.delete(
    '/cameras/:id',
    {
      config,
      schema: {
        tags,
        summary: 'Remove a camera',
        description: 'Refused while it takes part in an open session. Past sessions keep their records.',
        params: IdParams,
        response: { 204: NoContent, ...failures('camera-not-found', 'camera-in-use') },
      },
    },
    async ({ caller, params }, reply) => {
      await deleteCamera(context, caller.tenantId, params.id);
      return reply.code(204).send(null);
    },
  );

  app.post(
    '/cameras/probe',
    {
      config,
      schema: {
        tags,
        summary: 'Try an address',
        description: 'Opens the stream and reads one frame, in at most 12 s.',
        body: ProbeRequestSchema,
        response: { 200: ProbeSchema, ...failures(...ADDRESS_PROBLEMS, ...PROBE_PROBLEMS) },
      },
    },
    async ({ body }) => toProbe(await probeAddress(context, body)),
  );

  app.post(
    '/cameras/:id/probe',
    {
      schema: {
        tags,
        summary: 'Try a camera',
        description: 'Opens its stream and reads one frame, in at most 12 s.',
        params: IdParams,
        response: { 200: ProbeSchema, ...failures('camera-not-found', ...PROBE_PROBLEMS) },
      },
    },
    async ({ caller, params }) => toProbe(await probeCamera(context, caller.tenantId, params.id)),
  );

  app.get(
    '/cameras/:id/snapshot',
    {
      config: { audit: 'biometric' },
      schema: {
        tags,
        summary: 'What the camera sees now',
        description: 'One frame as JPEG; it is not kept. Who looked is written to the audit log.',
        params: IdParams,
        produces: ['image/jpeg'],
        response: { 200: Jpeg, ...failures('camera-not-found', ...PROBE_PROBLEMS) },
      },
    },
    async ({ caller, params }, reply) => {
      const { snapshot } = await probeCamera(context, caller.tenantId, params.id);
      return reply
        .type('image/jpeg')
        .header('cache-control', 'private, no-store')
        .send(Buffer.from(snapshot));
    },
  );
}

function toProbe({ codec, width, height, fps, snapshot }: ProbeResult) {
  return { codec, width, height, fps, snapshot: Buffer.from(snapshot).toString('base64') };
}
