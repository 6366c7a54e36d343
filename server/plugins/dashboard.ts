import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import { projectRoot } from '../../config/paths.ts';
import { ApiError } from '../errors.ts';
import { sendError } from './errors.ts';

export const DASHBOARD = join(projectRoot, 'client-sdk', 'dashboard', 'dist');

/** The built dashboard at `/`: its own addresses (`/sessions/…`) all get its page. */
export async function serveDashboard(app: FastifyInstance, folder: string = DASHBOARD): Promise<void> {
  const built = existsSync(join(folder, 'index.html'));
  if (built) {
    await app.register(fastifyStatic, {
      root: folder,
      wildcard: true,
      index: ['index.html'],
      // Vite puts a hash into the names of everything but the page.
      setHeaders(reply, path) {
        const hashed = path.includes(`${join(folder, 'assets')}`);
        reply.header('cache-control', hashed ? 'public, max-age=31536000, immutable' : 'no-cache');
      },
    });
  }
  app.setNotFoundHandler((request, reply) => {
    const wantsPage =
      request.method === 'GET' &&
      !/^\/(api|graphql|docs|socket\.io|assets|metrics|healthz|readyz)(\/|\?|$)/.test(request.url) &&
      (request.headers.accept ?? '').includes('text/html');
    if (wantsPage && built) return reply.header('cache-control', 'no-cache').sendFile('index.html', folder);
    if (wantsPage) {
      return reply
        .code(503)
        .type('text/plain; charset=utf-8')
        .send('The dashboard has not been built. Run: npm run yoklama -- serve');
    }
    return sendError(request, reply, new ApiError('not-found'));
  });
}
