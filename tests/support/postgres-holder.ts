import { pino } from 'pino';
import { openSql } from '../../server/db/client.ts';
import { startEmbeddedPostgres } from '../../server/db/embedded.ts';

/** Starts an embedded Postgres in the given data directory, keeps a hundred rows in it, and waits to be killed. */
const log = pino({ level: 'silent' });
const postgres = await startEmbeddedPostgres({ dataDir: process.argv[2]!, log });
const sql = openSql(postgres.owner('postgres'), { pool: 1, log });
await sql`create table kept (n int)`;
for (let n = 0; n < 100; n++) await sql`insert into kept values (${n})`;
process.stdout.write(JSON.stringify({ postmaster: postgres.pid() }));
setInterval(() => undefined, 60_000);
