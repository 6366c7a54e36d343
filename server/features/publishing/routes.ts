import websocket from '@fastify/websocket';
import type { AppContext } from '../../context.ts';
import { ApiError } from '../../errors.ts';
import { type App, failures, IdParams, NoContent } from '../../http.ts';
import { EVERYONE } from '../../plugins/auth.ts';
import { MOST_SDP_BYTES } from '../../streaming/sfu/sdp-offer.ts';
import { assertMediaType, FRAGMENT, linksOf, Sdp } from '../viewing/http-media.ts';
import { watchRoutes } from '../viewing/routes.ts';
import { whepRoutes } from '../viewing/whep-routes.ts';
import { MOST_PICTURE_BYTES, takePictures } from './pictures.ts';
import { NewPublisher, PublisherLink, PublisherList, PublisherParams, PublisherQuery } from './schemas.ts';
import { addOwnPublisher, addPublisher, listPublishers, removePublisher } from './service.ts';
import { signal } from './signalling.ts';
import { createWhip } from './whip.ts';

const tags = ['publishers'];

/** Links for browsers and encoders that become cameras of an open session. */
export async function publisherRoutes(app: App, context: AppContext): Promise<void> {
  app.post(
    '/sessions/:id/publishers',
    {
      schema: {
        tags,
        summary: 'Make a link for a browser or an encoder as a camera',
        description:
          'The session gets a stream that waits for its publisher. The link is opened once, in a browser, or its token ' +
          'is given to an encoder that speaks WHIP.',
        params: IdParams,
        body: NewPublisher,
        response: {
          201: PublisherLink,
          ...failures('session-not-found', 'session-closed', 'session-elsewhere', 'webrtc-unavailable'),
        },
      },
    },
    async ({ caller, params, body }, reply) =>
      reply.code(201).send(await addPublisher(context, caller, params.id, body)),
  );

  app.post(
    '/sessions/:id/publishers/own',
    {
      config: { roles: EVERYONE },
      schema: {
        tags,
        summary: 'A student’s own camera in a remote class',
        description:
          'For the signed-in student, enrolled in the course and agreed to recognition: only their own face is looked ' +
          'for in what this link publishes.',
        params: IdParams,
        response: {
          201: PublisherLink,
          ...failures(
            'session-not-found',
            'session-closed',
            'session-elsewhere',
            'webrtc-unavailable',
            'consent-missing',
            'own-cameras-off',
          ),
        },
      },
    },
    async ({ caller, params }, reply) =>
      reply.code(201).send(await addOwnPublisher(context, caller, params.id)),
  );

  app.get(
    '/sessions/:id/publishers',
    {
      schema: {
        tags,
        summary: 'Publishers of a session',
        description: 'Those that have a link, and whether they publish now.',
        params: IdParams,
        querystring: PublisherQuery,
        response: { 200: PublisherList, ...failures('session-not-found') },
      },
    },
    async ({ caller, params, query }) => ({
      ...(await listPublishers(context, caller, params.id, query)),
      ...query,
    }),
  );

  app.delete(
    '/sessions/:id/publishers/:streamId',
    {
      schema: {
        tags,
        summary: 'Send a publisher away',
        description: 'It stops at once, and its link and its way back end.',
        params: PublisherParams,
        response: { 204: NoContent, ...failures('session-not-found', 'publisher-not-found') },
      },
    },
    async ({ caller, params }, reply) => {
      await removePublisher(context, caller, params.id, params.streamId);
      return reply.code(204).send(null);
    },
  );
}

/** Where media is negotiated: outside `/api/v1`, for it follows standards of its own. */
export async function ingestRoutes(app: App, context: AppContext): Promise<void> {
  await app.register(websocket, { options: { maxPayload: MOST_PICTURE_BYTES } });
  const whip = createWhip(context);
  app.addContentTypeParser(
    ['application/sdp', FRAGMENT],
    { parseAs: 'string', bodyLimit: MOST_SDP_BYTES },
    (_request, body, done) => done(null, body),
  );

  // Registered in a scope of its own: the plugin looks at routes that come after it.
  await app.register(async (scope) => {
    scope.get(
      '/ingest/webrtc',
      { websocket: true, config: { public: true }, schema: { hide: true } },
      (socket) => signal(context, socket),
    );
    scope.get(
      '/ingest/frames',
      { websocket: true, config: { public: true }, schema: { hide: true } },
      (socket) => takePictures(context, socket),
    );
    await watchRoutes(scope as App, context);
  });

  await whepRoutes(app, context);

  app.post(
    '/ingest/whip',
    {
      config: { public: true },
      schema: {
        tags,
        summary: 'Publish over WHIP',
        description:
          'RFC 9725. The token of a link is the bearer token; the body is the offer, the answer comes back. `Location` is ' +
          'the session, `ETag` its ICE session, `Link` names the servers that help out of a network. A token that was ' +
          'refused for its offer may be used again.',
        consumes: ['application/sdp'],
        produces: ['application/sdp'],
        body: Sdp,
        response: {
          201: Sdp,
          ...failures(
            'publish-token-invalid',
            'session-closed',
            'session-elsewhere',
            'publishers-full',
            'sdp-invalid',
            'sdp-without-video',
            'sdp-codec-unsupported',
            'webrtc-unavailable',
          ),
        },
      },
      preValidation: async ({ headers }) => assertMediaType(headers['content-type'], 'application/sdp'),
    },
    async ({ headers, body }, reply) => {
      const { id, etag, answer, iceServers } = await whip.open(bearer(headers.authorization), body);
      if (iceServers.length > 0) reply.header('link', iceServers.flatMap(linksOf));
      return reply
        .code(201)
        .header('content-type', 'application/sdp')
        .header('location', `${context.config.publicUrl}/ingest/whip/${id}`)
        .header('etag', etag)
        .send(answer);
    },
  );

  app.patch(
    '/ingest/whip/:id',
    {
      config: { public: true },
      schema: {
        tags,
        summary: 'Tell candidates of a WHIP publisher, or restart ICE',
        description:
          '`If-Match` is the `ETag` of the ICE session, or `*`. Candidates are answered with 204; the media worker ' +
          'learns addresses from the packets. ICE parameters of the encoder that are not those of its offer restart ICE ' +
          'and are answered with new ones.',
        consumes: [FRAGMENT],
        produces: [FRAGMENT],
        params: IdParams,
        body: Sdp,
        response: {
          200: Sdp,
          204: NoContent,
          ...failures('publisher-not-found', 'ice-session-unnamed', 'ice-session-over', 'sdp-invalid'),
        },
      },
      preValidation: async ({ headers }) => assertMediaType(headers['content-type'], FRAGMENT),
    },
    async ({ headers, params, body }, reply) => {
      const token = bearer(headers.authorization);
      const restarted = await whip.patch(params.id, token, headers['if-match'], body);
      if (restarted === null) return reply.code(204).send(null);
      return reply.header('content-type', FRAGMENT).header('etag', restarted.etag).send(restarted.fragment);
    },
  );

  app.delete(
    '/ingest/whip/:id',
    {
      config: { public: true },
      schema: {
        tags,
        summary: 'Stop publishing over WHIP',
        description: 'Frees everything that the publisher held.',
        params: IdParams,
        response: { 200: NoContent, ...failures('publisher-not-found') },
      },
    },
    async ({ headers, params }, reply) => {
      whip.close(params.id, bearer(headers.authorization));
      return reply.code(200).send(null);
    },
  );
}

function bearer(header: string | undefined): string {
  const token = /^Bearer ([\w.~+/=-]{1,200})$/i.exec(header ?? '')?.[1];
  if (token === undefined) throw new ApiError('publish-token-invalid');
  return token;
}
