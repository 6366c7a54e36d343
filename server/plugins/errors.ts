import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isDatabaseUnavailable, isDiskFull, isLockedOut, isTimedOut, isUnfitValue } from '../db/problems.ts';
import { ApiError, type ErrorCode } from '../errors.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The code that the request failed with; null: none so far. */
    failure: ErrorCode | null;
  }
}

/** One form for every failure: `{ error: { code, message, details?, requestId } }`. */
export function handleErrors(app: FastifyInstance): void {
  app.decorateRequest('failure', null);
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const known = toApiError(error);
    if (known.status >= 500) {
      const level = known.code === 'internal' ? 'error' : 'warn';
      request.log[level]({ err: error, code: known.code }, 'request failed');
    }
    return sendError(request, reply, known);
  });
}

export function sendError(request: FastifyRequest, reply: FastifyReply, error: ApiError): FastifyReply {
  request.failure = error.code;
  if (error.retryAfter !== undefined) reply.header('retry-after', String(Math.ceil(error.retryAfter)));
  else if (error.status === 503) reply.header('retry-after', '2');
  if (error.status === 401) reply.header('www-authenticate', 'Bearer realm="yoklama"');
  const body = {
    error: {
      code: error.code,
      message: error.message,
      ...(error.details ? { details: error.details } : {}),
      requestId: request.id,
    },
  };
  // Written here: a route's own answer of this status may be a page.
  return reply.code(error.status).type('application/json; charset=utf-8').send(JSON.stringify(body));
}

const FASTIFY_CODES: Record<string, ErrorCode> = {
  FST_ERR_CTP_INVALID_JSON_BODY: 'invalid-json',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'invalid-json',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported-media-type',
  FST_ERR_CTP_BODY_TOO_LARGE: 'body-too-large',
  FST_INVALID_MULTIPART_CONTENT_TYPE: 'unsupported-media-type',
  FST_REQ_FILE_TOO_LARGE: 'photo-too-large',
  FST_FILES_LIMIT: 'too-many-photos',
  FST_PARTS_LIMIT: 'invalid-request',
  FST_FIELDS_LIMIT: 'invalid-request',
};

/** Any failure as one of the API; what is not known is `internal`. */
export function toApiError(error: FastifyError): ApiError {
  if (error instanceof ApiError) return error;
  if (error.validation) {
    const fields = error.validation.map(({ instancePath, message, params }) => ({
      field: `${error.validationContext ?? 'request'}${instancePath}`,
      message: message ?? 'is not valid',
      ...('allowedValues' in params ? { allowed: params.allowedValues } : {}),
    }));
    return new ApiError('invalid-request', { message: error.message, details: { fields }, cause: error });
  }
  const mapped = FASTIFY_CODES[error.code];
  if (mapped) return new ApiError(mapped, { cause: error });
  if (isDatabaseUnavailable(error)) return new ApiError('database-unavailable', { cause: error });
  if (isLockedOut(error) || isTimedOut(error)) return new ApiError('database-busy', { cause: error });
  if (isUnfitValue(error)) return new ApiError('invalid-request', { cause: error });
  if (isDiskFull(error)) return new ApiError('disk-full', { cause: error });
  if (error.statusCode === 429) return new ApiError('rate-limited', { cause: error });
  if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500) {
    return new ApiError('invalid-request', { message: error.message, cause: error });
  }
  return new ApiError('internal', { cause: error });
}
