import { openSql } from '../../server/db/client.ts';
import type { TestServer } from './server.ts';

type Owner = ReturnType<typeof openSql>;

/** Does something for every table of the database, of the job queue's too, as its owner: past row-level security. */
export async function eachTable(
  server: TestServer,
  visit: (owner: Owner, name: string, columns: { column: string; type: string }[]) => Promise<void>,
): Promise<void> {
  const owner = openSql(server.postgres!.owner('yoklama'), { pool: 1, log: server.context.log });
  try {
    const rows = await owner<{ name: string; columns: { column: string; type: string }[] }[]>`
      select format('%I.%I', c.table_schema, c.table_name) as name,
        json_agg(json_build_object('column', c.column_name, 'type', c.data_type)) as columns
      from information_schema.columns c
      join information_schema.tables t using (table_schema, table_name)
      where t.table_type = 'BASE TABLE' and c.table_schema not in ('pg_catalog', 'information_schema')
      group by 1`;
    for (const { name, columns } of rows) {
      await owner.unsafe(`alter table ${name} no force row level security`).catch(() => undefined);
      await visit(owner, name, columns);
      await owner.unsafe(`alter table ${name} force row level security`).catch(() => undefined);
    }
  } finally {
    await owner.end();
  }
}
