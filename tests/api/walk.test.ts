import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { decodeJwt, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../../server/db/ids.ts';
import * as schema from '../../server/db/schema/index.ts';
import { ERRORS, isErrorCode } from '../../server/errors.ts';
import { hashPassword } from '../../server/features/auth/passwords.ts';
import { eventually } from '../support/live.ts';
import {
  ADMIN_EMAIL,
  type Answer,
  type Api,
  addTenant,
  createApi,
  PASSWORD,
  startTestServer,
  type TestServer,
} from '../support/server.ts';
import { type Entities, makeEntities, tableOf } from './entities.ts';
import {
  type Document,
  exampleOf,
  idsIn,
  type Operation,
  operationsOf,
  readDocument,
  resolve,
  withValue,
} from './operations.ts';

/** Signing in is impossible for who calls these. Every other route needs a token. */
const PUBLIC = [
  'POST /auth/login',
  'POST /auth/refresh',
  'POST /auth/logout',
  'POST /auth/register',
  'POST /auth/invitations/accept',
  'POST /auth/activate',
  'POST /auth/password/forgot',
  'POST /auth/password/reset',
  'POST /auth/2fa/login',
  'GET /auth/oidc/providers',
  'GET /auth/oidc/{id}/start',
  'POST /auth/oidc/callback',
  'GET /tenant/public',
  'GET /tenant/logo',
  'GET /reports/exports/{id}/file',
  'GET /notifications/unsubscribe',
  'POST /notifications/unsubscribe',
];

/** Outside of `/api/v1`: they follow standards of media, and their bearer token is that of a link or a viewer. */
const STANDARDS = [
  'POST /ingest/whip',
  'PATCH /ingest/whip/{id}',
  'DELETE /ingest/whip/{id}',
  'POST /watch/whep/{id}',
  'PATCH /watch/whep/{id}/{viewerId}',
  'DELETE /watch/whep/{id}/{viewerId}',
];

/** Names and times of the institution that every one of its people may read. */
const SHARED =
  /^GET \/(rooms|holidays|teachers|schedule|tenant|privacy\/policy|notifications|auth|api-keys\/scopes)(\/|$)/;

/** What students do themselves; everything else that writes is not for them. */
const STUDENTS_WRITE = [
  /^\w+ \/auth\//,
  /^\w+ \/notifications\/(read-all|preferences|\{id\}\/read)$/,
  /^POST \/qr\/scan$/,
  /^POST \/excuses$/,
  /^\w+ \/excuses\/\{id\}(\/document)?$/,
  /^POST \/attendance\/\{id\}\/contest$/,
  /^PUT \/students\/\{id\}\/consents$/,
  /^POST \/graphql$/,
];

const clock = { offset: 0, now: () => Date.now() + clock.offset };

let server: TestServer;
let document: Document;
let operations: Operation[] = [];
let others: Operation[] = [];
let here: Entities;
let there: Entities;
/** An administrator of another institution. */
let stranger: Api;
/** A student and a teacher of this one who have nothing to do with anybody in it. */
let student: Api;
let teacher: Api;

beforeAll(async () => {
  server = await startTestServer({ students: 1, overrides: { clock } });
  document = await readDocument(server);
  const all = operationsOf(document);
  operations = all.filter(({ url }) => url.startsWith('/api/') || url === '/graphql');
  others = all.filter((operation) => !operations.includes(operation));
  const { tenantId } = server.seeded!;
  here = await makeEntities(server, tenantId, 'Ownx');
  stranger = await addTenant(server, 'walkers');
  const { body } = await stranger.get<{ tenantId: string }>('/auth/me');
  there = await makeEntities(server, body.tenantId, 'Farx');
  [student, teacher] = [await outsider('student'), await outsider('teacher')];
});
afterAll(() => server?.close());

async function outsider(role: 'student' | 'teacher'): Promise<Api> {
  const { tenantId } = server.seeded!;
  const email = `outsider-${role}@test.local`;
  const passwordHash = await hashPassword(PASSWORD);
  await server.context.db.tenant(tenantId, async (tx) => {
    const studentId = role === 'student' ? newId() : null;
    if (studentId) {
      const row = { id: studentId, tenantId, number: 'OUT', name: 'Outsider', searchText: 'outsider' };
      await tx.insert(schema.students).values(row);
    }
    await tx.insert(schema.users).values({
      ...{ id: newId(), tenantId, email, name: 'Outsider', role, locale: 'en', passwordHash, studentId },
    });
  });
  return server.as(email, PASSWORD);
}

/** The address with ids of an institution in every place. */
function pathWith(operation: Operation, entities: Entities): string {
  return operation.pathParameters.reduce((path, name) => {
    const table = tableOf(operation.path, name);
    return path.replace(`{${name}}`, (table ? entities.ids[table] : null) ?? FILL[name] ?? newId());
  }, operation.url);
}
/** Parameters that are no ids. */
const FILL: Record<string, string> = { name: 'Physics', entity: 'students', segment: '0.ts' };

/** The route's own example, with ids of an institution in the places of those in it. */
function bodyWith(operation: Operation, entities: Entities): unknown {
  if (operation.multipart) return photoForm();
  if (!operation.body) return operation.method === 'GET' || operation.method === 'DELETE' ? undefined : {};
  const example = (operation.example ?? {}) as Record<string, unknown>;
  // Or nobody of the institution could do anything from then on.
  if (operation.name === 'PATCH /tenant') delete (example.settings as Record<string, unknown>)?.twoFactor;
  return idsIn(example).reduce<unknown>((body, at) => {
    const id = idFor(at, entities);
    return id === null ? body : withValue(body, at, id);
  }, example);
}

function idFor(at: readonly string[], entities: Entities): string | null {
  const name = at.findLast((part) => !/^\d+$/.test(part)) ?? '';
  const table = tableOf('', name);
  return table ? (entities.ids[table] ?? null) : null;
}

function photoForm(): FormData {
  const form = new FormData();
  form.append('photo', new Blob([new Uint8Array([1, 2, 3])]), 'photo.jpg');
  form.append('file', new Blob(['number,name\n1,A\n']), 'students.csv');
  form.append('courseId', here.ids.courses!);
  return form;
}

const call = (api: Api, operation: Operation, path: string, body: unknown) =>
  send(api, operation.method, path, body);

async function send(api: Api, method: string, path: string, body: unknown): Promise<Answer<unknown>> {
  // Addresses here are whole, `/graphql` too.
  const base = createApi(server.url, api.token);
  return path.startsWith('/api') ? base.call(method, path, body) : graphql(api, body);
}

async function graphql(api: Api, body: unknown): Promise<Answer<unknown>> {
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(api.token ? { authorization: `Bearer ${api.token}` } : {}),
    },
    body: JSON.stringify(body ?? {}),
  });
  return { status: response.status, body: await response.json(), headers: response.headers };
}

const textOf = (answer: Answer<unknown>) =>
  Buffer.isBuffer(answer.body) ? answer.body.toString('latin1') : JSON.stringify(answer.body);
const codeOf = (answer: Answer<unknown>) => (answer.body as { error?: { code?: string } })?.error?.code ?? '';

/** Every failure is one of the table, with its status. */
function assertKnown(answer: Answer<unknown>, what: string): void {
  if (answer.status < 400) return;
  const code = codeOf(answer);
  // GraphQL has a form of its own; a link out of a mail is opened by a browser.
  if (code === '' && /\/graphql/.test(what)) return;
  if (/\/notifications\/unsubscribe/.test(what) && textOf(answer).startsWith('<!doctype html>')) return;
  expect(isErrorCode(code) ? ERRORS[code][0] : `${code}?`, `${what}: ${textOf(answer).slice(0, 300)}`).toBe(
    answer.status,
  );
}

/** Else what was asked in between proves nothing: the caller was not let in at all. */
async function assertStillIn(api: Api): Promise<void> {
  const { status, body } = await api.get('/privacy/policy');
  expect([status, body]).toEqual([200, expect.anything()]);
}

describe('the document', () => {
  it('describes each route: summary, description, tags, failures, examples', () => {
    const problems: string[] = [];
    for (const operation of operations) {
      const { name, summary, description, tags, responses } = operation;
      if (!summary) problems.push(`${name}: no summary`);
      if (!description) problems.push(`${name}: no description`);
      if (!tags?.length) problems.push(`${name}: no tag`);
      for (const status of ['429', '500', '503']) {
        if (!responses[status]) problems.push(`${name}: no ${status}`);
      }
      if (!PUBLIC.includes(name) && !(responses['401'] && responses['403'])) {
        problems.push(`${name}: no 401 or 403`);
      }
      const takes = operation.body || operation.query.length > 0 || operation.pathParameters.length > 0;
      if (takes && !responses['400']) problems.push(`${name}: no 400`);
      if (operation.body && operation.example === undefined) {
        problems.push(`${name}: no example of the body`);
      }
      const good = Object.entries(responses).filter(([status]) => status.startsWith('2'));
      if (good.length === 0) problems.push(`${name}: no success`);
      for (const [status, { content }] of good) {
        const json = content?.['application/json'];
        const { type } = json?.schema ? resolve(document, json.schema) : {};
        if (!json || type === 'string' || type === 'null') continue;
        if (exampleOf(json) === undefined) problems.push(`${name}: no example of ${status}`);
      }
    }
    expect(problems).toEqual([]);
  });

  it('has no route without a token but those listed', () => {
    const open = operations.filter(({ security }) => !security).map(({ name }) => name);
    expect(open.sort()).toEqual([...PUBLIC].sort());
  });

  it('has no address outside but those of standards, which ask for their token', async () => {
    expect(others.map(({ name }) => name).sort()).toEqual([...STANDARDS].sort());
    for (const { name, method, url, requestBody } of others) {
      const [type] = Object.keys(requestBody?.content ?? {});
      const init = type ? { headers: { 'content-type': type }, body: 'v=0\r\n' } : {};
      for (const authorization of [null, 'Bearer nobody', `Bearer ${server.admin.token}`]) {
        const headers = { ...init.headers, ...(authorization ? { authorization } : {}) };
        const address = server.url + url.replaceAll(/\{\w+\}/g, newId());
        const answer = await fetch(address, { method, ...init, headers });
        expect([401, 404], `${name} ${authorization}`).toContain(answer.status);
        expect(await answer.json(), name).toMatchObject({ error: { code: expect.any(String) } });
      }
    }
  });

  it('has a largest value for every number that an address takes', () => {
    const endless = operations.flatMap(({ name, query }) =>
      query
        .filter(({ schema }) => /integer|number/.test(String(schema.type)) && schema.maximum === undefined)
        .map((parameter) => `${name} ${parameter.name}`),
    );
    expect(endless).toEqual([]);
  });

  it('knows a real entity for each id in a path', () => {
    const unknown = operations.flatMap(({ path, name, pathParameters }) =>
      pathParameters
        .filter((parameter) => !(parameter in FILL) && !here.ids[tableOf(path, parameter) ?? ''])
        .map((parameter) => `${name} ${parameter}`),
    );
    expect(unknown).toEqual([]);
  });

  it('takes its own examples', async () => {
    const refused: string[] = [];
    for (const operation of operations.filter(({ body, name }) => body && !/\/auth\/|2fa/.test(name))) {
      const path = pathWith(operation, there).replaceAll(/[0-9a-f-]{36}/g, newId());
      const answer = await call(server.admin, operation, path, bodyWith(operation, there));
      if (codeOf(answer) === 'invalid-request') refused.push(`${operation.name}: ${textOf(answer)}`);
    }
    expect(refused).toEqual([]);
    await assertStillIn(server.admin);
  });
});

describe('who calls', () => {
  const closed = () => operations.filter(({ name }) => !PUBLIC.includes(name));

  it('is asked for on every route but the public ones', async () => {
    for (const operation of closed()) {
      const answer = await call(
        server.anonymous,
        operation,
        pathWith(operation, here),
        bodyWith(operation, here),
      );
      expect(answer.status, operation.name).toBe(401);
      assertKnown(answer, operation.name);
    }
  });

  it.each(['none', 'HS256', 'another key'])('is not believed with a forged token: %s', async (how) => {
    const forged = createApi(server.url, forge(server.admin.token!, how));
    for (const operation of closed()) {
      const answer = await call(forged, operation, pathWith(operation, here), bodyWith(operation, here));
      expect(answer.status, operation.name).toBe(401);
    }
  });

  it('is not believed with a token that has expired', async () => {
    clock.offset = 16 * 60_000;
    try {
      for (const operation of closed()) {
        const answer = await call(
          server.admin,
          operation,
          pathWith(operation, here),
          bodyWith(operation, here),
        );
        expect([answer.status, codeOf(answer)], operation.name).toEqual([401, 'token-expired']);
      }
    } finally {
      clock.offset = 0;
    }
    await assertStillIn(server.admin);
  });

  it('is not believed with a token whose key has been rotated out', async () => {
    const rotated = createApi(server.url, await signWithOwnKey(server.admin.token!, 60_000));
    // As long as the key is good, the token is: else what follows would prove nothing.
    await eventually(async () => (await rotated.get('/privacy/policy')).status === 200);
    clock.offset = 2 * 60_000;
    try {
      await assertStillIn(server.admin);
      for (const operation of closed()) {
        const answer = await call(rotated, operation, pathWith(operation, here), bodyWith(operation, here));
        expect([answer.status, codeOf(answer)], operation.name).toEqual([401, 'unauthenticated']);
      }
    } finally {
      clock.offset = 0;
    }
  });

  it('is not believed with the token of a sign-in that has ended', async () => {
    const { body } = await server.anonymous.post<{ access_token: string; refresh_token: string }>(
      '/auth/login',
      { email: ADMIN_EMAIL, password: PASSWORD },
    );
    const ended = createApi(server.url, body.access_token);
    await assertStillIn(ended);
    await ended.post('/auth/logout', { refresh_token: body.refresh_token });
    for (const operation of closed()) {
      const answer = await call(ended, operation, pathWith(operation, here), bodyWith(operation, here));
      expect([answer.status, codeOf(answer)], operation.name).toEqual([401, 'unauthenticated']);
    }
  });

  it('with a key reaches only what its scopes name, and never another institution', async () => {
    const scopes = (await server.admin.get<{ scopes: string[] }>('/api-keys/scopes')).body.scopes;
    const keyOf = async (api: Api, name: string, held: string[]) => {
      const { body, status } = await api.post<{ key: string }>('/api-keys', { name, scopes: held });
      expect(status, JSON.stringify(body)).toBe(201);
      return createApi(server.url, body.key);
    };
    const narrow = await keyOf(server.admin, 'narrow', ['graphql:read']);
    const far = await keyOf(stranger, 'far', scopes);
    expect((await narrow.post('/students', {})).status).toBe(403);
    expect((await far.get('/students')).status).toBe(200);
    for (const operation of closed()) {
      const [path, body] = [pathWith(operation, here), bodyWith(operation, here)];
      if (operation.name !== 'POST /graphql') {
        const answer = await call(narrow, operation, path, body);
        expect(answer.status, operation.name).toBe(403);
        expect(['key-not-allowed', 'scope-missing', 'forbidden']).toContain(codeOf(answer));
      }
      const answer = await call(far, operation, path, body);
      const about = operation.pathParameters.some((name) => !(name in FILL));
      if (about) expect([403, 404], `${operation.name}: ${textOf(answer)}`).toContain(answer.status);
      expect(textOf(answer).includes(here.whole.name), operation.name).toBe(false);
    }
  });

  it('from another institution reaches nothing, in any place of the address', async () => {
    const names = [here.whole.name, here.whole.email, here.whole.number];
    const ids = Object.values(here.ids);
    for (const operation of closed()) {
      const path = pathWith(operation, here);
      const answer = await call(stranger, operation, path, bodyWith(operation, here));
      assertKnown(answer, operation.name);
      const about = operation.pathParameters.some((name) => !(name in FILL));
      if (about) expect([403, 404], `${operation.name}: ${textOf(answer)}`).toContain(answer.status);
      const text = textOf(answer);
      for (const name of names) expect(text.includes(name), `${operation.name} shows ${name}`).toBe(false);
      if (answer.status < 300) {
        const shown = ids.filter((id) => text.includes(id));
        expect(shown, operation.name).toEqual([]);
      }
    }
    await assertStillIn(stranger);
  });

  it('from another institution finds nothing by its filters', async () => {
    for (const operation of closed().filter(({ method }) => method === 'GET')) {
      for (const { name, schema: of } of operation.query) {
        const table = tableOf('', name);
        if (of.format !== 'uuid' || !table) continue;
        const id = here.ids[table]!;
        const answer = await call(
          stranger,
          operation,
          `${pathWith(operation, there)}?${name}=${id}`,
          undefined,
        );
        const what = `${operation.name}?${name}`;
        assertKnown(answer, what);
        if (answer.status >= 400) continue;
        const text = textOf(answer).replaceAll(id, '');
        expect(
          Object.values(here.ids).filter((one) => text.includes(one)),
          what,
        ).toEqual([]);
        const { items } = answer.body as { items?: unknown[] };
        if (items && name !== 'actorId' && name !== 'subjectId') expect(items, what).toEqual([]);
      }
    }
  });

  it('from another institution cannot name its things in a body', async () => {
    for (const operation of closed().filter(({ body }) => body)) {
      const own = bodyWith(operation, there);
      for (const at of idsIn(own)) {
        const id = idFor(at, here);
        if (id === null) continue;
        const answer = await call(stranger, operation, pathWith(operation, there), withValue(own, at, id));
        const what = `${operation.name} ${at.join('.')}: ${textOf(answer).slice(0, 200)}`;
        assertKnown(answer, what);
        expect(answer.status, what).toBeGreaterThanOrEqual(400);
      }
    }
    await assertStillIn(stranger);
  });

  it('as a student of no course reaches nobody else, and writes only what is theirs', async () => {
    for (const operation of closed()) {
      if (SHARED.test(operation.name)) continue;
      const answer = await call(student, operation, pathWith(operation, here), bodyWith(operation, here));
      const what = `${operation.name}: ${textOf(answer).slice(0, 300)}`;
      assertKnown(answer, what);
      const about = operation.pathParameters.some((name) => !(name in FILL));
      if (about) expect([403, 404], what).toContain(answer.status);
      const mine = STUDENTS_WRITE.some((rule) => rule.test(operation.name));
      if (operation.method !== 'GET' && !mine) expect(answer.status, what).toBe(403);
      expect(textOf(answer).includes(here.whole.name), what).toBe(false);
    }
    await assertStillIn(student);
  });

  it('as a teacher of no course reaches no student, and administers nothing', async () => {
    for (const operation of closed()) {
      if (SHARED.test(operation.name)) continue;
      const answer = await call(teacher, operation, pathWith(operation, here), bodyWith(operation, here));
      const what = `${operation.name}: ${textOf(answer).slice(0, 300)}`;
      assertKnown(answer, what);
      const about = operation.pathParameters.some((name) => !(name in FILL));
      // Cameras are the institution's, and seen by all of its staff.
      if (about && !/ \/cameras/.test(operation.name)) expect([403, 404], what).toContain(answer.status);
      expect(textOf(answer).includes(here.whole.name), what).toBe(false);
    }
    await assertStillIn(teacher);
  });
});

describe('bad input', () => {
  let fuzzed: Api;
  let mine: Entities;
  beforeAll(async () => {
    fuzzed = await addTenant(server, 'fuzzed');
    const { body } = await fuzzed.get<{ tenantId: string }>('/auth/me');
    mine = await makeEntities(server, body.tenantId, 'Fuzzx');
  });

  /** Says of every answer that is none of the API's: 5xx only where no video worker is there, or a camera is not. */
  let problems: string[] = [];
  beforeEach(() => {
    problems = [];
  });
  function assertAnswered(answer: Answer<unknown>, what: string): void {
    try {
      assertKnown(answer, what);
      if (answer.status >= 500) expect(codeOf(answer)).toMatch(/^(pipeline-|camera-no-picture|oidc-)/);
    } catch {
      problems.push(`${what}: ${answer.status} ${textOf(answer).slice(0, 200)}`);
    }
  }
  afterEach(() => {
    expect(problems.slice(0, 40)).toEqual([]);
  });
  const signingIn = /\/auth\/(logout|sessions|password|2fa|me)/;

  it('unknown ids are 404', async () => {
    for (const operation of operations) {
      if (operation.pathParameters.every((name) => name in FILL) || PUBLIC.includes(operation.name)) continue;
      const path = operation.pathParameters.reduce(
        (url, name) => url.replace(`{${name}}`, FILL[name] ?? newId()),
        operation.url,
      );
      const answer = await call(fuzzed, operation, path, bodyWith(operation, mine));
      const what = `${operation.name}: ${textOf(answer).slice(0, 200)}`;
      assertAnswered(answer, what);
      // A system administrator's, or for the student alone.
      if (answer.status !== 403) expect(answer.status, what).toBe(404);
    }
    await assertStillIn(fuzzed);
  });

  it('what is no id is 400', async () => {
    for (const operation of operations) {
      if (operation.pathParameters.every((name) => name in FILL)) continue;
      for (const bad of ['1', 'x%00y', '%F0%9F%98%80', `${newId()}0`, "'--"]) {
        const path = operation.pathParameters.reduce(
          (url, name) => url.replace(`{${name}}`, bad),
          operation.url,
        );
        const answer = await call(fuzzed, operation, path, bodyWith(operation, mine));
        assertAnswered(answer, `${operation.name} ${bad}`);
        expect([400, 403, 404, 413, 415], `${operation.name} ${bad}`).toContain(answer.status);
      }
    }
  });

  const hostile: [name: string, value: unknown][] = [
    ['null', null],
    ['a number', -1e308],
    ['an endless number', 1e21],
    ['a truth', true],
    ['an empty text', ''],
    ['a long text', 'x'.repeat(100_000)],
    ['an emoji', '👩‍🏫🇹🇷'.repeat(20)],
    ['NUL', 'a\u0000b'],
    ['half a pair', 'a\ud800b'],
    ['SQL', "'; drop table students; --"],
    ['a formula', '=1+1'],
    ['a list', [[[[]]]]],
    ['an object', { a: { b: null } }],
    ['a prototype', JSON.parse('{"__proto__":{"x":1},"constructor":{"prototype":{}}}')],
    ['a far date', '275760-09-13T00:00:00.000Z'],
    ['an early day', '0000-01-01'],
  ];

  it.each(hostile)('%s in any place of a body is answered, never 500', async (_name, value) => {
    for (const operation of operations.filter(({ body, name }) => body && !signingIn.test(name))) {
      const path = pathWith(operation, mine);
      const example = bodyWith(operation, mine) as Record<string, unknown>;
      // No video worker will ever be ready here, and a session waits for it if it has a camera.
      if (operation.name === 'POST /sessions') example.cameraIds = [];
      const names = new Set([
        ...Object.keys(example ?? {}),
        ...Object.keys(operation.body?.properties ?? {}),
      ]);
      const bodies = [value, ...[...names].map((name) => withValue(example, [name], value))];
      for (const body of bodies) {
        const answer = await call(fuzzed, operation, path, body);
        assertAnswered(answer, `${operation.name} ${JSON.stringify(body)?.slice(0, 200)}`);
      }
    }
    await assertStillIn(fuzzed);
  });

  it('NUL is refused as what it is', async () => {
    const answer = await fuzzed.post('/students', { number: 'N1', name: 'a\u0000b' });
    expect([answer.status, codeOf(answer)]).toEqual([400, 'invalid-request']);
  });

  it('a body that is no JSON, or as deep as it is long, is 4xx', async () => {
    const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
    for (const operation of operations.filter(({ body }) => body)) {
      for (const body of ['{', deep, '"x"', '\u0000', '{"a":1}}']) {
        const response = await fetch(`${server.url}${pathWith(operation, mine)}`, {
          method: operation.method,
          headers: { authorization: `Bearer ${fuzzed.token}`, 'content-type': 'application/json' },
          body,
        });
        expect(response.status, `${operation.name} ${body.slice(0, 20)}`).toBeGreaterThanOrEqual(400);
        expect(response.status, `${operation.name} ${body.slice(0, 20)}`).toBeLessThan(500);
        await response.arrayBuffer();
      }
    }
  });

  it('a page past the last says how many there are', async () => {
    const lists = operations.filter(
      ({ method, query }) => method === 'GET' && query.some(({ name }) => name === 'skip'),
    );
    expect(lists.length).toBeGreaterThan(20);
    const wrong: string[] = [];
    for (const operation of lists) {
      const path = pathWith(operation, mine);
      const required = operation.query.filter((one) => one.required && !['skip', 'limit'].includes(one.name));
      const fixed = required.map(
        ({ name, schema }) => `&${name}=${String(schema.enum?.[0] ?? '2026-11-20')}`,
      );
      const total = async (skip: number) => {
        const answer = await call(fuzzed, operation, `${path}?skip=${skip}${fixed.join('')}`, undefined);
        return answer.status === 200 ? (answer.body as { total?: number }).total : answer.status;
      };
      const [first, beyond] = [await total(0), await total(900_000)];
      if (first !== beyond) wrong.push(`${operation.name}: ${first}, past the last ${beyond}`);
    }
    expect(wrong).toEqual([]);
    await assertStillIn(fuzzed);
  });

  it('any value of a query is answered, never 500', async () => {
    const bad = [
      '',
      '-1',
      '99999999999999999999',
      'x',
      '%00',
      '%F0%9F%98%80',
      '0000-01-01',
      '9999-12-31',
      '1e309',
      'null',
    ];
    for (const operation of operations) {
      const path = pathWith(operation, mine);
      for (const { name } of operation.query) {
        for (const value of bad) {
          const answer = await call(fuzzed, operation, `${path}?${name}=${value}`, bodyWith(operation, mine));
          assertAnswered(answer, `${operation.name}?${name}=${value}`);
        }
      }
    }
    await assertStillIn(fuzzed);
  });
});

/** The same claims, signed with a key that the server knows of for as long as it is told to. */
async function signWithOwnKey(token: string, goodForMs: number): Promise<string> {
  const { publicKey, privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519' });
  const jwk = await exportJWK(publicKey);
  const kid = randomUUID();
  const now = clock.now();
  await server.context.db.system((tx) =>
    tx.insert(schema.signingKeys).values({
      ...{ id: kid, algorithm: 'EdDSA', privateKey: randomBytes(60), activeFrom: new Date(now - 60_000) },
      publicJwk: { kid, alg: 'EdDSA', use: 'sig', ...jwk },
      ...{ retiresAt: new Date(now + goodForMs), createdAt: new Date(now - 60_000) },
    }),
  );
  return new SignJWT(decodeJwt(token))
    .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', kid })
    .sign(privateKey);
}

/** The administrator's token, but not signed with the server's key. */
function forge(token: string, how: string): string {
  const [head, claims] = token.split('.') as [string, string];
  const header = JSON.parse(Buffer.from(head, 'base64url').toString()) as Record<string, unknown>;
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  if (how === 'none') return `${encode({ ...header, alg: 'none' })}.${claims}.`;
  const signed = `${encode(how === 'HS256' ? { ...header, alg: 'HS256' } : header)}.${claims}`;
  return `${signed}.${createHmac('sha256', 'yoklama').update(signed).digest('base64url')}`;
}
