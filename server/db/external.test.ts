import { sql } from 'drizzle-orm';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../config/index.ts';
import { asAdmin, type PostgresServer, startPostgresServer } from '../../tests/support/postgres-server.ts';
import { createCrypto } from '../crypto.ts';
import { type OpenedDatabase, openConfiguredDatabase } from './open.ts';

const log = pino({ level: 'silent' });
const crypto = createCrypto(Buffer.alloc(32, 3));
let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgresServer();
});
afterAll(() => server?.stop());

const url = (user: string, database: string) =>
  `postgres://${user}:pass@127.0.0.1:${server.port}/${database}`;
const open = (env: Record<string, string>, keys = crypto): Promise<OpenedDatabase> =>
  openConfiguredDatabase(loadConfig({ NODE_ENV: 'test', ...env }), keys, log);
const whoAmI = async ({ db }: OpenedDatabase) =>
  db.system(async (tx) => (await tx.execute<{ name: string }>(sql`select current_user as name`))[0]?.name);

describe('a Postgres of one’s own', () => {
  it('is migrated by its owner, who needs no superuser, and used as a role under row-level security', async () => {
    await asAdmin(server, 'create role own1 login createrole', 'create database db1 owner own1');
    const opened = await open({ DATABASE_URL: url('own1', 'db1') });
    expect(opened.embedded).toBeNull();
    expect(await whoAmI(opened)).toBe('yoklama_app');
    await opened.close();
    const again = await open({ DATABASE_URL: url('own1', 'db1') });
    expect(await whoAmI(again)).toBe('yoklama_app');
    await again.close();
  });

  it('is migrated once by servers that start together', async () => {
    await asAdmin(server, 'create database db2 owner own1');
    const all = await Promise.all(
      Array.from({ length: 4 }, () => open({ DATABASE_URL: url('own1', 'db2') })),
    );
    for (const opened of all) await opened.close();
  });

  it('may have its role made by hand, where the owner may not make one', async () => {
    await asAdmin(
      server,
      'create role own3 login',
      'create database db3 owner own3',
      'create role app3 login',
      'create role free3 login bypassrls',
    );
    await expect(open({ DATABASE_URL: url('own3', 'db3') })).rejects.toThrow(
      /may not (create|change) the role yoklama_app/,
    );
    const opened = await open({ DATABASE_URL: url('own3', 'db3'), DATABASE_APP_URL: url('app3', 'db3') });
    expect(await whoAmI(opened)).toBe('app3');
    await opened.close();
    const free = open({ DATABASE_URL: url('own3', 'db3'), DATABASE_APP_URL: url('free3', 'db3') });
    await expect(free).rejects.toThrow(/passes row-level security/);
    const owner = open({ DATABASE_URL: url('own3', 'db3'), DATABASE_APP_URL: url('own3', 'db3') });
    await expect(owner).rejects.toThrow(/owner/);
  });

  it('is refused when a newer version has migrated it', async () => {
    await asAdmin(server, 'create database db4 owner own1');
    await (await open({ DATABASE_URL: url('own1', 'db4') })).close();
    const { default: postgres } = await import('postgres');
    const client = postgres(url('own1', 'db4'), { max: 1 });
    await client`insert into drizzle.__drizzle_migrations (hash, created_at) values ('x', 9999999999999)`;
    await client.end();
    await expect(open({ DATABASE_URL: url('own1', 'db4') })).rejects.toThrow(/newer version/);
  });

  it('that is away is named, without the password', async () => {
    const away = open({ DATABASE_URL: 'postgres://u:s3cret@127.0.0.1:9/x' });
    await expect(away).rejects.toThrow(/database .*cannot be reached/i);
    await expect(away).rejects.not.toThrow(/s3cret/);
  });
});
