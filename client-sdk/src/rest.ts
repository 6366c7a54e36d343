import { toApiError } from './errors.ts';
import type { SendRequest } from './http.ts';

export type Query = Record<string, string | number | boolean | null | undefined>;

export interface Rest {
  get<T>(path: string, query?: Query): Promise<T>;
  send<T>(
    method: 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    path: string,
    body?: unknown,
    headers?: HeadersInit,
  ): Promise<T>;
  blob(path: string): Promise<Blob>;
}

export function createRest(baseUrl: string, send: SendRequest): Rest {
  const url = (path: string, query: Query = {}) => {
    const target = new URL(`${baseUrl}/api/v1${path}`, globalThis.location?.href);
    for (const [name, value] of Object.entries(query)) {
      if (value !== null && value !== undefined && value !== '') target.searchParams.set(name, String(value));
    }
    return target;
  };

  async function answer<T>(request: Request): Promise<T> {
    const response = await send(request);
    const text = await response.text();
    const body: unknown =
      text && response.headers.get('content-type')?.includes('json') ? JSON.parse(text) : null;
    if (!response.ok) throw toApiError(response.status, body);
    return body as T;
  }

  return {
    get: (path, query) => answer(new Request(url(path, query))),
    send(method, path, body, headers) {
      const isForm = body instanceof FormData;
      const init: RequestInit = { method, headers: new Headers(headers) };
      if (body !== undefined) {
        init.body = isForm ? body : JSON.stringify(body);
        if (!isForm) (init.headers as Headers).set('content-type', 'application/json');
      }
      return answer(new Request(url(path), init));
    },
    async blob(path) {
      const response = await send(new Request(url(path)));
      if (!response.ok) throw toApiError(response.status, await response.json().catch(() => null));
      return response.blob();
    },
  };
}
