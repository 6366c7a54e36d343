import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sql } from 'drizzle-orm';
import { Webhook } from 'standardwebhooks';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { addTenant, startTestServer, type TestServer } from '../../../tests/support/server.ts';
import { deliverWebhooks, WEBHOOK_ATTEMPTS } from './deliver.ts';
import { WEBHOOK_JOB } from './events.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
let server: TestServer;
let ahead = 0;
const clock = { now: () => Date.now() + ahead };

interface Got {
  path: string;
  headers: Record<string, string>;
  body: string;
}
/** What an LMS would be. */
let receiver: Server;
let got: Got[] = [];
let answer: (request: Got) => { status: number; location?: string } = () => ({ status: 204 });
let url = '';

beforeAll(async () => {
  receiver = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      const one = { path: request.url ?? '', headers: request.headers as Record<string, string>, body };
      got.push(one);
      const { status, location } = answer(one);
      response.writeHead(status, location ? { location } : {}).end();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', () => resolve()));
  url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
  server = await startTestServer({
    students: 2,
    overrides: { clock },
    env: { ACCESS_TOKEN_SECONDS: '86400' },
  });
});
afterAll(async () => {
  await server?.close();
  receiver?.closeAllConnections();
  await new Promise((resolve) => receiver?.close(resolve));
});
afterEach(async () => {
  answer = () => ({ status: 204 });
  const { body } = await server.admin.get<{ items: { id: string }[] }>('/webhooks');
  for (const { id } of body.items) await server.admin.call('DELETE', `/webhooks/${id}`);
  got = [];
});

const add = async (events: string[], path = '/hook') => {
  const made = await server.admin.post<{ id: string; secret: string }>('/webhooks', {
    url: `${url}${path}`,
    events,
  });
  if (made.status !== 201) throw new Error(JSON.stringify(made.body));
  return made.body;
};
const idle = async () => {
  await expect
    .poll(
      async () => {
        await server.context.outbox.drain();
        const stats = await server.context.queue.stats();
        const { waiting = 0, active = 0 } = stats.find(({ name }) => name === WEBHOOK_JOB) ?? {};
        return waiting + active;
      },
      { timeout: 20_000 },
    )
    .toBe(0);
};
const settle = async () => {
  await server.context.outbox.drain();
  await deliverWebhooks(server.context, server.seeded!.tenantId);
  await idle();
};
const later = async (ms: number) => {
  await settle();
  ahead += ms;
  await settle();
};
const deliveries = async (id: string, query = '') =>
  (
    await server.admin.get<{
      items: { id: string; type: string; status: string; attempts: number; error: string | null }[];
    }>(`/webhooks/${id}/deliveries${query}`)
  ).body.items;

async function holdClass(): Promise<string> {
  const opened = await server.admin.post<{ id: string }>('/sessions', {
    courseId: server.seeded!.courseId,
    cameraIds: [],
  });
  if (opened.status !== 201) throw new Error(JSON.stringify(opened.body));
  await server.admin.post(`/sessions/${opened.body.id}/close`, {});
  return opened.body.id;
}

describe('deliveries', () => {
  it('are signed, name ids and numbers, and come once for each event', async () => {
    const { id, secret } = await add(['session.closed', 'attendance.changed']);
    const other = await add(['camera.down']);
    const sessionId = await holdClass();
    await settle();
    const types = got.map(({ body }) => JSON.parse(body).type).sort();
    expect(types).toEqual(['attendance.changed', 'attendance.changed', 'session.closed']);
    for (const { headers, body } of got) new Webhook(secret).verify(body, headers);
    expect(() => new Webhook(other.secret).verify(got[0]!.body, got[0]!.headers)).toThrow();
    expect(() => new Webhook(secret).verify(`${got[0]!.body} `, got[0]!.headers)).toThrow();
    const changed = JSON.parse(got.find(({ body }) => body.includes('attendance.changed'))!.body);
    expect(changed.data).toMatchObject({
      sessionId,
      status: 'absent',
      studentNumber: expect.stringMatching(/^S10/),
    });
    expect(JSON.stringify(got)).not.toContain('Öğrenci');
    expect(
      (await deliveries(id)).every(({ status, attempts }) => status === 'delivered' && attempts === 1),
    ).toBe(true);
    expect(await deliveries(other.id)).toEqual([]);
  });

  it('name students where the institution wants it', async () => {
    await server.admin.call('PATCH', '/tenant', { settings: { webhooks: { studentNames: true } } });
    await add(['*']);
    await holdClass();
    await settle();
    expect(JSON.stringify(got)).toContain('Öğrenci 1');
    await server.admin.call('PATCH', '/tenant', { settings: { webhooks: { studentNames: false } } });
  });

  // Before the clock is set: receivers refuse signatures from another time.
  it('are signed with a new secret from when it was made', async () => {
    const { id, secret } = await add(['session.closed']);
    const rotated = await server.admin.post<{ secret: string }>(`/webhooks/${id}/secret`);
    expect(rotated.body.secret).not.toBe(secret);
    await server.admin.post(`/webhooks/${id}/test`);
    await settle();
    await expect.poll(() => got.length).toBe(1);
    new Webhook(rotated.body.secret).verify(got[0]!.body, got[0]!.headers);
    expect(() => new Webhook(secret).verify(got[0]!.body, got[0]!.headers)).toThrow();
  });

  it('are tried again with waits under one id until the receiver works', async () => {
    const { id } = await add(['session.closed']);
    let failing = 3;
    answer = () => ({ status: failing-- > 0 ? 503 : 200 });
    await holdClass();
    for (const wait of [6000, 61_000, 6 * MINUTE]) await later(wait);
    expect(got).toHaveLength(4);
    expect(new Set(got.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(await deliveries(id)).toMatchObject([{ status: 'delivered', attempts: 4 }]);
    const { body } = await server.admin.get(`/webhooks/${id}`);
    expect(body).toMatchObject({ failures: 0, enabled: true });
  });

  it('do not follow a redirect to the cloud’s metadata', async () => {
    const { id } = await add(['session.closed'], '/redirect');
    answer = () => ({ status: 302, location: 'http://169.254.169.254/latest/meta-data/' });
    await holdClass();
    await settle();
    await expect.poll(async () => (await deliveries(id))[0]?.error).toBe('HTTP 302');
    expect(got).toHaveLength(1);
  });

  it('check the address anew, because a name may point elsewhere by now', async () => {
    const { id } = await add(['session.closed']);
    await server.context.db.tenant(server.seeded!.tenantId, (tx) =>
      tx.execute(sql`update webhooks set url = 'https://169.254.169.254/latest' where id = ${id}`),
    );
    await holdClass();
    await settle();
    await expect.poll(async () => (await deliveries(id))[0]?.error).toBe('webhook-url-forbidden');
  });

  it('do not double with ten relays at the same time', async () => {
    await add(['*']);
    await holdClass();
    await server.context.outbox.drain();
    await Promise.all(
      Array.from({ length: 10 }, () => deliverWebhooks(server.context, server.seeded!.tenantId)),
    );
    await idle();
    const ids = got.map(({ headers }) => headers['webhook-id']);
    expect(ids.length).toBeGreaterThanOrEqual(4);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('can be asked for again, under the same id', async () => {
    const { id } = await add(['camera.up']);
    const test = await server.admin.post<{ id: string }>(`/webhooks/${id}/test`);
    expect(test.status).toBe(202);
    await settle();
    await expect.poll(() => got.length).toBe(1);
    const again = await server.admin.post(`/webhooks/${id}/deliveries/${test.body.id}/redeliver`);
    expect(again.status).toBe(202);
    await settle();
    await expect.poll(() => got.length).toBe(2);
    expect(got[0]!.headers['webhook-id']).toBe(got[1]!.headers['webhook-id']);
    expect(JSON.parse(got[1]!.body)).toMatchObject({ type: 'webhook.test' });
  });
});

describe('a webhook', () => {
  it('is switched off after a day of failures, administrators are told, and it can be switched on again', async () => {
    const { id } = await add(['session.closed']);
    answer = () => ({ status: 500 });
    await holdClass();
    for (let attempt = 0; attempt < WEBHOOK_ATTEMPTS + 1; attempt++) {
      await later(8 * HOUR + MINUTE);
      server.admin = await server.as('admin@test.local', 'correct horse battery');
    }
    expect((await server.admin.get(`/webhooks/${id}`)).body).toMatchObject({ enabled: false });
    expect(await deliveries(id)).toMatchObject([{ status: 'failed', attempts: WEBHOOK_ATTEMPTS }]);
    expect(got).toHaveLength(WEBHOOK_ATTEMPTS);
    const told = await server.admin.get<{ total: number }>('/notifications?kind=webhook-disabled');
    expect(told.body.total).toBe(1);
    expect((await server.admin.post(`/webhooks/${id}/test`)).status).toBe(409);
    answer = () => ({ status: 204 });
    const on = await server.admin.call('PATCH', `/webhooks/${id}`, { enabled: true });
    expect(on.body).toMatchObject({ enabled: true, failures: 0, disabledAt: null });
    server.teacher = await server.as('teacher@test.local', 'correct horse battery');
  });

  it('is switched off at once where the receiver says that it is gone', async () => {
    const { id } = await add(['session.closed']);
    answer = () => ({ status: 410 });
    await holdClass();
    await settle();
    await expect.poll(async () => (await server.admin.get(`/webhooks/${id}`)).body.enabled).toBe(false);
    expect(got).toHaveLength(1);
  });

  it('goes to good addresses only', async () => {
    const tried = async (address: string) =>
      (
        await server.admin.post<{ error?: { code: string } }>('/webhooks', {
          url: address,
          events: ['*'],
        })
      ).body.error?.code;
    expect(await tried('https://169.254.169.254/')).toBe('webhook-url-forbidden');
    expect(await tried('https://10.0.0.1/')).toBe('webhook-url-forbidden');
    expect(await tried('http://93.184.216.34/')).toBe('webhook-url-scheme');
    expect(await tried('nothing')).toBe('webhook-url-invalid');
  });

  it('is the administrators’, of its own institution', async () => {
    const { id } = await add(['session.closed']);
    const test = await server.admin.post<{ id: string }>(`/webhooks/${id}/test`);
    expect((await server.teacher.get('/webhooks')).status).toBe(403);
    const stranger = await addTenant(server, 'stranger');
    expect((await stranger.get<{ total: number }>('/webhooks')).body.total).toBe(0);
    for (const [method, path] of [
      ['GET', `/webhooks/${id}`],
      ['DELETE', `/webhooks/${id}`],
      ['POST', `/webhooks/${id}/secret`],
      ['POST', `/webhooks/${id}/test`],
      ['GET', `/webhooks/${id}/deliveries`],
      ['POST', `/webhooks/${id}/deliveries/${test.body.id}/redeliver`],
    ] as const) {
      expect((await stranger.call(method, path)).status, path).toBe(404);
    }
    expect((await stranger.call('PATCH', `/webhooks/${id}`, { enabled: false })).status).toBe(404);
    // The secret is never shown again.
    expect(JSON.stringify((await server.admin.get(`/webhooks/${id}`)).body)).not.toContain('whsec_');
    expect(JSON.stringify((await server.admin.get('/webhooks')).body)).not.toContain('whsec_');
  });
});
