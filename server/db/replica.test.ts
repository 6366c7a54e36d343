import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asAdmin, type PostgresServer, startPostgresServer } from '../../tests/support/postgres-server.ts';
import { startTestServer, type TestServer } from '../../tests/support/server.ts';

/** A way to the copy that can be cut. */
interface Way {
  port: number;
  cut(): Promise<void>;
  mend(): Promise<void>;
}

async function wayTo(target: number): Promise<Way> {
  const sockets = new Set<Socket>();
  const made = (): Server =>
    createServer((from) => {
      const to = connect(target, '127.0.0.1');
      for (const socket of [from, to]) {
        sockets.add(socket);
        socket
          .on('error', () => undefined)
          .on('close', () => {
            sockets.delete(socket);
            from.destroy();
            to.destroy();
          });
      }
      from.pipe(to).pipe(from);
    });
  const listen = (server: Server, port: number) =>
    new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  let server = made();
  await listen(server, 0);
  const { port } = server.address() as AddressInfo;
  return {
    port,
    async cut() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
    async mend() {
      server = made();
      await listen(server, port);
    },
  };
}

/** The copy here stays as it is for ever: what is read from it can be told from what is read from the primary. */
describe('a read replica', () => {
  let postgres: PostgresServer;
  let way: Way;
  let server: TestServer;
  let dataDir: string;
  let searches = 0;
  /** Each another question, so that no answer is a kept one. */
  const found = async () => {
    searches += 1;
    const { body, status } = await server.admin.get<{ total: number }>(
      `/students?search=newcomer&limit=${searches}`,
    );
    expect(status).toBe(200);
    return body.total;
  };

  beforeAll(async () => {
    postgres = await startPostgresServer();
    dataDir = await mkdtemp(join(tmpdir(), 'yoklama-replica-'));
    const url = (port: number, database: string) => `postgres://own:pass@127.0.0.1:${port}/${database}`;
    const env = { DATABASE_URL: url(postgres.port, 'first') };
    await asAdmin(postgres, 'create role own login createrole', 'create database first owner own');
    const before = await startTestServer({ students: 1, dataDir, env });
    await before.close();
    await asAdmin(postgres, 'create database copy template first owner own');
    way = await wayTo(postgres.port);
    const copy = { ...env, DATABASE_REPLICA_URL: url(way.port, 'copy') };
    server = await startTestServer({ dataDir, env: copy });
  }, 120_000);
  afterAll(async () => {
    await server?.close();
    await way?.cut();
    await postgres?.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  it('answers lists, and the primary whatever has just been written', async () => {
    const made = await server.admin.post<{ id: string }>('/students', { number: 'NEW', name: 'Newcomer' });
    expect(made.status).toBe(201);
    expect((await server.admin.get(`/students/${made.body.id}`)).status).toBe(200);
    expect(await found()).toBe(0);
  });

  it('does not stand in the way of what follows upon a write', async () => {
    const list = await server.admin.get<{ items: { id: string }[] }>('/courses');
    const [courseId] = list.body.items.map(({ id }) => id);
    const students = await server.admin.get<{ items: { id: string }[] }>(`/students?courseId=${courseId}`);
    const studentId = students.body.items[0]!.id;
    const opened = await server.admin.post<{ id: string }>('/sessions', { courseId, cameraIds: [] });
    const mark = { sessionId: opened.body.id, studentId, status: 'late' };
    const marked = await server.admin.post<{ id: string; version: number }>('/attendance/manual', mark);
    const read = await server.admin.get<{ version: number }>(`/attendance/${marked.body.id}`);
    expect(read.body).toMatchObject({ status: 'late', version: marked.body.version });
    const excuse = await server.admin.post<{ id: string }>('/excuses', {
      ...{ studentId, note: 'Ill', fromAt: '2026-01-01T00:00:00Z', untilAt: '2026-01-02T00:00:00Z' },
    });
    const form = new FormData();
    form.append('document', new Blob(['%PDF-1.7 says so']), 'd.pdf');
    const kept = await server.admin.call('PUT', `/excuses/${excuse.body.id}/document`, form);
    expect(kept.status, JSON.stringify(kept.body)).toBe(200);
  });

  it('that goes away is done without at once, and asked again when it is back', async () => {
    await way.cut();
    expect(await found()).toBe(1);
    expect(await found()).toBe(1);
    await way.mend();
    await expect.poll(found, { timeout: 20_000, interval: 500 }).toBe(0);
  });
});
