import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import ExcelJS from 'exceljs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectRoot } from '../../config/paths.ts';
import { eventually } from '../support/live.ts';
import { writeMarks } from '../support/marks.ts';
import { ADMIN_EMAIL, type Api, createApi, PASSWORD, signIn, startTestServer } from '../support/server.ts';

const STUDENTS = 25;
const MEETINGS = 1200;

interface Export {
  id: string;
  status: string;
  progress: number;
  file: { bytes: number; href: string } | null;
}

/** The real command, in a process of its own that can be killed. */
async function serve(folder: string): Promise<{ url: string; process: ChildProcess }> {
  const child = spawn(process.execPath, [join(projectRoot, 'bin', 'yoklama.mjs'), 'serve'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      NODE_ENV: 'test',
      LOG_LEVEL: process.env.TEST_LOG_LEVEL ?? 'fatal',
      HOST: '127.0.0.1',
      PORT: '0',
      DATA_DIR: join(folder, 'data'),
      ADMIN_EMAIL,
      ADMIN_PASSWORD: PASSWORD,
    },
  });
  for await (const line of createInterface({ input: child.stdout! })) {
    const url = /yoklama is at (\S+)/.exec(line)?.[1];
    if (url) return { url, process: child };
  }
  throw new Error('The server ended before it listened.');
}

describe('the server is killed with SIGKILL while it makes a report', () => {
  let folder: string;
  let server: { url: string; process: ChildProcess } | null = null;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'yoklama-report-'));
    // Postgres runs as another user where this is root: it must be able to enter the folder above its own.
    await chmod(folder, 0o755);
    const first = await startTestServer({ dataDir: join(folder, 'data'), students: STUDENTS });
    try {
      const { tenantId, courseId, students } = first.seeded!;
      const today = Date.now();
      await writeMarks(first.context, {
        tenantId,
        courseId,
        studentIds: students.map(({ id }) => id),
        meetings: Array.from({ length: MEETINGS }, (_, at) => [
          new Date(today - (1 + at / 50) * 86_400_000).toISOString(),
          'p'.repeat(STUDENTS),
        ]),
      });
    } finally {
      await first.close();
    }
  }, 300_000);
  afterAll(async () => {
    if (server?.process.exitCode === null && server.process.signalCode === null) {
      const gone = once(server.process, 'exit');
      server.process.kill('SIGTERM');
      await gone;
    }
    await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 500 });
  }, 60_000);

  it('makes it after the restart, whole and once', async () => {
    server = await serve(folder);
    let api = await signIn(server.url, ADMIN_EMAIL, PASSWORD);
    const asked = await api.post<Export>('/reports/exports', {
      report: 'records',
      format: 'excel',
      params: { from: new Date(Date.now() - 40 * 86_400_000).toISOString().slice(0, 10) },
    });
    expect(asked.status, JSON.stringify(asked.body)).toBe(202);
    const of = async (as: Api) => (await as.get<Export>(`/reports/exports/${asked.body.id}`)).body;
    let seen = asked.body;
    await eventually(async () => {
      seen = await of(api);
      return seen.progress > 0 || seen.status === 'done';
    }, 60_000);
    // Half-way: there is progress and no file.
    expect(seen).toMatchObject({ status: 'running', file: null });
    server.process.kill('SIGKILL');
    await once(server.process, 'exit');
    expect(await filesIn(join(folder, 'data', 'files'))).toBe(0);

    server = await serve(folder);
    api = await signIn(server.url, ADMIN_EMAIL, PASSWORD);
    await eventually(async () => {
      seen = await of(api);
      return seen.status !== 'running' && seen.status !== 'queued';
    }, 180_000);
    expect(seen).toMatchObject({ status: 'done', progress: 1 });
    expect(await filesIn(join(folder, 'data', 'files'))).toBe(1);
    const { body } = await createApi(server.url, null).get<Buffer>(seen.file!.href);
    expect(body.length).toBe(seen.file!.bytes);
    const workbook = new ExcelJS.Workbook();
    await workbook.xlsx.load(body as unknown as ExcelJS.Buffer);
    // Institution, title, period, an empty row, the header.
    expect(workbook.worksheets[1]!.rowCount).toBe(5 + STUDENTS * MEETINGS);
  }, 400_000);
});

async function filesIn(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).length;
}
