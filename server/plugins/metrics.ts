import { timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { LRUCache } from 'lru-cache';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { AppContext } from '../context.ts';
import { ApiError } from '../errors.ts';
import type { OutboxStats } from '../jobs/relay.ts';
import type { CacheStats } from './cache.ts';
import { totalCounter } from './metric-counter.ts';
import { measureRecordings } from './metrics-recordings.ts';
import { measureWebRtc } from './metrics-webrtc.ts';

const ACTIVE_MS = 5 * 60_000;
const MAX_ACTIVE = 100_000;
/** The pipeline has a dozen; more could only come from a fault. */
const MAX_STAGES = 32;

/** Routes by which people correct the machine. */
const CORRECTIONS: Record<string, string> = {
  'PUT /api/v1/attendance/:id': 'corrected',
  'POST /api/v1/attendance/manual': 'manual',
  'POST /api/v1/reviews/:id/confirm': 'confirmed',
  'POST /api/v1/reviews/:id/reject': 'rejected',
  'POST /api/v1/attendance/merge': 'merged',
  'POST /api/v1/attendance/split': 'split',
  'POST /api/v1/contests/:id/decide': 'contest-decided',
};

/**
 * Figures for Prometheus at `/metrics`. Labels are taken from what the server itself knows (routes, states, codes), so
 * their number is bounded, and none names an institution or a person. A registry of its own for each application, so
 * that tests can run several in one process.
 */
export function measure(app: FastifyInstance, context: AppContext, cache: CacheStats): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  measureRequests(app, context, registry);
  measureParts(context, registry, cache);
  measureWebRtc(context, registry);
  measureRecordings(context, registry);
  app.addHook('onListen', async () => measureStages(context, registry));
  const { metricsToken } = context.config;
  app.get('/metrics', { config: { public: true }, schema: { hide: true } }, async (request, reply) => {
    if (!mayRead(request, metricsToken)) {
      throw new ApiError(metricsToken === null ? 'forbidden' : 'unauthenticated');
    }
    return reply
      .type(registry.contentType)
      .header('cache-control', 'no-store')
      .send(await registry.metrics());
  });
  return registry;
}

function measureRequests(app: FastifyInstance, context: AppContext, registry: Registry): void {
  const registers = [registry];
  const durations = new Histogram({
    name: 'yoklama_http_request_duration_seconds',
    help: 'Time from the request to the end of its answer.',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers,
  });
  const failures = new Counter({
    name: 'yoklama_http_failures_total',
    help: 'Requests that failed, by the code of the error.',
    labelNames: ['code'] as const,
    registers,
  });
  const corrections = new Counter({
    name: 'yoklama_corrections_total',
    help: 'Decisions of people on what the machine said or could not say, by kind.',
    labelNames: ['kind'] as const,
    registers,
  });
  const scans = new Counter({
    name: 'yoklama_qr_scans_total',
    help: 'Scans of QR codes: `accepted` or the code of the error.',
    labelNames: ['outcome'] as const,
    registers,
  });
  const logins = new Counter({
    name: 'yoklama_logins_total',
    help: 'Attempts to sign in: `ok` or the code of the error.',
    labelNames: ['outcome'] as const,
    registers,
  });
  const active = new LRUCache<string, { role: string; atMs: number }>({ max: MAX_ACTIVE });
  new Gauge({
    name: 'yoklama_active_users',
    help: 'Different callers of this server in the last five minutes.',
    labelNames: ['role'] as const,
    registers,
    collect() {
      this.reset();
      const since = context.clock.now() - ACTIVE_MS;
      for (const role of ['sysadmin', 'admin', 'teacher', 'student']) this.set({ role }, 0);
      for (const { role, atMs } of active.values()) if (atMs >= since) this.inc({ role });
    },
  });
  app.addHook('onResponse', async (request, reply) => {
    const { method, caller, failure } = request;
    const route = request.routeOptions.url ?? 'unknown';
    durations.observe({ method, route, status: reply.statusCode }, reply.elapsedTime / 1000);
    if (failure) failures.inc({ code: failure });
    if (caller) active.set(caller.userId, { role: caller.role, atMs: context.clock.now() });
    const kind = CORRECTIONS[`${method} ${route}`];
    if (kind && reply.statusCode < 400) corrections.inc({ kind });
    if (method !== 'POST') return;
    if (route === '/api/v1/qr/scan') scans.inc({ outcome: failure ?? 'accepted' });
    if (route === '/api/v1/auth/login') logins.inc({ outcome: failure ?? 'ok' });
  });
}

function measureParts(context: AppContext, registry: Registry, cache: CacheStats): void {
  const registers = [registry];
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name: `yoklama_${name}`,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  gauge('sockets', 'Connections to /live.', () => context.hub.stats().sockets);
  gauge('sessions_open', 'Class sessions that this server runs.', () => context.live.stats().sessions);
  gauge('decisions_held', 'Decisions that wait for the database.', () => context.live.stats().held);
  gauge('pipeline_workers', 'Video workers set up.', () => context.supervisor.stats().workers);
  gauge('pipeline_workers_ready', 'Video workers that are ready.', () => context.supervisor.stats().ready);
  gauge('database_pool_size', 'Connections of this server to the database.', () => context.db.stats().pool);
  gauge(
    'database_transactions',
    'Transactions at work or waiting for a connection; more than the pool’s size wait.',
    () => context.db.stats().transactions,
  );
  new Gauge({
    name: 'yoklama_streams',
    help: 'Camera streams by state.',
    labelNames: ['state'] as const,
    registers,
    collect() {
      this.reset();
      for (const [state, n] of Object.entries(context.supervisor.stats().states)) this.set({ state }, n);
    },
  });
  const counter = (name: string, help: string, read: () => number) =>
    totalCounter(registry, `yoklama_${name}_total`, help, read);
  counter(
    'pipeline_restarts',
    'Video workers that had to be started again.',
    () => context.supervisor.stats().restarts,
  );
  counter(
    'pipeline_messages_dropped',
    'Messages that a busy worker did not take.',
    () => context.supervisor.stats().dropped,
  );
  counter('cache_hits', 'Answers given from the cache.', () => cache.hits);
  counter('cache_misses', 'Answers that could have been cached and were not at hand.', () => cache.misses);
  counter('cache_notices', 'Notices of changes from the database.', () => cache.forgotten);
  measureQueues(context, registry);
}

/** What asks the database or Redis; while they are away the last figures are left out, the others are still told. */
function measureQueues(context: AppContext, registry: Registry): void {
  const registers = [registry];
  new Gauge({
    name: 'yoklama_queue_jobs',
    help: 'Jobs by queue and state.',
    labelNames: ['queue', 'state'] as const,
    registers,
    async collect() {
      this.reset();
      for (const { name, waiting, active, delayed, failed } of await orNone(context.queue.stats())) {
        for (const [state, n] of Object.entries({ waiting, active, delayed, failed })) {
          this.set({ queue: name, state }, n);
        }
      }
    },
  });
  let asked: { atMs: number; answer: Promise<OutboxStats[]> } | null = null;
  /** Both figures of one scrape are of one question. */
  const outboxStats = (): Promise<OutboxStats[]> => {
    const now = performance.now();
    if (!asked || now - asked.atMs > 500) {
      asked = { atMs: now, answer: orNone(context.outbox.stats().then((found) => [found])) };
    }
    return asked.answer;
  };
  new Gauge({
    name: 'yoklama_outbox_rows',
    help: 'Events and jobs that are due, and those that were given up.',
    labelNames: ['state'] as const,
    registers,
    async collect() {
      this.reset();
      for (const { waiting, dead } of await outboxStats()) {
        this.set({ state: 'waiting' }, waiting);
        this.set({ state: 'dead' }, dead);
      }
    },
  });
  new Gauge({
    name: 'yoklama_outbox_lag_seconds',
    help: 'How long the oldest event that is due has been waiting.',
    registers,
    async collect() {
      for (const { lagSeconds } of await outboxStats()) this.set(lagSeconds);
    },
  });
  const published = new Counter({
    name: 'yoklama_events_published_total',
    help: 'Events of the outbox that this server has carried out, by type.',
    labelNames: ['type'] as const,
    registers,
  });
  context.outbox.onAny(async (_tx, { type }) => published.inc({ type }));
}

function measureStages(context: AppContext, registry: Registry): void {
  const stages = new Histogram({
    name: 'yoklama_pipeline_stage_seconds',
    help: 'Time of one stage on one frame.',
    labelNames: ['stage'] as const,
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1],
    registers: [registry],
  });
  const known = new Set<string>();
  context.supervisor.events.on('observation', ({ stagesMs }) => {
    for (const [stage, ms] of Object.entries(stagesMs)) {
      if (!known.has(stage) && known.size >= MAX_STAGES) continue;
      known.add(stage);
      stages.observe({ stage }, ms / 1000);
    }
  });
}

async function orNone<T>(asked: Promise<T[]>): Promise<T[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<T[]>((resolve) => {
    timer = setTimeout(() => resolve([]), 1000);
  });
  const answer = await Promise.race([asked.catch((): T[] => []), late]);
  clearTimeout(timer);
  return answer;
}

/** With the token; without one, from this machine and not through a proxy, behind which everybody is on this machine. */
function mayRead(request: FastifyRequest, token: string | null): boolean {
  if (token !== null) {
    const given = Buffer.from(request.headers.authorization ?? '');
    const wanted = Buffer.from(`Bearer ${token}`);
    return given.length === wanted.length && timingSafeEqual(given, wanted);
  }
  const { headers, socket } = request;
  if (headers['x-forwarded-for'] !== undefined || headers.forwarded !== undefined) return false;
  return isLoopback(socket.remoteAddress ?? '');
}

function isLoopback(address: string): boolean {
  const bare = address.replace(/^::ffff:/, '');
  return bare === '::1' || (isIP(bare) === 4 && bare.startsWith('127.'));
}
