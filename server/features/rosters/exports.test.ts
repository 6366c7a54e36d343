import { setTimeout as pause } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Api, addTenant, startTestServer, type TestServer } from '../../../tests/support/server.ts';
import type { Import } from './schemas.ts';
import { openZip } from './zip.ts';

type List = { total: number; items: { name: string }[] };

describe('rosters in and out', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
    const { admin, seeded } = server;
    const given = { department: 'Fizik', guardianName: 'Deniz Işık', guardianEmail: 'deniz@ev.example' };
    for (const student of [
      { number: '-17', name: '=1+1', email: 'a@okul.example', locale: 'tr', ...given },
      { number: '18', name: 'Madonna' },
      { number: '19', name: '\'Quoted, "Name"; here', externalId: 'X-19', guardianName: 'Ay Işık' },
    ]) {
      const made = await admin.post<{ id: string }>('/students', student);
      await admin.post(`/courses/${seeded!.courseId}/enrolments`, { studentIds: [made.body.id] });
    }
    await admin.post('/teachers', { name: 'Adsız Hoca', title: '@Doç.', department: 'Kimya, Biyoloji' });
    const teacherIds = [seeded!.teacherId];
    await admin.post('/courses', {
      code: 'FIZ',
      name: 'Fizik',
      semester: '2026 Güz',
      department: 'Fizik',
      teacherIds,
    });
    await admin.post('/courses', { code: 'FIZ', name: 'Fizik' });
    const gone = await admin.post<{ id: string }>('/students', { number: '99', name: 'Archived' });
    await admin.post(`/students/${gone.body.id}/archive`);
  }, 60_000);
  afterAll(() => server?.close());

  const get = async (path: string) => (await server.admin.get<Buffer>(path)).body;
  const upload = async (bytes: Buffer, entity?: string, api: Api = server.admin) => {
    const form = new FormData();
    if (entity) form.append('entity', entity);
    form.append('file', new Blob([Uint8Array.from(bytes)]), 'roster');
    const made = await api.post<Import>('/imports', form);
    if (made.status >= 300) throw new Error(JSON.stringify(made.body));
    return made.body;
  };
  const settled = async (id: string, api: Api, busy: string): Promise<Import> => {
    for (;;) {
      const { body } = await api.get<Import>(`/imports/${id}`);
      if (body.status !== busy) return body;
      await pause(200);
    }
  };

  it('neutralises formulas, and says it is UTF-8', async () => {
    const answer = await server.admin.get<Buffer>('/exports/students.csv');
    expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename="students.csv"');
    const text = answer.body.toString();
    expect(answer.body.subarray(0, 3)).toEqual(Buffer.from([0xef, 0xbb, 0xbf]));
    expect(text).toContain("\r\n'-17,'=1+1,a@okul.example,Fizik,Deniz Işık,deniz@ev.example,tr,,active\r\n");
    expect(text).not.toContain('Archived');
    expect((await get('/exports/students.csv?archived=true')).toString()).toContain(
      '99,Archived,,,,,,,archived',
    );
    expect((await get('/exports/teachers.csv?separator=semicolon')).toString()).toContain(
      ";'@Doç.;Kimya, Biyoloji;",
    );
  });

  for (const entity of ['students', 'teachers', 'courses', 'enrolments']) {
    it(`changes nothing when exported ${entity} are imported`, async () => {
      for (const query of ['', '?separator=semicolon&archived=true', '?separator=tab']) {
        const { counts, status } = await upload(await get(`/exports/${entity}.csv${query}`), entity);
        expect([status, counts.unchanged, counts.error], query).toEqual(['checked', counts.lines, 0]);
        expect(counts.lines).toBeGreaterThan(1);
      }
    });
  }

  it('changes nothing when an exported OneRoster archive is imported, and moves an institution to another', async () => {
    const zip = await get('/exports/oneroster.zip');
    const tables = await openZip(zip);
    expect(tables.names).toContain('manifest.csv');
    expect((await tables.read('manifest.csv'))!.toString()).toContain('oneroster.version,1.2\r\n');
    for (const bytes of [zip, await get('/exports/oneroster.zip?archived=true')]) {
      const { counts, status } = await upload(bytes);
      expect([status, counts.unchanged, counts.error]).toEqual(['checked', counts.lines, 0]);
    }
    const other = await addTenant(server, 'moved');
    const made = await upload(zip, undefined, other);
    expect(made.counts).toMatchObject({ error: 0, create: made.counts.lines });
    expect((await other.post<Import>(`/imports/${made.id}/apply`, {})).body.status).toBe('applied');
    const name = ({ items }: List) => items.map((one) => one.name).sort();
    for (const list of ['students', 'teachers', 'courses']) {
      const [here, there] = [await server.admin.get<List>(`/${list}`), await other.get<List>(`/${list}`)];
      expect(name(there.body), list).toEqual(name(here.body));
    }
  });

  it('is for administrators and shows no other institution', async () => {
    const other = await addTenant(server, 'empty');
    for (const path of ['/exports/students.csv', '/exports/courses.csv', '/exports/oneroster.zip']) {
      expect((await server.teacher.get(path)).status).toBe(403);
      expect((await server.anonymous.get(path)).status).toBe(401);
    }
    const text = (await other.get<Buffer>('/exports/students.csv')).body.toString();
    expect(text.trim().split('\r\n')).toHaveLength(1);
  });

  it('takes 50,000 lines as a job, in bounded time and memory', async () => {
    const api = await addTenant(server, 'large');
    const students = Array.from(
      { length: 50_000 },
      (_, i) => `${100_000 + i};Öğrenci ${i};s${i}@okul.example;Bölüm ${i % 40}`,
    );
    const before = process.memoryUsage().rss;
    const started = performance.now();
    const queued = await upload(
      Buffer.from(`numara;ad;e-posta;bölüm\n${students.join('\n')}`),
      'students',
      api,
    );
    expect(queued.status).toBe('checking');
    const checked = await settled(queued.id, api, 'checking');
    expect([checked.error, checked.counts]).toMatchObject([null, { lines: 50_000, create: 50_000 }]);
    const readMs = performance.now() - started;
    const applying = await api.post<Import>(`/imports/${queued.id}/apply`, {});
    expect([applying.status, applying.body.status]).toEqual([202, 'applying']);
    const applied = await settled(queued.id, api, 'applying');
    expect(applied).toMatchObject({ status: 'applied', counts: { create: 50_000 } });
    const appliedMs = performance.now() - started - readMs;
    expect((await api.get<List>('/students?search=ogrenci 49999')).body.total).toBe(1);

    await api.post('/courses', { code: 'BIG', name: 'Big' });
    const links = Array.from({ length: 20_000 }, (_, i) => `${100_000 + i},BIG`);
    const enrolments = await upload(Buffer.from(`number,code\n${links.join('\n')}`), 'enrolments', api);
    const planned = await settled(enrolments.id, api, 'checking');
    expect(planned.counts).toMatchObject({ lines: 20_000, create: 20_000 });
    const plannedMs = performance.now() - started - readMs - appliedMs;
    await api.post(`/imports/${enrolments.id}/apply`, {});
    expect((await settled(enrolments.id, api, 'applying')).status).toBe('applied');
    const totalMs = performance.now() - started;
    const grown = (process.memoryUsage().rss - before) / 1024 / 1024;
    console.info(
      `50,000 students: read ${Math.round(readMs)} ms, applied ${Math.round(appliedMs)} ms; 20,000 enrolments: read ` +
        `${Math.round(plannedMs)} ms; ${Math.round(totalMs)} ms in all, ${Math.round(grown)} MB more`,
    );
    expect(grown).toBeLessThan(500);
    // What was applied is no longer kept as text.
    const { tenantId } = (await api.get<{ tenantId: string }>('/auth/me')).body;
    const [kept] = await server.context.db.tenant(tenantId, (tx) =>
      tx.execute(sql`select count(*)::int as n from import_lines where data <> '{}'`),
    );
    expect(kept).toEqual({ n: 0 });
  }, 240_000);

  it('forgets imports after a week', async () => {
    const { tenantId } = (await server.admin.get<{ tenantId: string }>('/auth/me')).body;
    const made = await upload(Buffer.from('number,name\n7,A\n'), 'students');
    await server.context.db.tenant(tenantId, (tx) =>
      tx.execute(sql`update imports set expires_at = now() - interval '1 second' where id = ${made.id}`),
    );
    const { removed, failed } = await server.context.retention.run(tenantId);
    expect([removed.imports, failed.imports]).toEqual([1, undefined]);
    expect((await server.admin.get(`/imports/${made.id}`)).status).toBe(404);
  });
});
