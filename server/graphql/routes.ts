import type { FastifyReply } from 'fastify';
import mercurius from 'mercurius';
import { Type } from 'typebox';
import type { AppContext } from '../context.ts';
import { ApiError } from '../errors.ts';
import { type App, failures, Nullable } from '../http.ts';
import { EVERYONE } from '../plugins/auth.ts';
import { toApiError } from '../plugins/errors.ts';
import { graphql } from './library.ts';
import { assertAffordable } from './limits.ts';
import { createLoaders } from './loaders.ts';
import { createResolvers } from './resolvers.ts';
import { SCHEMA } from './schema.ts';

const MAX_QUERY = 20_000;
const MAX_TOKENS = 3000;

const Request = Type.Object(
  {
    query: Type.String({ minLength: 1, maxLength: MAX_QUERY, description: 'One document.' }),
    variables: Type.Optional(Nullable(Type.Record(Type.String(), Type.Unknown()))),
    operationName: Type.Optional(Nullable(Type.String({ maxLength: 200 }))),
  },
  {
    title: 'GraphqlRequest',
    examples: [
      {
        query:
          'query Absent($from: Day!) { attendance(status: absent, from: $from, limit: 50) { total items { day student { number name } } } }',
        variables: { from: '2026-11-23' },
      },
    ],
  },
);

const Failure = Type.Object({
  message: Type.String(),
  path: Type.Optional(Type.Array(Type.Unknown())),
  locations: Type.Optional(Type.Array(Type.Unknown())),
  extensions: Type.Object({
    code: Type.String({ description: 'Stable; the same codes as everywhere in the API.' }),
    details: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
    requestId: Type.String(),
  }),
});
type Failure = Record<string, unknown>;

const Answer = Type.Object(
  {
    data: Type.Optional(Nullable(Type.Record(Type.String(), Type.Unknown()))),
    errors: Type.Optional(Type.Array(Failure)),
  },
  {
    title: 'GraphqlAnswer',
    description: 'As GraphQL has it; every error has its stable code in `extensions`.',
    examples: [
      {
        data: {
          attendance: {
            total: 1,
            items: [{ day: '2026-11-23', student: { number: 'S101', name: 'Ayşe Yılmaz' } }],
          },
        },
      },
    ],
  },
);

/** Reading over GraphQL: the same callers, the same reach, the same codes as the other routes. */
export async function graphqlRoutes(app: App, context: AppContext): Promise<void> {
  await app.register(mercurius, {
    schema: SCHEMA,
    resolvers: createResolvers(context) as never,
    loaders: createLoaders(context) as never,
    // The route below is the only one: no GET, no batches, no page to try queries on, no subscriptions.
    routes: false,
    graphiql: false,
    allowBatchedQueries: false,
    graphql: { parseOptions: { maxTokens: MAX_TOKENS } },
    errorFormatter: (execution, given) => {
      const reply = (given as { reply: FastifyReply }).reply;
      const found = (execution.errors ?? []).map((error) => describe(error, reply));
      const data = execution.data ?? null;
      // Where nothing can be answered because the server cannot, whoever retries by status should know.
      const failed = data === null ? found.find(({ known }) => known.status >= 500)?.known : undefined;
      return {
        statusCode: failed?.status ?? 200,
        response: { data, errors: found.map(({ failure }) => failure) as never },
      };
    },
  });
  app.graphql.addHook('preExecution', async (schema, document, _given, variables) => {
    assertAffordable(schema, document, variables ?? {});
  });

  app.post(
    '/graphql',
    {
      bodyLimit: 64 * 1024,
      config: { roles: EVERYONE, scope: 'graphql:read', changes: [], audit: false },
      schema: {
        tags: ['graphql'],
        summary: 'Read over GraphQL',
        description:
          'Institution, courses, students, sessions, attendance and engagement, within what the caller may see. Queries ' +
          'only; depth and cost are limited. The schema can be asked for by introspection; docs/graphql.md has examples.',
        body: Request,
        response: { 200: Answer, ...failures('graphql-invalid', 'graphql-too-deep', 'graphql-too-costly') },
      },
    },
    async ({ caller, body }, reply) => {
      reply.header('cache-control', 'private, no-store');
      try {
        const { query, variables, operationName } = body;
        return (await reply.graphql(
          query,
          { caller } as never,
          variables ?? {},
          operationName ?? undefined,
        )) as never;
      } catch (error) {
        return refuse(error, reply) as never;
      }
    },
  );
}

/** What was not carried out at all. */
function refuse(error: unknown, reply: FastifyReply): FastifyReply {
  const reasons = (error as { errors?: unknown[] }).errors;
  const list = Array.isArray(reasons) && reasons.length > 0 ? reasons : [error];
  const found = list.slice(0, 20).map((reason) => describe(reason, reply, 'graphql-invalid'));
  reply.request.failure = found[0]!.known.code;
  return reply
    .code(found[0]!.known.status)
    .type('application/json; charset=utf-8')
    .send(Buffer.from(JSON.stringify({ errors: found.map(({ failure }) => failure) })));
}

function describe(
  error: unknown,
  reply: FastifyReply,
  invalid: 'graphql-invalid' | 'invalid-request' = 'invalid-request',
): { known: ApiError; failure: Failure } {
  const { request } = reply;
  const wrapped = error instanceof graphql.GraphQLError ? error : null;
  const cause = wrapped ? wrapped.originalError : error;
  // GraphQL's own words are about the query, and nothing else.
  const known =
    wrapped && (cause === undefined || cause === null || cause instanceof graphql.GraphQLError)
      ? new ApiError(invalid, { message: wrapped.message })
      : toApiError(cause as Parameters<typeof toApiError>[0]);
  if (known.status >= 500) request.log.error({ err: cause, code: known.code }, 'request failed');
  return {
    known,
    failure: {
      message: known.message,
      ...(wrapped?.locations ? { locations: wrapped.locations } : {}),
      ...(wrapped?.path ? { path: wrapped.path } : {}),
      extensions: {
        code: known.code,
        ...(known.details ? { details: known.details } : {}),
        requestId: request.id,
      },
    },
  };
}
