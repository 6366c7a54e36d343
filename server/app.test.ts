import { connect } from 'node:net';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../config/index.ts';
import {
  ADMIN_EMAIL,
  createApi,
  PASSWORD,
  startTestServer,
  type TestServer,
} from '../tests/support/server.ts';
import { buildApp } from './app.ts';
import { documentContext } from './context.ts';
import { sendSignal } from './db/embedded/processes.ts';
import { ERRORS } from './errors.ts';
import { startServer } from './main.ts';

type Failure = { error: { code: string; message: string; requestId: string } };
type Operation = {
  summary?: string;
  security?: object[];
  responses: Record<string, object>;
  tags?: string[];
};
type Document = {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, object> };
};

describe('the description of the API', () => {
  let document: Document;
  beforeAll(async () => {
    const app = await buildApp(documentContext(loadConfig({}), pino({ level: 'silent' })));
    await app.ready();
    document = app.swagger() as unknown as Document;
    await app.close();
  });
  const operations = () =>
    Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ name: `${method} ${path}`, operation })),
    );

  it('is made without a database, and every route says what it is, answers and fails with', () => {
    expect(document.openapi).toBe('3.1.0');
    expect(operations().length).toBeGreaterThan(25);
    for (const { name, operation } of operations()) {
      expect(operation.summary, name).toBeTruthy();
      expect(operation.tags?.length, name).toBe(1);
      expect(Object.keys(operation.responses), name).toEqual(expect.arrayContaining(['429', '500', '503']));
      expect(
        Object.keys(operation.responses).some((status) => status.startsWith('2')),
        name,
      ).toBe(true);
    }
  });

  it('has names for what clients handle, no reference into nothing, and every error code', () => {
    const text = JSON.stringify(document);
    const referred = new Set([...text.matchAll(/#\/components\/schemas\/(\w+)/g)].map((match) => match[1]!));
    for (const name of [...referred, 'Student', 'Error', 'LiveFaces', 'LiveSnapshot']) {
      expect(document.components.schemas, name).toHaveProperty(name);
    }
    for (const code of Object.keys(ERRORS)) expect(text).toContain(`\`${code}\``);
  });
});

describe('the server', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer({
      students: 0,
      env: { CORS_ORIGINS: 'https://lms.example.edu', RATE_LIMIT: '500' },
    });
  });
  afterAll(() => server?.close());
  const fetchRaw = (path: string, init?: RequestInit) => fetch(`${server.url}${path}`, init);

  it('answers what it does not know with its own form of error, and the request’s id', async () => {
    const answer = await server.admin.get<Failure>('/nothing');
    expect(answer.status).toBe(404);
    expect(answer.body.error.code).toBe('not-found');
    expect(answer.headers.get('x-request-id')).toBe(answer.body.error.requestId);
    const asPage = await server.admin.call('GET', '/nothing', undefined, { accept: 'text/html' });
    expect([asPage.status, asPage.headers.get('content-type')]).toEqual([
      404,
      'application/json; charset=utf-8',
    ]);
  });

  it('sends the headers that browsers go by, to the origins that may ask', async () => {
    const asked = await fetchRaw('/healthz', { headers: { origin: 'https://lms.example.edu' } });
    expect(asked.headers.get('access-control-allow-origin')).toBe('https://lms.example.edu');
    expect(asked.headers.get('content-security-policy')).toContain("script-src 'self'");
    expect(asked.headers.get('x-content-type-options')).toBe('nosniff');
    const stranger = await fetchRaw('/healthz', { headers: { origin: 'https://evil.example' } });
    expect(stranger.headers.get('access-control-allow-origin')).toBeNull();
  });

  it('refuses bodies that are too large or of another kind', async () => {
    const large = await server.admin.post<Failure>('/students', { number: '1', name: 'x'.repeat(1_100_000) });
    expect([large.status, large.body.error.code]).toEqual([413, 'body-too-large']);
    const text = await server.admin.call<Failure>('POST', '/students', 'hi', { 'content-type': 'text/xml' });
    expect([text.status, text.body.error.code]).toEqual([415, 'unsupported-media-type']);
  });

  it('reports figures, and that it is alive but not ready without a video worker', async () => {
    expect((await fetchRaw('/healthz')).status).toBe(200);
    const ready = await fetchRaw('/readyz');
    expect([ready.status, await ready.json()]).toEqual([
      503,
      {
        status: 'not-ready',
        database: 'up',
        pipeline: 'starting',
        queue: 'up',
        redis: 'unused',
        // No media worker, no WebRTC; it is ready without.
        webrtc: expect.stringMatching(/^(up|down)$/),
        reasons: expect.objectContaining({ pipeline: 'no video worker is ready (1 set up, 0 restarts)' }),
      },
    ]);
    const metrics = await (await fetchRaw('/metrics')).text();
    expect(metrics).toMatch(/yoklama_http_request_duration_seconds_count\{.*route="\/healthz".*\} \d+/);
  });

  it('limits how often an address may ask', async () => {
    for (let round = 0; round < 12; round++) {
      const answers = await Promise.all(
        Array.from({ length: 50 }, () => server.anonymous.get<Failure>('/tenant')),
      );
      const refused = answers.find(({ status }) => status === 429);
      if (!refused) continue;
      expect(refused.body.error.code).toBe('rate-limited');
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
      return;
    }
    throw new Error('600 requests were answered');
  });
});

describe('bad days', () => {
  it('answers 503 while Postgres is away and goes on when it is back', async () => {
    const server = await startTestServer({ students: 1 });
    try {
      sendSignal(server.postgres!.pid()!, 'SIGKILL');
      const codes = new Set<string>();
      const deadline = Date.now() + 30_000;
      for (;;) {
        const answer = await server.teacher.get<Failure & { total: number }>('/students');
        if (answer.status === 200 && codes.size > 0) break;
        if (answer.status !== 200) codes.add(`${answer.status} ${answer.body.error.code}`);
        expect(Date.now()).toBeLessThan(deadline);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      expect([...codes]).toEqual(['503 database-unavailable']);
    } finally {
      await server.close();
    }
  });

  it('goes on with the same data, keys and tokens after a restart', async () => {
    const first = await startTestServer({ students: 2 });
    const { dataDir } = first.config;
    // Closes without the helper, which would remove the data.
    await first.context.live.close();
    await first.app.close();
    await first.context.supervisor.close();
    await first.context.db.close();
    await first.postgres!.stop();
    const second = await startTestServer({ dataDir });
    try {
      expect(second.generatedPassword).toBeNull();
      expect(second.seeded).toBeNull();
      const withOldToken = createApi(second.url, first.teacher.token);
      expect((await withOldToken.get<{ total: number }>('/students')).body.total).toBe(2);
    } finally {
      await second.close();
      await first.close().catch(() => undefined);
    }
  });

  it('says what is wrong and leaves nothing running when it cannot start', async () => {
    const server = await startTestServer({ students: 0 });
    const config = {
      ...server.config,
      dataDir: `${server.config.dataDir}/second`,
      port: Number(new URL(server.url).port),
    };
    const { supervisor } = server.context;
    const idle = { ...supervisor, start: () => undefined, close: async () => undefined };
    await expect(startServer(config, { log: server.context.log, supervisor: idle })).rejects.toThrow(
      /EADDRINUSE/,
    );
    await expect(startServer(server.config, { supervisor: idle })).rejects.toThrow(
      /using the data directory/,
    );
    expect((await server.admin.get('/auth/me')).status).toBe(200);
    await server.close();
  });

  it('closes while clients hold connections open', async () => {
    const server = await startTestServer({ students: 0 });
    const { hostname, port } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    await new Promise<void>((resolve) => socket.once('connect', () => resolve()));
    socket.on('error', () => undefined);
    socket.write('GET /healthz HTTP/1.1\r\nhost: x\r\n');
    const started = Date.now();
    await server.close();
    expect(Date.now() - started).toBeLessThan(15_000);
    socket.destroy();
  });

  it('generates a password for the first administrator where none is given', async () => {
    const server = await startTestServer({ students: 0 });
    const { config } = server;
    const seed = { ...config.seed, adminPassword: null };
    const idle = { ...server.context.supervisor, start: () => undefined, close: async () => undefined };
    const other = await startServer(
      { ...config, dataDir: `${config.dataDir}/other`, seed },
      { log: server.context.log, supervisor: idle },
    );
    try {
      expect(other.generatedPassword).toMatch(/^[a-zA-Z2-9]{20}$/);
      const signIn = (password: string) =>
        createApi(other.url, null).post('/auth/login', { email: ADMIN_EMAIL, password });
      expect((await signIn(other.generatedPassword!)).status).toBe(200);
      expect((await signIn(PASSWORD)).status).toBe(401);
    } finally {
      await other.close();
      await server.close();
    }
  });
});
