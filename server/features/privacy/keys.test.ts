import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../../tests/support/live.ts';
import { PASSWORD, startTestServer, type TestServer } from '../../../tests/support/server.ts';
import { makeWholeStudent, type WholeStudent } from '../../../tests/support/whole-student.ts';
import { checkpointHead } from '../audit/verify.ts';
import { tenantCrypto } from '../tenants/service.ts';
import { keyStatus, resealTenant } from './keys.ts';
import { rotateMasterKey } from './master-key.ts';
import { SEALED } from './sealed.ts';

const clock = { offset: 0, now: () => Date.now() + clock.offset };

describe('a new data key', () => {
  let server: TestServer;
  let tenantId = '';
  let whole: WholeStudent;
  beforeAll(async () => {
    server = await startTestServer({ students: 1, overrides: { clock } });
    tenantId = server.seeded!.tenantId;
    whole = await makeWholeStudent(server.context, tenantId, server.seeded!.courseId, { mark: 'Keyx' });
  });
  afterAll(() => server?.close());

  const prefixes = async () => {
    const found = new Map<string, string>();
    for (const { table, column } of SEALED) {
      const rows = await server.context.db.tenant(tenantId, (tx) =>
        tx.execute<{ prefix: string }>(
          sql.raw(
            `select distinct encode(substring(${column} from 1 for 5), 'hex') as prefix from ${table} where ${column} is not null`,
          ),
        ),
      );
      for (const { prefix } of rows) found.set(`${table}.${column} ${prefix}`, prefix);
    }
    return found;
  };
  const current = () =>
    server.context.db.tenant(tenantId, async (tx) =>
      (await tenantCrypto(server.context, tx, tenantId)).prefix.toString('hex'),
    );
  const copy = async () => (await server.admin.get<Buffer>(`/students/${whole.id}/data`)).status;

  it('encrypts everything anew, reads all the while, and destroys the old key', async () => {
    const before = await current();
    const held = await prefixes();
    // Every encrypted column but that of a sign-in on its way at a provider has a value.
    expect([...held.keys()].map((name) => name.split(' ')[0]).sort()).toEqual(
      SEALED.map(({ table, column }) => `${table}.${column}`)
        .filter((name) => name !== 'oidc_states.secrets')
        .sort(),
    );
    const answer = await server.admin.post<{ rotating: boolean }>('/privacy/keys/rotate');
    expect(answer.status).toBe(202);
    expect(answer.body.rotating).toBe(true);
    const after = await current();
    expect(after).not.toBe(before);
    expect(await copy()).toBe(200);

    // Begun twice it is one rotation.
    await server.admin.post('/privacy/keys/rotate');
    expect(await current()).toBe(after);
    await eventually(async () => (await keyStatus(server.context, tenantId)).remaining === 0);
    await eventually(async () => [...(await prefixes()).values()].every((prefix) => prefix === after));
    expect(await copy()).toBe(200);

    // A transaction that had begun before may still have sealed with it: it is destroyed later.
    expect((await server.admin.get('/privacy/keys')).body).toMatchObject({ rotating: true, remaining: 0 });
    const late = await resealTenant(server.context, tenantId);
    expect(late).toEqual({ resealed: 0, unreadable: 0, destroyed: false });
    clock.offset = 11 * 60_000;
    await resealTenant(server.context, tenantId);
    expect((await server.admin.get('/privacy/keys')).body).toEqual({
      ...{ rotating: false, retiredAt: null, remaining: 0 },
    });
    expect(await copy()).toBe(200);
    const file = await server.context.db.tenant(tenantId, async (tx) => {
      const [row] = await tx.execute<{ id: string }>(sql`select id::text from files where kind = 'excuse'`);
      return server.context.storage.get(tx, tenantId, row!.id);
    });
    expect(file.content.toString()).toBe(whole.fileText);
    const { body } = await server.admin.get<{ total: number }>('/audit?action=privacy.key-destroyed');
    expect(body.total).toBe(1);
  });

  it('is not destroyed while something cannot be opened', async () => {
    await server.context.db.tenant(tenantId, (tx) =>
      tx.execute(sql`update webhooks set secret = ${randomBytes(60)} where true`),
    );
    await server.admin.post('/privacy/keys/rotate');
    clock.offset = 30 * 60_000;
    const outcome = await resealTenant(server.context, tenantId);
    expect(outcome).toMatchObject({ unreadable: 1, destroyed: false });
    expect((await keyStatus(server.context, tenantId)).rotating).toBe(true);
  });
});

describe('a new master key', () => {
  it('wraps what was there; data, tokens and the audit log hold', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'yoklama-master-'));
    const keyOf = (name: string) => readFile(join(dataDir, 'secrets', name), 'utf8');
    try {
      const first = await startTestServer({ students: 1, dataDir });
      const { tenantId, courseId } = first.seeded!;
      const whole = await makeWholeStudent(first.context, tenantId, courseId, { mark: 'Mastx' });
      await first.context.db.tenant(tenantId, (tx) => checkpointHead(first.context, tx, tenantId));
      const { config } = first;
      await first.close();
      const old = await keyOf('master.key');

      const done = await rotateMasterKey(config);
      expect(done).toMatchObject({ tenantKeys: 1, checkpoints: 1 });
      expect(await keyOf('master.key')).not.toBe(old);
      expect(await keyOf('master.key.previous')).toBe(old);

      const second = await startTestServer({ dataDir });
      try {
        expect((await second.admin.get(`/students/${whole.id}/data`)).status).toBe(200);
        expect((await second.as(whole.email, PASSWORD)).token).toBeTruthy();
        expect((await second.admin.get('/audit/verify')).body).toMatchObject({ ok: true });
      } finally {
        await second.close();
      }
    } finally {
      await rm(dataDir, { recursive: true, force: true });
    }
    // Postgres is made once and started three times.
  }, 120_000);

  it('of the environment needs the one before it', async () => {
    const key = randomBytes(32).toString('base64');
    const config = { masterKey: key, masterKeyPrevious: null } as Parameters<typeof rotateMasterKey>[0];
    await expect(rotateMasterKey({ ...config, log: { level: 'silent' } } as never)).rejects.toThrow(
      'MASTER_KEY_PREVIOUS',
    );
  });
});
