import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type postgres from 'postgres';
import { MIGRATIONS } from '../db/migrate.ts';
import { BackupError } from './container.ts';

export interface Table {
  name: string;
  /** Those that are kept, not computed. */
  columns: string[];
  /** Tables that its rows refer to. */
  refersTo: string[];
  /** Whose rows a transaction of the system sees, not only one of the institution. */
  ofSystem: boolean;
}

/** Which servers are running is true of a machine and a moment: no data. */
const NOT_KEPT = ['servers'];

/** Tables of the application that are kept, those that others refer to first. */
export async function readTables(sql: postgres.Sql): Promise<Table[]> {
  const rows = await sql<Table[]>`
    select c.relname as name,
      (select array_agg(quote_ident(a.attname) order by a.attnum) from pg_attribute a
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '') as columns,
      coalesce((select array_agg(distinct r.relname::text) from pg_constraint f join pg_class r on r.oid = f.confrelid
        where f.conrelid = c.oid and f.contype = 'f' and f.confrelid <> f.conrelid), '{}') as "refersTo",
      exists (select 1 from pg_policies p where p.schemaname = 'public' and p.tablename = c.relname
        and p.qual like '%app_system%') as "ofSystem"
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'public' and c.relkind = 'r' and c.relname <> all(${NOT_KEPT}::text[]) order by c.relname`;
  return inOrder([...rows]);
}

function inOrder(tables: Table[]): Table[] {
  const placed = new Set<string>();
  const ordered: Table[] = [];
  while (ordered.length < tables.length) {
    const next = tables.filter(
      ({ name, refersTo }) => !placed.has(name) && refersTo.every((other) => placed.has(other)),
    );
    if (next.length === 0) throw new Error('Tables refer to each other in a circle.');
    for (const table of next) {
      placed.add(table.name);
      ordered.push(table);
    }
  }
  return ordered;
}

interface Migration {
  tag: string;
  when: number;
}

export async function readJournal(): Promise<Migration[]> {
  const text = await readFile(join(MIGRATIONS, 'meta', '_journal.json'), 'utf8');
  return (JSON.parse(text) as { entries: Migration[] }).entries.map(({ tag, when }) => ({ tag, when }));
}

/** The newest migration that the database has. */
export async function currentMigration(sql: postgres.Sql): Promise<Migration> {
  const [row] = await sql`select max(created_at) as newest from drizzle.__drizzle_migrations`;
  const found = (await readJournal()).find(({ when }) => when === Number(row?.newest));
  if (!found) throw new BackupError('The database is of another version of yoklama than this one.');
  return found;
}

/**
 * Makes the schema as it was at a migration, in the caller's transaction, as drizzle would have made it: later
 * migrations follow as after any upgrade.
 */
export async function makeSchema(tx: postgres.TransactionSql, until: Migration): Promise<void> {
  const journal = await readJournal();
  if (!journal.some(({ when, tag }) => when === until.when && tag === until.tag)) {
    throw new BackupError(
      `The backup is of a version of yoklama that this one does not know (${until.tag}); use that one or a newer one.`,
    );
  }
  await tx.unsafe(`create schema if not exists drizzle;
    create table drizzle.__drizzle_migrations (id serial primary key, hash text not null, created_at bigint)`);
  for (const { tag, when } of journal) {
    if (when > until.when) continue;
    const text = await readFile(join(MIGRATIONS, `${tag}.sql`), 'utf8');
    for (const statement of text.split('--> statement-breakpoint')) await tx.unsafe(statement);
    const hash = createHash('sha256').update(text).digest('hex');
    await tx`insert into drizzle.__drizzle_migrations (hash, created_at) values (${hash}, ${when})`;
  }
}

/** Everything of ours, however it stands, so that the schema can be made anew; not the schemas, which may be another's. */
export async function dropEverything(tx: postgres.TransactionSql): Promise<void> {
  const objects = await tx<{ statement: string }[]>`
    select format('drop table if exists %I.%I cascade', n.nspname, c.relname) as statement, 0 as turn
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname in ('public', 'drizzle', 'pgboss') and c.relkind in ('r', 'p') and not c.relispartition
        and not exists (select 1 from pg_depend d where d.objid = c.oid and d.deptype = 'e')
    union all
    select format('drop routine if exists %s cascade', p.oid::regprocedure), 1
      from pg_proc p join pg_namespace n on n.oid = p.pronamespace
      where n.nspname in ('public', 'pgboss')
        and not exists (select 1 from pg_depend d where d.objid = p.oid and d.deptype = 'e')
    union all
    select format('drop type if exists %s cascade', t.oid::regtype), 2
      from pg_type t join pg_namespace n on n.oid = t.typnamespace
      where n.nspname in ('public', 'pgboss') and t.typtype = 'e'
    order by 2`;
  for (const { statement } of objects) await tx.unsafe(statement);
}
