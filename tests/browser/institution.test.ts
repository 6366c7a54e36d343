import { readFile } from 'node:fs/promises';
import ExcelJS from 'exceljs';
import jsqr from 'jsqr';
import type { Browser, Download, Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { writeMarks } from '../support/marks.ts';
import { ADMIN_EMAIL, type Api, PASSWORD, startTestServer, type TestServer } from '../support/server.ts';
import { chromiumPath, launchChromium, seriousViolations, type WatchedPage } from './browser.ts';
import { keepEvidence, openSignedIn, sayWithoutChromium, sidewaysOf } from './desk.ts';

sayWithoutChromium();

/** The module's default export is one level deeper for an ES module. */
const jsQR = ((jsqr as unknown as { default?: typeof jsqr.default }).default ?? jsqr) as typeof jsqr.default;

/** 2002 has an address that is none; S101 is there already. */
const ROSTER = [
  'numara;ad soyad;e-posta;Şube',
  'S101;Öğrenci 1;ogrenci1@okul.example;A',
  '2001;Işıl Şahin;isil@okul.example;A',
  '2002;Mert Kaya;mert-okul;B',
].join('\r\n');

/** An administrator's and a teacher's work in a real browser, against the whole real server. */
describe.skipIf(!chromiumPath)('the pages of the institution', () => {
  let server: TestServer;
  let browser: Browser;
  let watched: WatchedPage;
  let page: Page;
  let student: Api;

  beforeAll(async () => {
    server = await startTestServer({ students: 4 });
    const { courseId, tenantId, students } = server.seeded!;
    const studentIds = students.map(({ id }) => id);
    await writeMarks(server.context, {
      ...{ tenantId, courseId, studentIds },
      meetings: [
        [day(3), 'ppla'],
        [day(2), 'pppa'],
        [day(1), 'ppea'],
      ],
    });
    const account = { email: 'elif@test.local', name: 'Elif', role: 'student', password: PASSWORD };
    await server.admin.post('/users', { ...account, studentId: studentIds[0] });
    student = await server.as(account.email, PASSWORD);

    browser = await launchChromium();
    watched = await openSignedIn(browser, server.url, ADMIN_EMAIL, { acceptDownloads: true });
    page = watched.page;
  }, 180_000);

  afterEach(({ task }) => keepEvidence(task, watched));

  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  const day = (back: number) => new Date(Date.now() - back * 86_400_000).toISOString().slice(0, 10);
  const button = (name: string | RegExp) => page.getByRole('button', { name });
  const dialog = () => page.getByRole('dialog');
  const area = (name: string) => page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name });
  const part = (name: string) => page.locator('.sub-nav').getByRole('link', { name, exact: true });
  const download = async (start: () => Promise<void>): Promise<{ name: string; content: Buffer }> => {
    const coming: Promise<Download> = page.waitForEvent('download');
    await start();
    const file = await coming;
    return { name: file.suggestedFilename(), content: await readFile(await file.path()) };
  };

  /** What a telephone would read off the screen. */
  async function codeOnScreen(): Promise<string | null> {
    const picture = await page.getByRole('img', { name: 'QR code to be scanned by students' }).screenshot();
    const { data, info } = await sharp(picture).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
    return jsQR(new Uint8ClampedArray(data), info.width, info.height)?.data ?? null;
  }

  it('shows a QR code that a telephone can read, changes it, and counts who scanned it', async () => {
    await button('Open a session without a camera').click();
    await dialog().getByRole('button', { name: 'Open a session' }).click();
    await page.getByRole('heading', { name: 'Matematik', level: 1 }).waitFor();
    await button('Show QR code').click();
    await dialog().getByLabel('A new code every').selectOption({ label: '5 seconds' });
    expect(await seriousViolations(page)).toEqual([]);
    await dialog().getByRole('button', { name: 'Show the code' }).click();
    await page.locator('.qr-picture').waitFor();
    const first = await codeOnScreen();
    expect(first).toMatch(/\/scan#[\w-]{46}$/);
    expect(await seriousViolations(page)).toEqual([]);
    // The next one comes over the socket.
    await expect.poll(codeOnScreen, { timeout: 15_000, interval: 500 }).not.toBe(first);
    await expect
      .poll(async () => {
        const code = (await codeOnScreen())?.split('#')[1] ?? '';
        const answer = await student.post('/qr/scan', { code, deviceId: 'a-telephone-0001' });
        return answer.status;
      })
      .toBe(200);
    await page.locator('.qr-count', { hasText: /^1\s*of 4 marked by code/ }).waitFor();
    await dialog().getByRole('button', { name: 'Stop taking codes' }).click();
    await dialog().getByRole('button', { name: 'Show the code' }).waitFor();
    await page.keyboard.press('Escape');
    await page.locator('.roster-item', { hasText: 'Öğrenci 1' }).filter({ hasText: 'by code' }).waitFor();
  }, 90_000);

  it('shows attendance with its trend, the same as a table, and saves it as a file', async () => {
    await area('Reports').click();
    await page.getByRole('heading', { name: 'By course' }).waitFor();
    await page.getByLabel('Date').fill(day(1));
    await page.getByLabel('Period', { exact: true }).selectOption({ label: 'Month' });
    await page.getByRole('row', { name: /MAT101 · Matematik/ }).waitFor();
    expect(await seriousViolations(page)).toEqual([]);
    const { name, content } = await download(() => button('Save as Excel').click());
    expect(name).toMatch(/\.xlsx$/);
    const book = new ExcelJS.Workbook();
    await book.xlsx.load(content as unknown as Parameters<typeof book.xlsx.load>[0]);
    const cells: string[] = [];
    book.eachSheet((sheet) =>
      sheet.eachRow((row) => row.eachCell((cell) => void cells.push(String(cell.value)))),
    );
    expect(cells.some((text) => text.includes('Matematik'))).toBe(true);

    await part('By student').click();
    const row = page.getByRole('row', { name: /Öğrenci 4/ });
    await row.waitFor();
    expect(await row.textContent()).toContain('0%');
    expect(await seriousViolations(page)).toEqual([]);
    await part('Absences').click();
    await page
      .getByRole('row', { name: /Öğrenci 4/ })
      .filter({ hasText: '3' })
      .waitFor();
    expect(await seriousViolations(page)).toEqual([]);
    const csv = await download(() => button('Save as CSV').click());
    expect(csv.content.toString('utf8')).toContain('Öğrenci 4');
  }, 60_000);

  it('makes a large report in the background, and links to it', async () => {
    await page.goto('/reports/files');
    await page.getByText('No files').waitFor();
    // As if there were too many lines for an answer: the server makes it as a job.
    await page.route('**/api/v1/reports/exports', async (route) => {
      const body = route.request().postDataJSON() as Record<string, unknown> | null;
      await (body
        ? route.continue({ postData: JSON.stringify({ ...body, later: true }) })
        : route.continue());
    });
    await button('Save as CSV').click();
    await page.getByRole('progressbar').waitFor();
    const link = page.locator('.banner').getByRole('link');
    await link.waitFor();
    expect(await seriousViolations(page)).toEqual([]);
    const { name, content } = await download(() => link.click());
    expect(name).toMatch(/\.csv$/);
    expect(content.toString('utf8')).toContain('Öğrenci 4');
    await page.unroute('**/api/v1/reports/exports');
    await page.reload();
    await page.getByRole('row').filter({ hasText: name }).filter({ hasText: 'Ready' }).waitFor();
  }, 60_000);

  it('says line by line what a roster would do before it does it', async () => {
    await area('Institution').click();
    await part('Import and export').click();
    const file = { name: 'ogrenciler.csv', mimeType: 'text/csv', buffer: Buffer.from(ROSTER) };
    await page.setInputFiles('input[data-roster]', file);
    await page.getByText('1 line has an error and cannot be applied.').waitFor();
    await page.getByRole('row', { name: /4 .*This is not an email address\./ }).waitFor();
    expect(await page.locator('.grid-table tbody tr').count()).toBe(1);
    await page.getByText('Columns that are not used: Şube.').waitFor();
    expect(await seriousViolations(page)).toEqual([]);
    await button(/^New 1/).click();
    await page.getByRole('row', { name: /2001/ }).waitFor();
    const before = await server.admin.get<{ total: number }>('/students?search=2001');
    expect(before.body.total).toBe(0);
    await button('Apply').click();
    await dialog().getByRole('button', { name: 'Apply the rest' }).click();
    await page.locator('.banner', { hasText: 'The roster was applied.' }).waitFor();
    const after = await server.admin.get<{ items: { name: string }[] }>('/students?search=2001');
    expect(after.body.items.map(({ name }) => name)).toEqual(['Işıl Şahin']);
    await button('Another import').click();
    const saved = await download(() => button('Students').click());
    expect(saved.name).toBe('students.csv');
    expect(saved.content.toString('utf8')).toContain('Işıl Şahin');
  }, 60_000);

  it('decides an excuse with a note and its document, and an objection by correcting the mark', async () => {
    const at = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString();
    const given = { fromAt: at(-1), untilAt: at(24), note: 'I have the flu.' };
    const excuse = await student.post<{ id: string }>('/excuses', given);
    const form = new FormData();
    form.append('document', new Blob([Buffer.from('%PDF-1.7\nThe doctor says so.')]), 'note.pdf');
    expect((await student.call('PUT', `/excuses/${excuse.body.id}/document`, form)).status).toBe(200);
    const own = server.seeded!.students[0]!.id;
    const marks = await student.get<{ items: { recordId: string }[] }>(`/students/${own}/attendance`);
    const recordId = marks.body.items.at(-1)!.recordId;
    await student.post(`/attendance/${recordId}/contest`, { text: 'I came five minutes late.' });

    await area('Requests').click();
    await page.getByText('I have the flu.').waitFor();
    expect(await seriousViolations(page)).toEqual([]);
    const document = await download(() => button('Document: note.pdf').click());
    expect(document.content.toString('utf8')).toContain('The doctor says so.');
    await button('Decide').click();
    expect(await seriousViolations(page)).toEqual([]);
    await dialog().getByLabel('Note to the student').fill('Get well soon.');
    await dialog().getByRole('button', { name: 'Accept' }).click();
    await page.getByText('Nothing waits for an answer').waitFor();
    const decided = await student.get<{ status: string; answer: string }>(`/excuses/${excuse.body.id}`);
    expect(decided.body).toMatchObject({ status: 'accepted', answer: 'Get well soon.' });

    await part('Objections 1').click();
    await page.getByText('I came five minutes late.').waitFor();
    await button('Decide').click();
    await dialog().getByLabel('Correct the mark to').selectOption({ label: 'Late' });
    await dialog().getByRole('button', { name: 'Accept' }).click();
    await page.getByText('Nothing waits for an answer').waitFor();
    const record = await server.teacher.get<{ status: string }>(`/attendance/${recordId}`);
    expect(record.body.status).toBe('late');
  }, 60_000);

  it('invites somebody, and makes codes that work and are shown once', async () => {
    await area('Institution').click();
    await part('Invitations').click();
    await button('Invite somebody').click();
    await dialog().getByRole('button', { name: 'Send the invitation' }).click();
    await dialog().getByText('Enter a name.').waitFor();
    expect(await seriousViolations(page)).toEqual([]);
    await dialog().getByLabel('Name').fill('Deniz Işık');
    await dialog().getByLabel('Email').fill('deniz@okul.example');
    await dialog().getByRole('button', { name: 'Send the invitation' }).click();
    await page.getByText('deniz@okul.example').waitFor();
    const list = await server.admin.get<{ items: { email: string; role: string }[] }>('/invitations');
    expect(list.body.items).toMatchObject([{ email: 'deniz@okul.example', role: 'teacher' }]);

    await button('Make codes').click();
    await dialog().getByLabel('How many').fill('2');
    await dialog().getByLabel('Course').selectOption({ label: 'MAT101 · Matematik' });
    await dialog().getByRole('button', { name: 'Make', exact: true }).click();
    await dialog().getByText('The codes are shown this once.').waitFor();
    expect(await seriousViolations(page)).toEqual([]);
    const code = (await dialog().locator('code').first().textContent()) ?? '';
    await dialog().getByRole('button', { name: 'Done' }).click();
    const joined = await server.anonymous.post('/auth/activate', {
      ...{ code, email: 'yeni@okul.example', name: 'Yeni Öğrenci', studentNumber: 'N1' },
      password: 'a long enough passphrase',
    });
    expect(joined.status).toBe(200);
    expect(await page.getByText(code).count()).toBe(0);
  }, 60_000);

  it('has every other page without serious faults, also in Turkish, in the dark and on a telephone', async () => {
    const { courseId } = server.seeded!;
    const views = ['', 'teachers', 'rooms', 'accounts', 'keys', 'webhooks', 'jobs', 'audit', 'institutions'];
    const paths = [
      ...views.map((view) => `/institution/${view}`),
      ...['/reports/accuracy', '/reports/files', `/courses/${courseId}`],
    ];
    const faults: string[] = [];
    for (const path of paths) {
      await page.goto(path);
      await page.locator('h1').waitFor();
      await expect.poll(() => page.locator('.skeleton').count()).toBe(0);
      faults.push(...(await seriousViolations(page)).map((fault) => `${path}: ${fault}`));
    }
    await page.evaluate("localStorage.setItem('yoklama.language', 'tr')");
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.setViewportSize({ width: 390, height: 844 });
    for (const path of [...paths, '/reports', '/requests', '/institution/invitations']) {
      await page.goto(path);
      await page.locator('h1').waitFor();
      await expect.poll(() => page.locator('.skeleton').count()).toBe(0);
      faults.push(...(await seriousViolations(page)).map((fault) => `${path} (tr): ${fault}`));
      const sideways = await sidewaysOf(page);
      if (sideways > 0) faults.push(`${path} is ${sideways} pixels wider than a telephone`);
    }
    const account = await page.getByRole('button', { name: /^Hesap ve ayarlar/ }).boundingBox();
    expect(account!.x + account!.width).toBeLessThanOrEqual(390);
    await button('Diğer').click();
    await page.getByRole('menuitem', { name: 'Kameralar' }).click();
    await page.getByRole('heading', { name: 'Kameralar' }).waitFor();
    expect(faults).toEqual([]);
  }, 120_000);

  it('had no errors and nothing that its content policy forbids', () => {
    expect(watched.problems).toEqual([]);
  });
});
