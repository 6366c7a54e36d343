import { drizzle } from 'drizzle-orm/postgres-js';
import type { Logger } from 'pino';
import postgres from 'postgres';
import { withPreparedStatements } from './prepared.ts';
import { isDatabaseUnavailable, isReplicaConflict } from './problems.ts';
import * as schema from './schema/index.ts';
import { type Drizzle, inSystem, inTenant, type Tx } from './tenancy.ts';

/** How to reach a Postgres: a URL, or the socket of the embedded one. */
export type Connection =
  | { url: string }
  | { socketDir: string; port: number; database: string; user: string; password: string };

export interface Database {
  /** The only way to an institution's rows. */
  tenant<T>(tenantId: string, work: (tx: Tx) => Promise<T>): Promise<T>;
  /** The same for what only reads and may be a moment old: from the replica where one is configured. */
  read<T>(tenantId: string, work: (tx: Tx) => Promise<T>): Promise<T>;
  /** Signing in and starting up: tenants, users and refresh tokens of all institutions. */
  system<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  /** Goes round every transaction of `tenant` from then on: the audit log ends them with its entry. */
  around(open: (tenantId: string) => AroundTransaction): void;
  /**
   * Calls `fn` with every notice of the channel, over a connection of its own that comes back by itself. `connected` is
   * called when it is there, also after a loss: what was sent in between has been missed.
   */
  listen(channel: string, fn: (payload: string) => void, connected: () => void): Promise<void>;
  /** Connections of the pool, and transactions that are at work or wait for one. */
  stats(): { pool: number; transactions: number };
  /** Rejects where the database cannot be asked now. */
  ping(): Promise<void>;
  /** Waits for what is under way, at most `timeoutSeconds`. */
  close(timeoutSeconds?: number): Promise<void>;
}

export interface AroundTransaction {
  /** Before the work. */
  first?(tx: Tx): void;
  /** The last part of the transaction, with what the work came to. */
  last?(tx: Tx, result: unknown): Promise<void>;
  /** Not called where it was rolled back. */
  committed?(): void;
}

export interface DatabaseOptions {
  pool: number;
  log: Logger;
  /** A query that takes longer is cancelled by Postgres. */
  statementTimeoutMs?: number;
  /** Off for a pooler that gives every transaction another connection. */
  preparedStatements?: boolean;
  /** A copy that only reads. */
  replica?: Connection;
}

/** How long a replica that could not be reached is left alone. */
const REPLICA_PAUSE_MS = 5000;

export function openSql(
  connection: Connection,
  options: { pool: number; log: Logger; statementTimeoutMs?: number },
) {
  const settings: postgres.Options<Record<string, never>> = {
    max: options.pool,
    connect_timeout: 5,
    idle_timeout: 300,
    // After a restart of Postgres the pool comes back at once; failed queries are answered, not queued.
    backoff: () => 0.2,
    onnotice: (notice) => options.log.debug({ notice: notice.message }, 'postgres notice'),
    connection: {
      application_name: 'yoklama',
      TimeZone: 'UTC',
      statement_timeout: options.statementTimeoutMs ?? 30_000,
      idle_in_transaction_session_timeout: 60_000,
      // Row security adds the institution to every condition. With the price of a turning disk Postgres would rather
      // read all of an institution's index entries than a few rows of one course.
      random_page_cost: 1.1,
      jit: false,
    },
  };
  if ('url' in connection) return postgres(connection.url, settings);
  const { socketDir, port, database, user, password } = connection;
  return postgres({
    ...settings,
    host: socketDir,
    path: `${socketDir}/.s.PGSQL.${port}`,
    port,
    database,
    user,
    password,
  });
}

/** The pool that the application's transactions run on. */
function openApplicationSql(connection: Connection, options: DatabaseOptions) {
  const sql = openSql(connection, options);
  return options.preparedStatements === false ? sql : withPreparedStatements(sql);
}

/** Connects as the application's role. Refuses a role that row-level security does not hold. */
export async function openDatabase(connection: Connection, options: DatabaseOptions): Promise<Database> {
  const sql = openApplicationSql(connection, options);
  const db: Drizzle = drizzle(sql, { schema });
  let transactions = 0;
  const counted = async <T>(work: () => Promise<T>): Promise<T> => {
    transactions++;
    try {
      return await work();
    } finally {
      transactions--;
    }
  };
  let open: (tenantId: string) => AroundTransaction = () => ({});
  try {
    const [role] = await sql<{ name: string; free: boolean; owner: boolean }[]>`
      select rolname as name, rolsuper or rolbypassrls as free,
        exists (select 1 from pg_tables where schemaname = 'public' and tableowner = current_user) as owner
      from pg_roles where rolname = current_user`;
    // An owner is held by row-level security too, but could switch it off.
    if (role?.owner) {
      throw new Error(
        `The database role ${role.name} is the owner of the tables; the server works as another role.`,
      );
    }
    if (!role || role.free) {
      throw new Error(
        `The database role ${role?.name ?? '?'} passes row-level security; the server only works as one that does not.`,
      );
    }
  } catch (error) {
    await sql.end({ timeout: 1 });
    throw error;
  }
  const replica = options.replica ? openReplica(options.replica, options) : null;
  return {
    tenant: async (tenantId, work) => {
      const around = open(tenantId);
      const done = await counted(() =>
        inTenant(db, tenantId, async (tx) => {
          around.first?.(tx);
          const result = await work(tx);
          await around.last?.(tx, result);
          return result;
        }),
      );
      around.committed?.();
      return done;
    },
    around: (given) => {
      open = given;
    },
    read: (tenantId, work) =>
      counted(async () => {
        const found = await replica?.tryRead(tenantId, work);
        return found ? found.result : inTenant(db, tenantId, work);
      }),
    system: (work) => counted(() => inSystem(db, work)),
    stats: () => ({ pool: options.pool, transactions }),
    listen: async (channel, fn, connected) => {
      await sql.listen(channel, fn, connected);
    },
    ping: async () => {
      await sql`select 1`;
    },
    async close(timeoutSeconds = 5) {
      await Promise.all([sql.end({ timeout: timeoutSeconds }), replica?.close(timeoutSeconds)]);
    },
  };
}

interface Replica {
  /** Null: the replica is away, or fell behind what the query needs; the primary is to be asked. */
  tryRead<T>(tenantId: string, work: (tx: Tx) => Promise<T>): Promise<{ result: T } | null>;
  close(timeoutSeconds: number): Promise<void>;
}

function openReplica(connection: Connection, options: DatabaseOptions): Replica {
  const sql = openApplicationSql(connection, options);
  const db: Drizzle = drizzle(sql, { schema });
  let awayUntil = 0;
  return {
    async tryRead(tenantId, work) {
      if (Date.now() < awayUntil) return null;
      try {
        return { result: await inTenant(db, tenantId, work) };
      } catch (error) {
        // A replica cancels a query that holds up what it has to copy; only connections are a reason to wait.
        if (isReplicaConflict(error)) return null;
        if (!isDatabaseUnavailable(error)) throw error;
        awayUntil = Date.now() + REPLICA_PAUSE_MS;
        options.log.warn({ err: error }, 'the replica cannot be read; the primary is asked for a while');
        return null;
      }
    },
    close: (timeoutSeconds) => sql.end({ timeout: timeoutSeconds }),
  };
}
