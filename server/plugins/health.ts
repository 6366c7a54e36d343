import type { FastifyInstance } from 'fastify';
import type { AppContext } from '../context.ts';

/** What a check found: `reason` says in words what is wrong. */
type State = { state: string; reason?: string };

const DEADLINE_MS = 2000;

/** For process managers and load balancers: alive, and able to work. */
export function reportHealth(app: FastifyInstance, context: AppContext): void {
  app.get('/healthz', { config: { public: true }, schema: { hide: true } }, async () => ({ status: 'ok' }));

  app.get('/readyz', { config: { public: true }, schema: { hide: true } }, async (_request, reply) => {
    const [database, queue, redis] = await Promise.all([
      check('the database', () => context.db.ping()),
      check('the job queue', () => context.queue.stats()),
      redisState(context),
    ]);
    const parts = { database, pipeline: pipelineState(context), webrtc: webRtcState(context), queue, redis };
    // Without the queue nothing is lost: what it has to do waits in the outbox. The same goes for the cache.
    const ready = database.state === 'up' && parts.pipeline.state === 'up';
    const reasons = Object.fromEntries(
      Object.entries(parts).flatMap(([name, { reason }]) => (reason ? [[name, reason]] : [])),
    );
    return reply
      .code(ready ? 200 : 503)
      .header('cache-control', 'no-store')
      .send({
        status: ready ? (Object.keys(reasons).length > 0 ? 'degraded' : 'ready') : 'not-ready',
        ...Object.fromEntries(Object.entries(parts).map(([name, { state }]) => [name, state])),
        ...(Object.keys(reasons).length > 0 ? { reasons } : {}),
      });
  });
}

function pipelineState({ supervisor }: AppContext): State {
  const { ready, workers, restarts } = supervisor.stats();
  if (ready === 0) {
    return {
      state: 'starting',
      reason: `no video worker is ready (${workers} set up, ${restarts} restarts)`,
    };
  }
  return ready < workers
    ? { state: 'up', reason: `${ready} of ${workers} video workers are ready` }
    : { state: 'up' };
}

/** Cameras go on without it. */
function webRtcState({ config, sfu }: AppContext): State {
  if (!config.webrtc.enabled) return { state: 'unused' };
  const reason = sfu.reason();
  return reason === null ? { state: 'up' } : { state: 'down', reason };
}

async function redisState({ config, cache }: AppContext): Promise<State> {
  const { ping } = cache;
  return config.redisUrl === null || !ping ? { state: 'unused' } : check('Redis', () => ping());
}

async function check(name: string, ask: () => Promise<unknown>): Promise<State> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<State>((resolve) => {
    timer = setTimeout(
      () => resolve({ state: 'down', reason: `${name} did not answer in ${DEADLINE_MS / 1000} s` }),
      DEADLINE_MS,
    );
  });
  try {
    // What the failure says may name hosts and users: it stands in the log, not here.
    return await Promise.race([
      Promise.resolve()
        .then(ask)
        .then(
          (): State => ({ state: 'up' }),
          (): State => ({ state: 'down', reason: `${name} cannot be reached` }),
        ),
      late,
    ]);
  } finally {
    clearTimeout(timer);
  }
}
