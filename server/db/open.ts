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

export interface DatabaseOwner {
  owner: Connection;
  /** As the application's role; of a migrated database. */
  app: Connection;
  embedded: EmbeddedPostgres | null;
  /** Brings the schema up to date. */
  migrate(): Promise<void>;
  close(): Promise<void>;
}

/** The configured database as its owner, reachable and as it is: not migrated yet. */
export async function openOwner(config: Config, crypto: Crypto, log: Logger): Promise<DatabaseOwner> {
  const password = crypto.derive('postgres-app-role').toString('base64url');
  if (config.databaseUrl !== null) {
    const owner = { url: config.databaseUrl };
    const { role, secret } = appRole(config, password);
    const given = config.databaseAppUrl;
    await reachable(owner.url, log);
    return {
      owner,
      app: given === null ? withUser(owner.url, role, secret) : { url: given },
      embedded: null,
      migrate: () => migrateDatabase(owner, { role, password: given === null ? secret : null }, log),
      close: async () => undefined,
    };
  }
  const embedded = await startEmbeddedPostgres({
    dataDir: config.dataDir,
    log: log.child({ part: 'postgres' }),
    maxConnections: config.databasePool + 20,
  });
  try {
    await ensureDatabase(embedded.owner('postgres'), DATABASE, log);
  } catch (error) {
    await embedded.stop();
    throw error;
  }
  const owner = embedded.owner(DATABASE);
  return {
    owner,
    app: embedded.as(APP_ROLE, password, DATABASE),
    embedded,
    migrate: () => migrateDatabase(owner, { role: APP_ROLE, password }, log),
    close: () => embedded.stop(),
  };
}

/** The configured database, migrated, opened as the application's role. */
export async function openConfiguredDatabase(
  config: Config,
  crypto: Crypto,
  log: Logger,
): Promise<OpenedDatabase> {
  const opened = await openOwner(config, crypto, log);
  const { owner, app: connection, embedded } = opened;
  try {
    await opened.migrate();
    const db = await openDatabase(connection, {
      pool: config.databasePool,
      preparedStatements: config.databasePreparedStatements,
      log,
      ...(config.databaseReplicaUrl === null ? {} : { replica: replicaOf(config, crypto) }),
    });
    return {
      db,
      connection,
      owner,
      embedded,
      close: async () => {
        try {
          await db.close();
        } finally {
          // Or Postgres would go on running, and its data directory stay locked.
          await opened.close();
        }
      },
    };
  } catch (error) {
    await opened.close();
    throw error;
  }
}

/** The role is the same there: a copy has the primary's roles and passwords. */
function replicaOf(config: Config, crypto: Crypto): Connection {
  const { role, secret } = appRole(config, crypto.derive('postgres-app-role').toString('base64url'));
  return withUser(config.databaseReplicaUrl!, role, secret);
}

function appRole(config: Config, derived: string): { role: string; secret: string } {
  if (config.databaseAppUrl === null) return { role: APP_ROLE, secret: derived };
  const { username, password } = new URL(config.databaseAppUrl);
  return { role: decodeURIComponent(username), secret: decodeURIComponent(password) };
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

function withUser(url: string, user: string, password: string): Connection {
  const changed = new URL(url);
  changed.username = encodeURIComponent(user);
  changed.password = encodeURIComponent(password);
  return { url: changed.href };
}
