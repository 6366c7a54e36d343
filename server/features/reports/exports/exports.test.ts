import { sql } from 'drizzle-orm';
import ExcelJS from 'exceljs';
import { getDocument, OPS } from 'pdfjs-dist/legacy/build/pdf.mjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeMarks } from '../../../../tests/support/marks.ts';
import {
  type Api,
  addTenant,
  createApi,
  startTestServer,
  type TestServer,
} from '../../../../tests/support/server.ts';
import { newId } from '../../../db/ids.ts';
import type { ReportDocument } from './document.ts';
import { createExcelWriter } from './excel.ts';
import { attachment } from './link.ts';

let server: TestServer;
let clock = Date.parse('2026-11-20T12:00:00Z');
let ids: string[] = [];
const NAMES = [
  'Çağrı Şükrü Ğüıöİ',
  'Айгүл Өмүрзакова',
  'Эңилик Жаңыл',
  '=HYPERLINK("http://evil")',
  '@SUM(1)',
];

beforeAll(async () => {
  server = await startTestServer({ students: 5, overrides: { clock: { now: () => clock } } });
  const { tenantId, courseId, students } = server.seeded!;
  ids = students.map(({ id }) => id);
  await server.context.db.tenant(tenantId, async (tx) => {
    await tx.execute(sql`update tenants set timezone = 'Asia/Bishkek', name = 'Кыргыз Мектеби & Okul'`);
    for (const [at, name] of NAMES.entries())
      await tx.execute(sql`update students set name = ${name} where id = ${ids[at]}`);
  });
  await writeMarks(server.context, {
    tenantId,
    courseId,
    studentIds: ids,
    meetings: [
      ['2026-11-09', 'ppaap'],
      ['2026-11-16', 'plpea'],
      ['2026-11-17', 'ppppa'],
      ['2026-11-18', 'plapp'],
    ],
  });
});
afterAll(() => server?.close());

const WEEK = { report: 'attendance-weekly', params: { day: '2026-11-18' } };

async function exported(body: object, api: Api = server.admin) {
  const answer = await api.post<Buffer>('/reports/exports', body);
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer;
}

async function workbookOf(content: Buffer): Promise<ExcelJS.Workbook> {
  const workbook = new ExcelJS.Workbook();
  await workbook.xlsx.load(content as unknown as ExcelJS.Buffer);
  return workbook;
}

async function readPdf(content: Buffer) {
  const pdf = await getDocument({ data: Uint8Array.from(content), useSystemFonts: false }).promise;
  const pages: string[] = [];
  let paths = 0;
  for (let number = 1; number <= pdf.numPages; number++) {
    const page = await pdf.getPage(number);
    const { items } = await page.getTextContent();
    pages.push(items.map((item) => ('str' in item ? item.str : '')).join(' '));
    const { fnArray } = await page.getOperatorList();
    paths += fnArray.filter((op) => op === OPS.constructPath).length;
  }
  const { info } = await pdf.getMetadata();
  const marks = await pdf.getMarkInfo();
  return { pages, text: pages.join('\n'), paths, info: info as Record<string, unknown>, marks };
}

describe('Excel', () => {
  it('has real numbers, shares and dates, a frozen header, a filter and totals with formulas', async () => {
    const { body, headers } = await exported({ ...WEEK, format: 'excel', locale: 'tr' });
    expect(headers.get('content-type')).toContain('spreadsheetml');
    expect(headers.get('content-disposition')).toContain("filename*=UTF-8''Haftal%C4%B1k");
    const workbook = await workbookOf(body);
    expect(workbook.worksheets.map(({ name }) => name)).toEqual(['Özet', 'Dersler', 'Günler', 'Bölümler']);
    const days = workbook.getWorksheet('Günler')!;
    expect(days.getCell('A1').value).toBe('Кыргыз Мектеби & Okul');
    expect(days.getCell('A3').value).toBe('16.11.2026 – 22.11.2026');
    expect(days.views[0]).toMatchObject({ state: 'frozen', ySplit: 5 });
    expect(days.autoFilter).toBe('A5:F8');
    expect(days.getRow(5).values).toEqual([undefined, 'Gün', 'Var', 'Geç', 'İzinli', 'Yok', 'Katılım oranı']);
    const first = days.getCell('A6');
    expect(first.value).toEqual(new Date('2026-11-16T00:00:00Z'));
    expect(first.numFmt).toBe('dd.mm.yyyy');
    expect([days.getCell('B6').value, days.getCell('E6').value]).toEqual([2, 1]);
    expect(days.getCell('F6').value).toBeCloseTo(3 / 4);
    expect(days.getCell('F6').numFmt).toBe('0.0%');
    expect(days.getCell('B9').value).toEqual({ formula: 'SUM(B6:B8)', result: 9 });
    const rate = days.getCell('F9').value as { formula: string; result: number };
    expect(rate.formula).toBe('IF((B9+C9)+E9=0,"",(B9+C9)/((B9+C9)+E9))');
    expect(rate.result).toBeCloseTo(11 / 14);
  });

  it('writes names as texts, whatever they begin with, and instants as the institution’s wall clock', async () => {
    const { body } = await exported({ report: 'records', params: { from: '2026-11-16' }, format: 'excel' });
    const sheet = (await workbookOf(body)).getWorksheet('Kayıtlar')!;
    const names = new Set<unknown>();
    sheet.eachRow((row, number) => {
      if (number > 5) names.add(row.getCell(5).value);
    });
    expect(names).toEqual(new Set(NAMES));
    sheet.eachRow((row) => row.eachCell((cell) => expect(cell.type).not.toBe(ExcelJS.ValueType.Formula)));
    expect(sheet.getCell('B6').value).toEqual(new Date('2026-11-16T15:00:00Z'));
  });

  it('writes letters for columns beyond Z, sheets of one name, and texts that XML does not know', async () => {
    const columns = Array.from({ length: 30 }, (_, at) => ({
      title: `c${at}`,
      kind: 'integer' as const,
      width: 5,
      total: 'sum' as const,
    }));
    const section = {
      id: 'a',
      title: "It's [a]: sheet",
      columns,
      rows: [columns.map((_, at) => at)],
      totals: true,
    };
    const text = {
      ...section,
      id: 'b',
      columns: [{ title: 't', kind: 'text' as const, width: 9 }],
      rows: [['a\u0000b']],
    };
    const document: ReportDocument = {
      ...{ title: 't', fileName: 't', period: '', locale: 'en', timezone: 'UTC', generatedAtMs: 0 },
      institution: { name: 'i', primary: '#112233', accent: '#445566', logo: null },
      ...{ notes: [], facts: [], charts: [], sections: [section, text] },
    };
    const words = { summary: 'Summary', total: 'Total', generated: 'Made', none: 'None', page: '{page}' };
    const workbook = await workbookOf(Buffer.from(await createExcelWriter(document, words).end()));
    expect(workbook.worksheets[1]!.getCell('AD7').value).toEqual({ formula: 'SUM(AD6:AD6)', result: 29 });
    expect(workbook.worksheets[2]!.getCell('A6').value).toBe('ab');
  });
});

describe('PDF', () => {
  it('has Turkish, Russian and Kyrgyz letters, totals and charts', async () => {
    const { body, headers } = await exported({
      report: 'course',
      params: { courseId: server.seeded!.courseId },
      format: 'pdf',
      locale: 'ky',
    });
    expect(headers.get('content-type')).toBe('application/pdf');
    const { text, paths, info, marks } = await readPdf(body);
    for (const name of NAMES) expect(text).toContain(name);
    expect(text).toContain('Кыргыз Мектеби & Okul');
    expect(text).toContain('Окуучулар');
    expect(text).toContain('Күндөр боюнча катышуу');
    expect(text.replace(/\s+/g, ' ')).toContain('Жалпы 12 2 1 5 73,7 %');
    // Five lines of the grid, the line and four dots, boxes of figures, headers of tables.
    expect(paths).toBeGreaterThan(20);
    expect(info).toMatchObject({ Title: expect.stringContaining('MAT101'), Language: 'ky' });
    expect(marks).toMatchObject({ Marked: true });
  });

  it('draws bars: one more course, one more path', async () => {
    const { body } = await exported({ ...WEEK, format: 'pdf', locale: 'tr' });
    const before = await readPdf(body);
    expect(before.text).toContain('Katılım oranı');
    expect(before.text).toContain('Günlere göre katılım oranı');
    expect(before.text).toContain('Toplam');
    expect(before.text).toContain('Sayfa 1 / ');
  });

  it('repeats the header of a table on every page', async () => {
    const { courseId, tenantId } = server.seeded!;
    const meetings = Array.from({ length: 30 }, (_, day) => {
      const date = new Date(Date.UTC(2026, 7, 1 + day));
      return [date.toISOString().slice(0, 10), 'ppppp'] as const;
    });
    await writeMarks(server.context, { tenantId, courseId, studentIds: ids, meetings });
    const { body } = await exported({
      report: 'records',
      params: { from: '2026-08-01', until: '2026-08-31' },
      format: 'pdf',
      locale: 'ru',
    });
    const { pages } = await readPdf(body);
    expect(pages.length).toBeGreaterThan(3);
    for (const page of pages) expect(page).toContain('Замечен впервые');
    expect(pages.at(-1)).toContain(`Страница ${pages.length} из ${pages.length}`);
  });
});

describe('CSV', () => {
  it('opens in a spreadsheet as it is, and runs nothing there', async () => {
    const params = { from: '2026-11-09', until: '2026-11-18' };
    const { body, headers } = await exported({ report: 'students', params, format: 'csv', locale: 'tr' });
    expect(headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect([...body.subarray(0, 3)]).toEqual([0xef, 0xbb, 0xbf]);
    const lines = body.toString('utf8').slice(1).split('\r\n');
    expect(lines[0]).toBe('Numara;Ad;Bölüm;Var;Geç;İzinli;Yok;Katılım oranı;Değişim (puan)');
    expect(lines.find((line) => line.includes('HYPERLINK'))).toMatch(/^S104;"'=HYPERLINK\(""http/);
    expect(lines.find((line) => line.startsWith('S105'))).toBe("S105;'@SUM(1);;2;0;0;2;0,5;");
    const english = await exported({ report: 'students', params, format: 'csv', locale: 'en' });
    expect(english.body.toString('utf8')).toContain("S105,'@SUM(1),,2,0,0,2,0.5,");
  });

  it('has the table that was asked for', async () => {
    const params = { ...WEEK.params, section: 'days' };
    const { body } = await exported({ ...WEEK, params, format: 'csv', locale: 'en' });
    expect(body.toString('utf8').split('\r\n')[1]).toBe('2026-11-16,2,1,1,1,0.75');
    const wrong = { ...WEEK, params: { ...WEEK.params, section: 'x' }, format: 'csv' };
    const answer = await server.admin.post<{ error: { code: string } }>('/reports/exports', wrong);
    expect(answer.body.error.code).toBe('report-params-invalid');
  });
});

interface Export {
  id: string;
  status: string;
  progress: number;
  error: string | null;
  expiresAt: string;
  file: { name: string; bytes: number; href: string } | null;
}

async function finished(id: string, api: Api = server.admin): Promise<Export> {
  for (;;) {
    await server.context.outbox.drain();
    const { body } = await api.get<Export>(`/reports/exports/${id}`);
    if (body.status !== 'queued' && body.status !== 'running') return body;
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}

describe('large reports', () => {
  it('are made as a job, announced, and fetched by a link that expires', async () => {
    const body = {
      report: 'records',
      params: { from: '2026-08-01' },
      format: 'excel',
      locale: 'tr',
      later: true,
    };
    const asked = await server.teacher.post<Export>('/reports/exports', body);
    expect(asked.status).toBe(202);
    expect(asked.body).toMatchObject({ status: 'queued', progress: 0, file: null });
    const done = await finished(asked.body.id, server.teacher);
    expect(done).toMatchObject({ status: 'done', progress: 1, error: null });
    expect(Date.parse(done.expiresAt) - clock).toBe(24 * 3_600_000);
    const anyone = createApi(server.url, null);
    const fetched = await anyone.get<Buffer>(done.file!.href);
    expect(fetched.status).toBe(200);
    expect(fetched.headers.get('content-disposition')).toMatch(
      /^attachment; filename="Yoklama kayitlari .*\.xlsx"/,
    );
    const sheet = (await workbookOf(fetched.body)).getWorksheet('Kayıtlar')!;
    expect(sheet.rowCount).toBe(5 + 30 * 5 + 4 * 5);

    const code = async (href: string) =>
      (await anyone.get<{ error: { code: string } }>(href)).body.error.code;
    // Not the last character: some of its bits say nothing.
    const forged = done.file!.href.replace(/.(?=.{9}$)/, (one) => (one === 'A' ? 'B' : 'A'));
    expect(await code(forged)).toBe('report-link-invalid');
    const other = await server.teacher.post<Export>('/reports/exports', body);
    const token = done.file!.href.split('token=')[1]!;
    expect(await code(`/reports/exports/${other.body.id}/file?token=${token}`)).toBe('report-link-invalid');
    await finished(other.body.id, server.teacher);
    const list = await server.admin.get<{ total: number }>('/reports/exports');
    expect(list.body.total).toBe(2);

    const before = clock;
    clock += 25 * 3_600_000;
    const renewed = await server.as('admin@test.local', 'correct horse battery');
    expect(await code(done.file!.href)).toBe('report-link-invalid');
    const late = (await renewed.get<Export>(`/reports/exports/${done.id}`)).body;
    expect(late).toMatchObject({ status: 'expired', file: null });
    const purged = await server.context.retention.run(server.seeded!.tenantId);
    expect(purged.removed.reports).toBe(2);
    clock = before;
  });

  it('end once, however often the job is delivered', async () => {
    const { tenantId } = server.seeded!;
    const body = { ...WEEK, format: 'csv', later: true };
    const { id } = (await server.admin.post<Export>('/reports/exports', body)).body;
    for (let again = 0; again < 3; again++)
      await server.context.queue.add('report-build', { tenantId, reportJobId: id } as { tenantId: string });
    await finished(id);
    await expect
      .poll(async () => (await server.context.queue.stats()).find(({ name }) => name === 'report-build'))
      .toMatchObject({ waiting: 0, active: 0 });
    const [counts] = await server.context.db.tenant(tenantId, (tx) =>
      tx.execute(sql`select count(*)::int as n from files where kind = 'report'`),
    );
    expect(counts).toEqual({ n: 1 });
  });

  it('that were left by a killed server are taken up again', async () => {
    const { tenantId } = server.seeded!;
    const body = { ...WEEK, format: 'pdf', later: true };
    const { id } = (await server.admin.post<Export>('/reports/exports', body)).body;
    await finished(id);
    // As the killed server would have left it, and the queue's second delivery.
    await server.context.db.tenant(tenantId, (tx) =>
      tx.execute(
        sql`update report_jobs set status = 'running', progress = 0.4, file_id = null where id = ${id}`,
      ),
    );
    await server.context.queue.add('report-build', { tenantId, reportJobId: id } as { tenantId: string });
    expect(await finished(id)).toMatchObject({ status: 'done', progress: 1 });
  });

  it('fail with a code where they cannot be made, and belong to who asked', async () => {
    const { tenantId, courseId } = server.seeded!;
    const body = { report: 'course', params: { courseId }, format: 'pdf', later: true };
    const { id } = (await server.teacher.post<Export>('/reports/exports', body)).body;
    const other = await addTenant(server, 'exports-other');
    expect((await other.get(`/reports/exports/${id}`)).status).toBe(404);
    await finished(id);
    await server.context.db.tenant(tenantId, (tx) =>
      tx.execute(sql`
        update report_jobs set status = 'queued', file_id = null,
          params = jsonb_set(params, '{courseId}', to_jsonb(${newId()}::text)) where id = ${id}`),
    );
    await server.context.queue.add('report-build', { tenantId, reportJobId: id } as { tenantId: string });
    expect(await finished(id)).toMatchObject({ status: 'failed', error: 'course-not-found' });
  });
});

describe('what may not be exported', () => {
  it('is refused before anything is made', async () => {
    const ask = async (body: object, api: Api) => {
      const answer = await api.post<{ error: { code: string } }>('/reports/exports', {
        format: 'csv',
        ...body,
      });
      return [answer.status, answer.body.error.code];
    };
    const { courseId, tenantId } = server.seeded!;
    expect(await ask({ report: 'course' }, server.admin)).toEqual([422, 'report-params-invalid']);
    expect(await ask({ report: 'course', params: { courseId: newId() } }, server.admin)).toEqual([
      404,
      'course-not-found',
    ]);
    const ofStudent = { report: 'emotions-student', params: { studentId: ids[0] } };
    expect(await ask(ofStudent, server.admin)).toEqual([403, 'emotion-off']);
    const mode = (to: string) =>
      server.context.db.tenant(tenantId, (tx) => tx.execute(sql`update tenants set emotion_mode = ${to}`));
    await mode('individual');
    expect(await ask(ofStudent, server.admin)).toEqual([403, 'emotion-consent-missing']);
    await mode('off');
    expect(await ask({ report: 'emotions-course', params: { courseId } }, server.admin)).toEqual([
      403,
      'emotion-off',
    ]);
    await mode('class');
    const eu = await addTenant(server, 'exports-eu', 'eu');
    const course = (await eu.post<{ id: string }>('/courses', { code: 'E', name: 'E' })).body.id;
    const forbidden = [403, 'emotion-prohibited'];
    expect(await ask({ report: 'emotions-course', params: { courseId: course } }, eu)).toEqual(forbidden);
    const read = await eu.get<{ error: { code: string } }>(`/reports/emotions/course/${course}`);
    expect([read.status, read.body.error.code]).toEqual(forbidden);
  });
});

describe('names of downloads', () => {
  it('are readable everywhere', () => {
    expect(attachment("Öğrenci (ı)'s 50%.pdf")).toBe(
      `attachment; filename="Ogrenci (i)'s 50_.pdf"; filename*=UTF-8''%C3%96%C4%9Frenci%20%28%C4%B1%29%27s%2050%25.pdf`,
    );
  });
});
