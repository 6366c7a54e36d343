import { Ajv, type Options } from 'ajv';
import addFormats, { type FormatsPlugin } from 'ajv-formats';
import type { FastifyInstance } from 'fastify';

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
  const text = formats(new Ajv({ ...options, coerceTypes: 'array' }));
  const json = formats(new Ajv(options));
  app.setValidatorCompiler(({ schema, httpPart }) => (httpPart === 'body' ? json : text).compile(schema));
}
