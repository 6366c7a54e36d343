import { loadConfig } from '../../config/index.ts';
import { openSql } from '../../server/db/client.ts';
import { startEmbeddedPostgres } from '../../server/db/embedded.ts';
import { createLog } from '../../server/log.ts';
import { startServer } from '../../server/main.ts';
import { idleSupervisor } from './idle-supervisor.ts';

/** A database that a server has been started on, without the rows that it made. */
export async function makeEmptyDatabase(dataDir: string): Promise<{ data: string }> {
  const config = loadConfig({
    ...{ NODE_ENV: 'test', HOST: '127.0.0.1', PORT: '0', DATA_DIR: dataDir, PATH: process.env.PATH },
    ...{ ADMIN_PASSWORD: 'correct horse battery', LOG_LEVEL: process.env.TEST_LOG_LEVEL ?? 'fatal' },
  });
  const server = await startServer(config, { supervisor: idleSupervisor(config) });
  await server.close();
  const log = createLog(config);
  const postgres = await startEmbeddedPostgres({ dataDir, log });
  try {
    const sql = openSql(postgres.owner('yoklama'), { pool: 1, log });
    try {
      const tables = await sql<{ name: string }[]>`
        select format('%I.%I', schemaname, tablename) as name from pg_tables
        where schemaname = 'public' or (schemaname = 'pgboss' and tablename in ('job', 'archive', 'schedule'))`;
      await sql.unsafe(`truncate ${tables.map(({ name }) => name).join(', ')} restart identity cascade`);
    } finally {
      await sql.end({ timeout: 5 });
    }
  } finally {
    await postgres.stop();
  }
  return postgres;
}
