import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { drizzle } from 'drizzle-orm/postgres-js';
import { migrate } from 'drizzle-orm/postgres-js/migrator';
import type { Logger } from 'pino';
import type postgres from 'postgres';
import { projectRoot } from '../../config/paths.ts';
import { type Connection, openSql } from './client.ts';

export const APP_ROLE = 'yoklama_app';
export const MIGRATIONS = join(projectRoot, 'server', 'db', 'migrations');
/** Any fixed number: servers that start together migrate one after another. */
const ADVISORY_LOCK = 7_209_655;

/** Creates a database where it is missing; on the embedded Postgres only. */
export async function ensureDatabase(owner: Connection, name: string, log: Logger): Promise<void> {
  const sql = openSql(owner, { pool: 1, log });
  try {
    const found = await sql`select 1 from pg_database where datname = ${name}`;
    if (found.length === 0) await sql.unsafe(`create database ${quote(name)}`);
  } finally {
    await sql.end({ timeout: 5 });
  }
}

/**
 * Brings the schema up to date as its owner, and gives the application's role what it may do: read and write rows,
 * under row-level security, but not change an event of the ledger, a consent or the schema. Only the tables of the job
 * queue are its own.
 */
export async function migrateDatabase(
  owner: Connection,
  app: { role: string; password: string | null },
  log: Logger,
) {
  const sql = openSql(owner, { pool: 1, log, statementTimeoutMs: 0 });
  try {
    await sql`select pg_advisory_lock(${ADVISORY_LOCK})`;
    await refuseNewer(sql);
    await migrate(drizzle(sql), { migrationsFolder: MIGRATIONS });
    await ensureRole(sql, app);
    await grant(sql, app.role);
  } finally {
    await sql.end({ timeout: 5 });
  }
}

async function refuseNewer(sql: postgres.Sql): Promise<void> {
  const [table] = await sql`select to_regclass('drizzle.__drizzle_migrations') as name`;
  if (!table?.name) return;
  const [row] = await sql`select max(created_at) as newest from drizzle.__drizzle_migrations`;
  const journal = JSON.parse(await readFile(join(MIGRATIONS, 'meta', '_journal.json'), 'utf8')) as {
    entries: { when: number }[];
  };
  const known = Math.max(...journal.entries.map((entry) => entry.when));
  if (Number(row?.newest ?? 0) > known) {
    throw new Error('The database is of a newer version of yoklama than this one; start the newer version.');
  }
}

async function ensureRole(sql: postgres.Sql, app: { role: string; password: string | null }): Promise<void> {
  const [found] =
    await sql`select rolsuper or rolbypassrls as free from pg_roles where rolname = ${app.role}`;
  if (found?.free) {
    throw new Error(
      `The database role ${app.role} passes row-level security. Remove SUPERUSER and BYPASSRLS from it.`,
    );
  }
  if (app.password === null) {
    if (!found) throw new Error(`The database role ${app.role} of DATABASE_APP_URL does not exist.`);
    return;
  }
  const password = app.password.replaceAll("'", "''");
  try {
    await sql.unsafe(
      found
        ? `alter role ${quote(app.role)} login password '${password}'`
        : `create role ${quote(app.role)} login nosuperuser nobypassrls nocreatedb nocreaterole password '${password}'`,
    );
  } catch (error) {
    if ((error as { code?: string }).code !== '42501') throw error;
    throw new Error(
      `The user of DATABASE_URL may not ${found ? 'change' : 'create'} the role ${app.role}, which the server works as. ` +
        'Let it (ALTER ROLE … CREATEROLE), or create a login role without rights and name it in DATABASE_APP_URL.',
    );
  }
}

async function grant(sql: postgres.Sql, role: string): Promise<void> {
  const name = quote(role);
  await sql.unsafe(`
    grant usage on schema public to ${name};
    create schema if not exists pgboss;
    grant usage, create on schema pgboss to ${name};
    grant select, insert, update, delete on all tables in schema public to ${name};
    grant usage on all sequences in schema public to ${name};
    revoke update on attendance_events, consents, erasure_receipts, audit_log, audit_checkpoints from ${name};
    revoke delete on erasure_receipts, tenants, audit_log, audit_checkpoints from ${name};
    grant update (address, user_agent, origin_salt) on audit_log to ${name};
  `);
}

function quote(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`;
}
