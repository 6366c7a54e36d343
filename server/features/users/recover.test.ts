import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { expect, it } from 'vitest';
import { PASSWORD, startTestServer } from '../../../tests/support/server.ts';
import { recoverAccount } from './recover.ts';

it('lets somebody back in who lost everything and has nobody to ask', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'yoklama-recover-'));
  try {
    const first = await startTestServer({ students: 0, dataDir });
    const email = 'lost@test.local';
    const made = await first.admin.post('/users', { email, name: 'Lost', role: 'admin', password: PASSWORD });
    expect(made.status).toBe(201);
    await first.context.db.tenant(first.seeded!.tenantId, (tx) =>
      tx.execute(sql`update users set active = false, totp_enabled_at = now(), totp_secret = '\\x00'
        where email = ${email}`),
    );
    const { config } = first;
    await first.close();

    await expect(recoverAccount(config, 'nobody@test.local')).rejects.toThrow('Nobody has the address');
    const recovered = await recoverAccount(config, ' Lost@test.local ');
    expect(recovered).toMatchObject({ email, role: 'admin' });

    const second = await startTestServer({ dataDir });
    try {
      const back = await second.as(email, recovered.password);
      expect((await back.get<{ secondFactor: boolean }>('/auth/me')).body.secondFactor).toBe(false);
      await expect(second.as(email, PASSWORD)).rejects.toThrow('wrong-credentials');
      const entries = await back.get<{ total: number }>('/audit?action=auth.recovered');
      expect(entries.body.total).toBe(1);
      expect((await back.get('/audit/verify')).body).toMatchObject({ ok: true });
    } finally {
      await second.close();
    }
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}, 120_000);
