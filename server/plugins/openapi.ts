import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import type { TSchema } from 'typebox';
import { projectRoot } from '../../config/paths.ts';
import { ERRORS, type ErrorCode } from '../errors.ts';
import { ErrorBody, failures } from '../http.ts';
import { scopeOf } from './auth.ts';

type Json = Record<string, unknown>;

/** Describes the API at /docs, and its document at /docs/json. `extra` schemas are those that no route names. */
export async function describeApi(app: FastifyInstance, extra: readonly TSchema[]): Promise<void> {
  const { version } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as {
    version: string;
  };
  app.addHook('onRoute', (route) => {
    if (!route.schema || !/^\/(api\/|ingest\/|watch\/|graphql$)/.test(route.url)) return;
    const open = route.config?.public === true;
    const common: ErrorCode[] = ['rate-limited', 'internal', 'database-unavailable', 'database-busy'];
    if (!open) common.push('unauthenticated', 'forbidden');
    if (route.schema.body || route.schema.querystring || route.schema.params) common.push('invalid-request');
    route.schema.response = mergeAnswers(
      failures(...common) as Answers,
      (route.schema.response ?? {}) as Answers,
    );
    if (!open) route.schema.security ??= securityOf(scopeOf(route as Parameters<typeof scopeOf>[0]));
  });
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'yoklama',
        version,
        description:
          'Attendance and engagement from classroom video. Errors are `{ error: { code, message, details?, requestId } }`; ' +
          'the codes are stable. Lists are `{ total, skip, limit, items }`. Times are ISO 8601 with their zone.\n\n' +
          'Error codes:\n\n' +
          Object.entries(ERRORS)
            .map(([code, [status, message]]) => `- \`${code}\` (${status}): ${message}`)
            .join('\n'),
      },
      components: {
        securitySchemes: {
          accessToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
          apiKey: {
            type: 'apiKey',
            in: 'header',
            name: 'X-API-Key',
            description: 'Or as `Authorization: Bearer yk_…`; the scope that a route needs stands with it.',
          },
        },
        schemas: Object.fromEntries(
          [ErrorBody, ...extra].map((schema) => [titleOf(schema), structuredClone(schema) as Json]),
        ) as never,
      },
    },
    transformObject: (document) => {
      if (!('openapiObject' in document)) return document.swaggerObject;
      return nameSchemas(document.openapiObject as Json) as typeof document.openapiObject;
    },
  });
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    uiConfig: { docExpansion: 'list', persistAuthorization: true },
  });
}

function securityOf(scope: string | false): Record<string, string[]>[] {
  return scope === false ? [{ accessToken: [] }] : [{ accessToken: [] }, { apiKey: [scope] }];
}

type Answers = Record<string, TSchema & { description?: string }>;

/** A status that a route names itself and that any route may answer with: both descriptions. */
function mergeAnswers(common: Answers, own: Answers): Answers {
  const merged: Answers = { ...common, ...own };
  for (const [status, answer] of Object.entries(own)) {
    const general = common[status]?.description;
    if (!general || !answer.description || answer.description.includes(general)) continue;
    merged[status] = { ...answer, description: `${answer.description}\n\n${general}` };
  }
  return merged;
}

function titleOf(schema: TSchema): string {
  return (schema as { title?: string }).title ?? 'Schema';
}

/** Schemas with a title become components, so that generated clients have names for them. */
export function nameSchemas(document: Json): Json {
  const components = document.components as Json;
  const named: Json = {};
  const walk = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(walk);
    if (value === null || typeof value !== 'object') return value;
    const { $id: _, ...rest } = optionalWithDefault(value as Json);
    const walked = Object.fromEntries(Object.entries(rest).map(([key, part]) => [key, walk(part)]));
    const title = walked.title;
    if (typeof title !== 'string' || typeof walked.type !== 'string') return walked;
    const { description, ...shape } = walked;
    const known = named[title] as Json | undefined;
    if (known && !sameShape(known, shape)) {
      throw new Error(`Two schemas have the title ${title}; a title names one component.`);
    }
    named[title] ??= { ...shape, ...(description === undefined ? {} : { description }) };
    if (shape.examples !== undefined) (named[title] as Json).examples ??= shape.examples;
    return { $ref: `#/components/schemas/${title}` };
  };
  const paths = walk(document.paths);
  walk(Object.values((components.schemas ?? {}) as Json));
  const sorted = Object.fromEntries(Object.entries(named).sort(([a], [b]) => (a < b ? -1 : 1)));
  return { ...document, paths, components: { ...components, schemas: sorted } };
}

/** A parameter of the query that has a default may be left out; validation fills it in. */
function optionalWithDefault(value: Json): Json {
  const schema = value.schema as Json | undefined;
  return value.in === 'query' && schema?.default !== undefined ? { ...value, required: false } : value;
}

/** Examples do not count: those of a body or an answer have been moved out of its schema by now. */
function sameShape(known: Json, shape: Json): boolean {
  const bare = ({ description: _, examples: __, ...rest }: Json) => JSON.stringify(rest);
  return bare(known) === bare(shape);
}
