/** What the API answers when it refuses: a stable code for programs, a sentence for people, an id for the log. */
export interface ErrorBody {
  error: { code: string; message: string; details?: unknown; requestId?: string };
}

/** `network`: no answer came at all; every other code is the server's own. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly details: unknown;
  readonly requestId: string | null;
  /** Seconds to wait before the same is worth trying again, where the server says so. */
  readonly retryAfterSeconds: number | null;

  constructor(
    status: number,
    code: string,
    message: string,
    details?: unknown,
    requestId?: string | null,
    retryAfterSeconds?: number | null,
  ) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
    this.details = details;
    this.requestId = requestId ?? null;
    this.retryAfterSeconds = retryAfterSeconds ?? null;
  }

  /** True where trying the same again later may work. */
  get passing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 502;
  }
}

function isErrorBody(value: unknown): value is ErrorBody {
  if (typeof value !== 'object' || value === null || !('error' in value)) return false;
  const { error } = value;
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string';
}

/** Reads an error out of an answer that is not 2xx; proxies in between may answer with anything. */
export function toApiError(status: number, body: unknown, headers?: Headers): ApiError {
  const retryAfter = secondsOf(headers?.get('retry-after'));
  if (isErrorBody(body)) {
    const { code, message, details, requestId } = body.error;
    return new ApiError(status, code, message, details, requestId, retryAfter);
  }
  return new ApiError(
    status,
    `http-${status}`,
    `The server answered ${status}`,
    undefined,
    undefined,
    retryAfter,
  );
}

/** Proxies may send a date instead; then the wait is not known. */
function secondsOf(header: string | null | undefined): number | null {
  return header && /^\d{1,7}$/.test(header) ? Number(header) : null;
}

/**
 * What `auth.secondFactor` needs, out of the error that `auth.login` threw: the password was right and the account has
 * a second factor. Null: it failed for another reason.
 */
export function secondFactorChallenge(error: unknown): string | null {
  if (!(error instanceof ApiError) || error.code !== 'second-factor-required') return null;
  const { details } = error;
  const challenge =
    typeof details === 'object' && details !== null && 'challenge' in details ? details.challenge : null;
  return typeof challenge === 'string' ? challenge : null;
}

export function networkError(cause: unknown): ApiError {
  const error = new ApiError(0, 'network', 'The server could not be reached');
  error.cause = cause;
  return error;
}
