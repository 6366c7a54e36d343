import { ApiError, networkError, toApiError } from './errors.ts';
import type { TokenKeeper } from './tokens.ts';

/** Sends a request as the signed-in user. Answers of any status are returned, only a dead network throws. */
export type SendRequest = (request: Request) => Promise<Response>;

/** Adds the access token, and once replaces it and tries again when the server says 401. */
export function authorisedFetch(
  tokens: TokenKeeper,
  send: SendRequest = (request) => fetch(request),
): SendRequest {
  return async (request) => {
    const token = await tokens.accessToken();
    const spare = request.clone();
    const first = await reach(send, withToken(request, token));
    if (first.status !== 401 || !token) return first;
    const renewed = await tokens.renew(token);
    return renewed ? reach(send, withToken(spare, renewed)) : first;
  };
}

export async function reach(send: SendRequest, request: Request): Promise<Response> {
  try {
    return await send(request);
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    if (error instanceof ApiError) throw error;
    throw networkError(error);
  }
}

function withToken(request: Request, token: string | null): Request {
  if (token) request.headers.set('authorization', `Bearer ${token}`);
  return request;
}

interface ApiAnswer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** Turns an openapi-fetch answer into its data, or throws the ApiError it stands for. */
export async function unwrap<T>(answer: Promise<ApiAnswer<T>>): Promise<T> {
  const { data, error, response } = await answer;
  if (!response.ok) throw toApiError(response.status, error);
  return data as T;
}
