import { Type } from 'typebox';
import type { AppContext } from '../../context.ts';
import { type App, failures, IdParams, NoContent, Uuid } from '../../http.ts';
import { callerBy, STAFF } from '../../plugins/auth.ts';
import { assertMediaType, FRAGMENT, linksOf, SDP, Sdp } from './http-media.ts';
import { createWhep } from './whep.ts';

const tags = ['viewers'];
/** A key that may watch may do nothing else by it. */
const config = { roles: STAFF, scope: 'viewers:read' };
const ViewerParams = Type.Object({ id: Uuid('The stream.'), viewerId: Uuid('Of the `Location`.') });

/** Where players are shown a stream by a standard of theirs: outside `/api/v1`. */
export async function whepRoutes(app: App, context: AppContext): Promise<void> {
  const whep = createWhep(context);

  app.post(
    '/watch/whep/:id',
    {
      config,
      schema: {
        tags,
        summary: 'Watch a stream over WHEP',
        description:
          'draft-ietf-wish-whep. The bearer token is an access token of staff, or an API key with `viewers:read`; the ' +
          'body is the player’s offer, the answer comes back. `Location` is the session, `ETag` its ICE session. It ' +
          'ends with the token, and when the stream’s video becomes another: the player comes again.',
        consumes: [SDP],
        produces: [SDP],
        params: IdParams,
        body: Sdp,
        response: {
          201: Sdp,
          ...failures(
            'stream-not-found',
            'stream-not-live',
            'session-closed',
            'session-elsewhere',
            'viewers-full',
            'sdp-invalid',
            'sdp-without-video',
            'sdp-codec-unsupported',
            'webrtc-unavailable',
          ),
        },
      },
      preValidation: async ({ headers }) => assertMediaType(headers['content-type'], SDP),
    },
    async ({ caller, headers, params, body }, reply) => {
      const { authorization, 'x-api-key': key } = headers;
      const again = () =>
        callerBy(context, {
          ...(authorization === undefined ? {} : { authorization }),
          ...(key === undefined ? {} : { 'x-api-key': key }),
        });
      const { id, etag, answer, iceServers } = await whep.open(caller, again, params.id, body);
      if (iceServers.length > 0) reply.header('link', iceServers.flatMap(linksOf));
      return reply
        .code(201)
        .header('content-type', SDP)
        .header('location', `${context.config.publicUrl}/watch/whep/${params.id}/${id}`)
        .header('etag', etag)
        .send(answer);
    },
  );

  app.patch(
    '/watch/whep/:id/:viewerId',
    {
      config,
      schema: {
        tags,
        summary: 'Tell candidates of a WHEP player, or restart ICE',
        description: 'As of a WHIP publisher: `If-Match` is the `ETag` of the ICE session, or `*`.',
        consumes: [FRAGMENT],
        produces: [FRAGMENT],
        params: ViewerParams,
        body: Sdp,
        response: {
          200: Sdp,
          204: NoContent,
          ...failures('viewer-not-found', 'ice-session-unnamed', 'ice-session-over', 'sdp-invalid'),
        },
      },
      preValidation: async ({ headers }) => assertMediaType(headers['content-type'], FRAGMENT),
    },
    async ({ caller, headers, params, body }, reply) => {
      const restarted = await whep.patch(params.viewerId, caller.userId, headers['if-match'], body);
      if (restarted === null) return reply.code(204).send(null);
      return reply.header('content-type', FRAGMENT).header('etag', restarted.etag).send(restarted.fragment);
    },
  );

  app.delete(
    '/watch/whep/:id/:viewerId',
    {
      config,
      schema: {
        tags,
        summary: 'Stop watching over WHEP',
        description: 'Frees everything that the viewer held.',
        params: ViewerParams,
        response: { 200: NoContent, ...failures('viewer-not-found') },
      },
    },
    async ({ caller, params }, reply) => {
      whep.close(params.viewerId, caller.userId);
      return reply.code(200).send(null);
    },
  );
}
