import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP } from 'node:net';

export type PostOutcome = { status: number } | { status: null; error: string };

/** What is read of an answer, and thrown away. */
const MOST_BYTES = 64 * 1024;

/**
 * Posts to an address that was checked: the name is not resolved again, redirects are not followed, the certificate is
 * the name's. Never throws.
 */
export function postTo(
  target: { url: URL; address: string },
  body: string,
  headers: Record<string, string>,
  timeoutMs: number,
): Promise<PostOutcome> {
  const { url, address } = target;
  const family = isIP(address) === 6 ? 6 : 4;
  return new Promise((resolve) => {
    const fail = (error: Error & { code?: string }) =>
      resolve({
        status: null,
        error: signal.aborted ? 'timeout' : (error.code ?? error.message).slice(0, 200),
      });
    const signal = AbortSignal.timeout(timeoutMs);
    const request = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, {
      method: 'POST',
      agent: false,
      signal,
      headers: { ...headers, 'content-length': String(Buffer.byteLength(body)), connection: 'close' },
      lookup: (_host, options, done) => {
        if (options.all) done(null, [{ address, family }]);
        else done(null, address, family);
      },
    });
    request.on('error', fail);
    request.on('response', (response) => {
      const status = response.statusCode ?? 0;
      let read = 0;
      response.on('data', (chunk: Buffer) => {
        read += chunk.length;
        if (read > MOST_BYTES) response.destroy();
      });
      response.on('error', () => undefined);
      // The status is the answer, also where the body never ends.
      response.on('close', () => resolve({ status }));
    });
    request.end(body);
  });
}
