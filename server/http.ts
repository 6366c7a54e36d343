import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify';
import { type TSchema, Type } from 'typebox';
import { ERRORS, type ErrorCode } from './errors.ts';

/** The application as features see it: schemas type their handlers. */
export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

export const ErrorBody = Type.Object(
  {
    error: Type.Object({
      code: Type.String({ description: 'Stable; switch on it.' }),
      message: Type.String({ description: 'English, for developers.' }),
      details: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
      requestId: Type.String({ description: 'Finds the request in the server’s log.' }),
    }),
  },
  { title: 'Error' },
);

/**
 * The failures of a route for its `response` schema: one entry a status, its description naming the codes.
 * What any route may answer (401, 403, 429, 500, 503) is added by plugins/openapi.ts.
 */
export function failures(...codes: ErrorCode[]): object {
  const byStatus: Record<string, TSchema> = {};
  for (const status of new Set(codes.map((code) => ERRORS[code][0]))) {
    const here = codes.filter((code) => ERRORS[code][0] === status);
    const description = here.map((code) => `\`${code}\`: ${ERRORS[code][1]}`).join('\n\n');
    byStatus[status] = Type.Object(ErrorBody.properties, { title: 'Error', description });
  }
  return byStatus;
}

export const Uuid = (description: string) => Type.String({ format: 'uuid', description });
export const Instant = (description: string) => Type.String({ format: 'date-time', description });
export const Nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
export const OneOf = <const T extends readonly string[]>(values: T, description?: string) =>
  Type.Unsafe<T[number]>({ type: 'string', enum: [...values], ...(description ? { description } : {}) });
export const NoContent = Type.Null({ description: 'Done.' });
export const Jpeg = Type.Unsafe<Buffer>({ type: 'string', format: 'binary', description: 'JPEG' });

export const IdParams = Type.Object({ id: Uuid('Id.') });

export const PageQuery = {
  skip: Type.Integer({ minimum: 0, maximum: 1_000_000, default: 0, description: 'Items to leave out.' }),
  limit: Type.Integer({
    minimum: 1,
    maximum: 500,
    default: 50,
    description: 'Items to answer with, at most.',
  }),
};

/** One page of something; its example is a page with the example of that. */
export const ListOf = <T extends TSchema>(items: T, title: string) =>
  Type.Object(
    {
      total: Type.Integer({ description: 'Items that match, over all pages.' }),
      skip: Type.Integer(),
      limit: Type.Integer(),
      items: Type.Array(items),
    },
    { title, ...pageExample(items) },
  );

function pageExample(items: TSchema): { examples?: unknown[] } {
  const { examples } = items as { examples?: unknown[] };
  return examples?.length ? { examples: [{ total: 1, skip: 0, limit: 50, items: [examples[0]] }] } : {};
}

export interface Page {
  skip: number;
  limit: number;
}

/**
 * A page whose rows carry the total with them: past the last row there is none to carry it, so the first one is asked
 * for it.
 */
export async function pageWithTotal<T extends { total: number }>(
  { skip, limit }: Page,
  rowsOf: (page: Page) => PromiseLike<readonly T[]>,
): Promise<{ total: number; rows: readonly T[] }> {
  const rows = await rowsOf({ skip, limit });
  const [first] = rows.length > 0 || skip === 0 ? rows : await rowsOf({ skip: 0, limit: 1 });
  return { total: first?.total ?? 0, rows };
}
