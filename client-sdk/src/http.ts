import type { Client } from 'openapi-fetch';
import type { paths } from '../generated/api.d.ts';
import { ApiError, networkError, toApiError } from './errors.ts';
import type { TokenKeeper } from './tokens.ts';

/** Calls by path, typed by the server's description. */
export type Http = Client<paths>;

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
  if (!response.ok) throw toApiError(response.status, error, response.headers);
  return data as T;
}

/** Sends one file as `multipart/form-data`, which the generated calls do not do; answers what the server made of it. */
export async function sendFile<T>(
  send: SendRequest,
  to: { method: 'POST' | 'PUT'; url: string; field: string },
  file: Blob,
  name: string,
): Promise<T> {
  const body = new FormData();
  body.append(to.field, file, name);
  const url = new URL(to.url, globalThis.location?.href);
  const response = await send(new Request(url, { method: to.method, body }));
  const answer: unknown = await response.json().catch(() => null);
  if (!response.ok) throw toApiError(response.status, answer, response.headers);
  return answer as T;
}
