import { Ajv, type Options } from 'ajv';
import addFormats, { type FormatsPlugin } from 'ajv-formats';
import type { FastifyInstance } from 'fastify';
import { ApiError } from '../errors.ts';

/** The module's default export is one level deeper for an ES module. */
const formats = ((addFormats as unknown as { default?: FormatsPlugin }).default ??
  addFormats) as FormatsPlugin;

/**
 * Query, path and headers are text: their numbers and booleans are converted. A body is JSON and is taken at its
 * word; converting there would turn a null into an empty string.
 */
export function validateRequests(app: FastifyInstance): void {
  const options: Options = {
    useDefaults: true,
    removeAdditional: true,
    allErrors: false,
    addUsedSchema: false,
  };
  // Text like 1e309 becomes an endless number, and a strict comparison leaves those alone.
  const text = withFormats(new Ajv({ ...options, coerceTypes: 'array', strictNumbers: false }));
  const json = withFormats(new Ajv(options));
  app.addHook('preValidation', async ({ body, query, params }) => {
    for (const part of [body, query, params]) assertText(part);
  });
  app.setValidatorCompiler(({ schema, httpPart }) => (httpPart === 'body' ? json : text).compile(schema));
}

/**
 * Days and instants from 1900 to 9998: with a week or a month added they can still be reckoned with, and be written in
 * the same form.
 */
function withFormats(ajv: Ajv): Ajv {
  formats(ajv);
  for (const name of ['date', 'date-time'] as const) {
    const usual = formats.get(name, 'full') as { validate: (text: string) => boolean };
    ajv.addFormat(name, {
      ...usual,
      validate: (text: string) => usual.validate(text) && IN_REACH.test(text),
    });
  }
  return ajv;
}
const IN_REACH = /^(?!9999|1[0-8])[1-9]\d{3}-/;

/**
 * Text that Postgres cannot keep: U+0000, and halves of surrogate pairs. Throws `invalid-request`. Walks without
 * recursion: a body may be as deep as it is long.
 */
function assertText(part: unknown): void {
  const waiting: unknown[] = [part];
  while (waiting.length > 0) {
    const value = waiting.pop();
    if (typeof value === 'string') {
      if (!isText(value)) throw unfit();
    } else if (Array.isArray(value)) {
      for (const item of value) waiting.push(item);
    } else if (isPlain(value)) {
      for (const [name, item] of Object.entries(value)) {
        if (!isText(name)) throw unfit();
        waiting.push(item);
      }
    }
  }
}

/** Parsed JSON, or parameters, which have no prototype; not what multipart puts there. */
function isPlain(value: unknown): value is Record<string, unknown> {
  if (value === null || typeof value !== 'object') return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null || Object.getPrototypeOf(prototype) === null;
}

function isText(text: string): boolean {
  return !text.includes('\u0000') && !/\p{Surrogate}/u.test(text);
}

function unfit(): ApiError {
  return new ApiError('invalid-request', {
    message: 'The request has a character that is no text: U+0000, or half of a surrogate pair.',
  });
}
