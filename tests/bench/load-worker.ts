/**
 * The server under load, as a process of its own: `load-worker.ts DATA_DIR`. Seeds an empty data directory, then says
 * `{ ready }` and goes on until its parent leaves. `{ cache: false }` from the parent lets no cached answer be found;
 * `{ asked: true }` is answered with how often one was looked for since.
 * With `plans` as second argument the plan of every query is sent as `{ plan }`; that costs, so nothing is measured then.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import type postgres from 'postgres';
import { loadConfig } from '../../config/index.ts';
import type { AppContext } from '../../server/context.ts';
import { openSql } from '../../server/db/client.ts';
import { hashPassword } from '../../server/features/auth/passwords.ts';
import { localDay } from '../../server/features/reports/periods.ts';
import { countAllWeeks, refreshTallies } from '../../server/features/reports/tallies.ts';
import { createTenant } from '../../server/features/tenants/service.ts';
import { createLog } from '../../server/log.ts';
import { type RunningServer, startServer } from '../../server/main.ts';
import { createSupervisor } from '../../server/streaming/supervisor.ts';
import { LOAD_PASSWORD } from './load-password.ts';
import { LOAD_NOW, SEED_VERSION, seedLoad } from './load-seed.ts';

/** The plan of a query, as auto_explain says it. */
export interface LoadPlan {
  plan: string;
}

export interface LoadAsked {
  asked: number;
}

const INSTITUTIONS = 50;

/** Settings of a connection that says the plan of each query. */
const EXPLAINED = [
  "session_preload_libraries = 'auto_explain'",
  'auto_explain.log_min_duration = 0',
  'auto_explain.log_analyze = on',
  'auto_explain.log_buffers = on',
  "auto_explain.log_level = 'notice'",
  "client_min_messages = 'notice'",
];

export interface LoadReady {
  ready: true;
  url: string;
  seedSeconds: number;
}

const [dataDir = '', plans] = process.argv.slice(2);
const config = loadConfig({
  NODE_ENV: 'test',
  HOST: '127.0.0.1',
  PORT: '0',
  DATA_DIR: dataDir,
  ADMIN_EMAIL: 'nobody@load.local',
  ADMIN_PASSWORD: LOAD_PASSWORD,
  LOG_LEVEL: 'error',
  RATE_LIMIT: '1000000',
  ACCOUNT_RATE_LIMIT: '1000000',
  PATH: process.env.PATH,
});
const log = plans ? planLog() : createLog(config);
// Video is another bench's subject.
const idle = createSupervisor({ entry: 'pipeline/main.ts', workers: 1, log });
const server = await startServer(config, {
  log,
  clock: { now: () => LOAD_NOW },
  supervisor: { ...idle, start: () => undefined },
});
const started = performance.now();
await prepare(server);
let cached = true;
const { cache } = server.context;
const get = cache.get.bind(cache);
let asked = 0;
cache.get = async (key) => {
  if (key.startsWith('http ')) asked++;
  return cached ? get(key) : null;
};
process.on('message', (message: { cache: boolean; asked?: boolean }) => {
  cached = message.cache;
  if (!message.asked) return;
  process.send?.({ asked } satisfies LoadAsked);
  asked = 0;
});
process.on('disconnect', () => {
  void server.close().then(() => process.exit(0));
});
process.send?.({
  ready: true,
  url: server.url,
  seedSeconds: (performance.now() - started) / 1000,
} satisfies LoadReady);

async function prepare({ context, postgres }: RunningServer): Promise<void> {
  const marker = join(dataDir, 'seeded.json');
  if (!postgres) throw new Error('The load bench works on the embedded database.');
  const owner = openSql(postgres.owner('yoklama'), { pool: 1, log, statementTimeoutMs: 0 });
  try {
    if (!existsSync(marker)) await fill(context, owner, marker);
    // Off again after an earlier run: taking the time of each step of a plan costs time itself.
    await explain(owner, plans ? EXPLAINED : []);
  } finally {
    await owner.end();
  }
}

async function fill(context: AppContext, owner: postgres.Sql, marker: string): Promise<void> {
  const ids = await context.db.system(async (tx) => {
    const made: string[] = [];
    for (let t = 0; t < INSTITUTIONS; t++) {
      const given = { locale: 'tr', timezone: 'Europe/Istanbul', policy: 'default' } as const;
      made.push(await createTenant(context, tx, { name: `Kurum ${t}`, ...given }));
    }
    return made;
  });
  const counts = await seedLoad(owner, ids, await hashPassword(LOAD_PASSWORD));
  // As after any other change past the server: courses that are noted are counted.
  await owner`insert into stale_tallies (tenant_id, course_id) select tenant_id, id from courses`;
  for (const id of ids) {
    await context.db.tenant(id, (tx) => refreshTallies(tx, id));
    await countAllWeeks(context, id, localDay(LOAD_NOW, 'Europe/Istanbul'));
  }
  await owner.unsafe('vacuum analyze absence_tallies, stale_tallies, student_weeks, counted_weeks');
  // Or it would be written to disk for minutes, beside what is timed.
  await owner.unsafe('checkpoint');
  writeFileSync(marker, JSON.stringify({ version: SEED_VERSION, ...counts }));
}

/** Notices of the database are logged with debug; all else is dropped. */
function planLog() {
  return pino(
    { level: 'debug' },
    {
      write(line) {
        const { notice } = JSON.parse(line) as { notice?: string };
        if (notice?.includes('plan:') && process.connected)
          process.send?.({ plan: notice } satisfies LoadPlan);
      },
    },
  );
}

/** Connections that are open are closed: they have what was set when they were made. */
async function explain(owner: postgres.Sql, settings: readonly string[]): Promise<void> {
  await owner.unsafe('alter role yoklama_app reset all');
  for (const setting of settings) await owner.unsafe(`alter role yoklama_app set ${setting}`);
  await owner`select pg_terminate_backend(pid) from pg_stat_activity where usename = 'yoklama_app'`;
}
