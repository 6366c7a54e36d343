import type { Logger } from 'pino';
import type { Config } from '../../config/index.ts';
import type { Crypto } from '../crypto.ts';
import { type Connection, type Database, openDatabase, openSql } from './client.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded.ts';
import { APP_ROLE, ensureDatabase, migrateDatabase } from './migrate.ts';

const DATABASE = 'yoklama';

export interface OpenedDatabase {
  db: Database;
  /** As the application's role, for what needs connections of its own. */
  connection: Connection;
  /** As the owner of the tables, for copying all of them. */
  owner: Connection;
  /** Null with a Postgres of one's own. */
  embedded: EmbeddedPostgres | null;
  close(): Promise<void>;
}

/** The configured database, migrated, opened as the application's role. */
export async function openConfiguredDatabase(
  config: Config,
  crypto: Crypto,
  log: Logger,
): Promise<OpenedDatabase> {
  const password = crypto.derive('postgres-app-role').toString('base64url');
  if (config.databaseUrl !== null) {
    const own = { url: config.databaseUrl };
    const given = config.databaseAppUrl;
    const role = given === null ? APP_ROLE : decodeURIComponent(new URL(given).username);
    await reachable(own.url, log);
    await migrateDatabase(own, { role, password: given === null ? password : null }, log);
    const connection = given === null ? withUser(own.url, role, password) : { url: given };
    const db = await openDatabase(connection, pool(config, log));
    return { db, connection, owner: own, embedded: null, close: () => db.close() };
  }
  const embedded = await startEmbeddedPostgres({
    dataDir: config.dataDir,
    log: log.child({ part: 'postgres' }),
    maxConnections: config.databasePool + 20,
  });
  try {
    await ensureDatabase(embedded.owner('postgres'), DATABASE, log);
    await migrateDatabase(embedded.owner(DATABASE), { role: APP_ROLE, password }, log);
    const connection = embedded.as(APP_ROLE, password, DATABASE);
    const db = await openDatabase(connection, pool(config, log));
    return {
      db,
      connection,
      owner: embedded.owner(DATABASE),
      embedded,
      close: async () => {
        await db.close();
        await embedded.stop();
      },
    };
  } catch (error) {
    await embedded.stop();
    throw error;
  }
}

/** One clear line instead of the driver's, and never the password. */
async function reachable(url: string, log: Logger): Promise<void> {
  const { host, pathname } = new URL(url);
  const sql = openSql({ url }, { pool: 1, log });
  try {
    const [row] = await sql`select current_setting('server_version_num')::int / 10000 as major`;
    if (Number(row?.major) < 16)
      throw new Error(`it is of version ${row?.major}, 16 is the oldest that will do`);
  } catch (error) {
    const reason =
      error instanceof Error ? error.message || (error as { code?: string }).code : String(error);
    throw new Error(`The database ${pathname.slice(1)} at ${host} cannot be reached or used: ${reason}`);
  } finally {
    await sql.end({ timeout: 1 });
  }
}

function pool(config: Config, log: Logger) {
  return { pool: config.databasePool, log };
}

function withUser(url: string, user: string, password: string): Connection {
  const changed = new URL(url);
  changed.username = encodeURIComponent(user);
  changed.password = encodeURIComponent(password);
  return { url: changed.href };
}
