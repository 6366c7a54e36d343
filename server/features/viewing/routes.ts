import type { AppContext } from '../../context.ts';
import type { App } from '../../http.ts';
import { watch } from './watching.ts';

/** Live video for signed-in staff. Goes into a scope where WebSockets are known. */
export async function watchRoutes(app: App, context: AppContext): Promise<void> {
  app.get('/ingest/watch', { websocket: true, config: { public: true }, schema: { hide: true } }, (socket) =>
    watch(context, socket),
  );
}
