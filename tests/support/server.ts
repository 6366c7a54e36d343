import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Config, loadConfig } from '../../config/index.ts';
import type { PolicyId } from '../../config/policies.ts';
import { newId } from '../../server/db/ids.ts';
import { users } from '../../server/db/schema/index.ts';
import { hashPassword } from '../../server/features/auth/passwords.ts';
import { createTenant } from '../../server/features/tenants/service.ts';
import { type Overrides, type RunningServer, startServer } from '../../server/main.ts';
import { fillFromTemplate } from './database-template.ts';
import { idleSupervisor } from './idle-supervisor.ts';

export interface TestServerOptions {
  /** Start the real pipeline worker (loads models); otherwise none is ever ready. */
  pipeline?: boolean;
  /** Students made in the first institution, enrolled in its course. */
  students?: number;
  /** A data directory to go on with; it is not removed at the end. */
  dataDir?: string;
  /** More settings, by their environment names. */
  env?: Record<string, string>;
  overrides?: Overrides;
}

export interface TestServer extends RunningServer {
  config: Config;
  /** As the institution's administrator. */
  admin: Api;
  teacher: Api;
  /** Nobody. */
  anonymous: Api;
  /** Null where the data directory had been used before. */
  seeded: Seeded | null;
  as(email: string, password: string): Promise<Api>;
}

export interface Seeded {
  tenantId: string;
  /** MAT101; the seeded teacher teaches it, and nothing else. */
  courseId: string;
  /** The seeded teacher on the list of teachers. */
  teacherId: string;
  students: { id: string; number: string; name: string }[];
}

export interface Answer<T> {
  status: number;
  body: T;
  headers: Headers;
}

export interface Api {
  readonly token: string | null;
  call<T = Record<string, unknown>>(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Answer<T>>;
  get<T = Record<string, unknown>>(path: string): Promise<Answer<T>>;
  post<T = Record<string, unknown>>(path: string, body?: unknown): Promise<Answer<T>>;
}

export const PASSWORD = 'correct horse battery';
export const ADMIN_EMAIL = 'admin@test.local';
export const TEACHER_EMAIL = 'teacher@test.local';

/** A whole server on a free port with a Postgres of its own in a temporary folder; about a second and a half. */
export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'yoklama-test-')));
  const config = loadConfig({
    NODE_ENV: 'test',
    HOST: '127.0.0.1',
    PORT: '0',
    DATA_DIR: dataDir,
    ADMIN_EMAIL,
    ADMIN_PASSWORD: PASSWORD,
    PATH: process.env.PATH,
    ...(process.env.MODELS_DIR ? { MODELS_DIR: process.env.MODELS_DIR } : {}),
    ...(process.env.FFMPEG_PATH ? { FFMPEG_PATH: process.env.FFMPEG_PATH } : {}),
    LOG_LEVEL: process.env.TEST_LOG_LEVEL ?? 'fatal',
    ...options.env,
  });
  const removeData = async () => {
    if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true });
  };
  let server: RunningServer;
  try {
    if (config.databaseUrl === null) await fillFromTemplate(dataDir);
    server = await startServer(config, {
      ...(options.pipeline ? {} : { supervisor: idleSupervisor(config) }),
      ...options.overrides,
    });
  } catch (error) {
    await removeData();
    throw error;
  }
  const close = async () => {
    await server.close();
    await removeData();
  };
  try {
    const as = (email: string, password: string) => signIn(server.url, email, password);
    const admin = await as(ADMIN_EMAIL, PASSWORD);
    const seeded = await seed(admin, options.students ?? 3);
    const teacher = await as(TEACHER_EMAIL, PASSWORD);
    if (options.pipeline) await server.context.supervisor.ready(120_000);
    return { ...server, close, config, admin, teacher, anonymous: createApi(server.url, null), seeded, as };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A second institution in the same database, with its administrator (`admin@NAME.local`). */
export async function addTenant(
  server: TestServer,
  name: string,
  policy: PolicyId = 'default',
): Promise<Api> {
  const { context } = server;
  const passwordHash = await hashPassword(PASSWORD);
  const email = `admin@${name}.local`;
  await context.db.system(async (tx) => {
    const tenantId = await createTenant(context, tx, {
      name,
      locale: 'en',
      timezone: 'Europe/Berlin',
      policy,
    });
    await tx
      .insert(users)
      .values({ id: newId(), tenantId, email, name: 'Admin', role: 'admin', locale: 'en', passwordHash });
  });
  return server.as(email, PASSWORD);
}

export async function signIn(url: string, email: string, password: string): Promise<Api> {
  const answer = await createApi(url, null).post<{ access_token: string }>('/auth/login', {
    email,
    password,
  });
  if (answer.status !== 200) throw new Error(`Signing in as ${email}: ${JSON.stringify(answer.body)}`);
  return createApi(url, answer.body.access_token);
}

export function createApi(url: string, token: string | null): Api {
  const api: Api = {
    token,
    async call(method, path, body, headers = {}) {
      const form = body instanceof FormData;
      const response = await fetch(`${url}${/^\/(api\/|graphql$)/.test(path) ? '' : '/api/v1'}${path}`, {
        method,
        headers: {
          ...(token ? { authorization: `Bearer ${token}` } : {}),
          ...(body === undefined || form ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: form ? body : JSON.stringify(body) }),
      });
      const json = (response.headers.get('content-type') ?? '').includes('json');
      const read = json ? await response.json() : Buffer.from(await response.arrayBuffer());
      return { status: response.status, body: read as never, headers: response.headers };
    },
    get: (path) => api.call('GET', path),
    post: (path, body) => api.call('POST', path, body),
  };
  return api;
}

async function seed(admin: Api, count: number): Promise<Seeded | null> {
  const existing = await admin.get<{ total: number }>('/courses');
  if (existing.body.total > 0) return null;
  const teacher = { email: TEACHER_EMAIL, name: 'Ayşe Öğretmen', role: 'teacher', password: PASSWORD };
  const user = await expectStatus(201, admin.post<{ id: string }>('/users', teacher));
  const { body: teachers } = await admin.get<{ items: { id: string }[] }>(`/teachers?userId=${user.id}`);
  const teacherId = teachers.items[0]!.id;
  const students: Seeded['students'] = [];
  for (let index = 1; index <= count; index++) {
    const given = { number: `S${100 + index}`, name: `Öğrenci ${index}`, consents: { face: true } };
    students.push(await expectStatus(201, admin.post<Seeded['students'][number]>('/students', given)));
  }
  const course = await expectStatus(
    201,
    admin.post<{ id: string }>('/courses', {
      code: 'MAT101',
      name: 'Matematik',
      teacherIds: [teacherId],
    }),
  );
  if (count > 0) {
    const studentIds = students.map((student) => student.id);
    await expectStatus(200, admin.post(`/courses/${course.id}/enrolments`, { studentIds }));
  }
  const { body } = await admin.get<{ tenantId: string }>('/auth/me');
  return { tenantId: body.tenantId, courseId: course.id, teacherId, students };
}

async function expectStatus<T>(status: number, answer: Promise<Answer<T>>): Promise<T> {
  const got = await answer;
  if (got.status !== status)
    throw new Error(`Expected ${status}, got ${got.status}: ${JSON.stringify(got.body)}`);
  return got.body;
}
