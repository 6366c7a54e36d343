import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page, WebSocketRoute } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { projectRoot } from '../../config/paths.ts';
import type { IdentityDecision, StreamStatus } from '../../pipeline/messages.ts';
import { demoCache } from '../../scripts/demo/photos.ts';
import { type DemoClassroom, type DemoStudent, renderDemoClassroom } from '../../scripts/demo/render.ts';
import type { AttendanceRecord } from '../../server/features/attendance/schemas.ts';
import type { ClassSession } from '../../server/features/sessions/schemas.ts';
import { ADMIN_EMAIL, PASSWORD, startTestServer, type TestServer } from '../support/server.ts';
import { chromiumPath, launchChromium, openPage, seriousViolations, type WatchedPage } from './browser.ts';
import { DESK, keepEvidence, sayWithoutChromium } from './desk.ts';

sayWithoutChromium();

/** `UPDATE_SCREENSHOTS=1` makes the picture for the README, with the whole class in it. */
const picturing = process.env.UPDATE_SCREENSHOTS === '1';

/** Three who sit in front, and one who never comes. */
const CAST = ['2310', '2311', '2312', '2313'];
const BY_HAND = '2312';
const ABSENT = '2313';

/** How many colours the stage shows, at every thousandth pixel; runs in the page. */
const COUNT_COLOURS = `(() => {
  const canvas = document.querySelector('.stage canvas');
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  const found = new Set();
  for (let at = 0; at < data.length; at += 4000) found.add(data.slice(at, at + 3).join());
  return found.size;
})()`;

/**
 * The teacher's job in a real browser, against the whole real server with the demo's classroom as its camera: from
 * an empty institution to a finished roll.
 */
describe.skipIf(!chromiumPath)('the dashboard', () => {
  let server: TestServer;
  let classroom: DemoClassroom;
  let cast: DemoStudent[];
  let browser: Browser;
  let watched: WatchedPage;
  let page: Page;
  let sessionId: string;
  const sockets: WebSocketRoute[] = [];

  beforeAll(async () => {
    const env = { CAMERA_ALLOW_FILES: 'true' };
    classroom = await renderDemoClassroom({ dir: join(demoCache, 'classroom') });
    cast = picturing ? classroom.roster : classroom.roster.filter(({ id }) => CAST.includes(id));
    server = await startTestServer({ pipeline: true, students: 0, env });
    browser = await launchChromium();
    watched = await openPage(browser, server.url, { ...DESK, locale: 'tr-TR' });
    page = watched.page;
    await page.routeWebSocket(/\/socket\.io\//, (socket) => {
      sockets.push(socket);
      socket.connectToServer();
    });
  }, 300_000);

  afterEach(({ task }) => keepEvidence(task, watched));

  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  const button = (name: string | RegExp) => page.getByRole('button', { name });
  const dialog = () => page.getByRole('dialog');
  const row = (name: string) => page.locator('.roster-item', { hasText: name });
  const student = (id: string) => cast.find((candidate) => candidate.id === id)!;
  const recordOf = async (number: string): Promise<AttendanceRecord> => {
    const { body } = await server.teacher.get<{ items: AttendanceRecord[] }>(
      `/sessions/${sessionId}/attendance`,
    );
    return body.items.find((record) => record.studentNumber === number)!;
  };

  it('says in words why a sign-in failed, and signs in by keyboard alone', async () => {
    await page.goto('/');
    await page.getByRole('heading', { name: 'Giriş yap' }).waitFor();
    expect(await seriousViolations(page)).toEqual([]);
    await button('English').click();
    await page.getByLabel('Email').focus();
    await page.keyboard.type(ADMIN_EMAIL);
    await page.keyboard.press('Tab');
    await page.keyboard.type('not the password');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('Email or password is not right.').waitFor();
    await page.keyboard.type(PASSWORD);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Set up in three steps' }).waitFor();
    expect(await seriousViolations(page)).toEqual([]);
  });

  it('enrols a student with photos, and says what is wrong with a bad one', async () => {
    const { name, id, photos } = student(BY_HAND);
    await page.getByRole('link', { name: 'Add a student' }).click();
    await button('Add a student').first().click();
    await dialog().getByLabel('Name').fill(name);
    await dialog().getByLabel('Number').fill(id);
    await dialog().getByLabel('Consent for face recognition is given').check();
    expect(await seriousViolations(page)).toEqual([]);
    await dialog().getByRole('button', { name: 'Save' }).click();
    await page.getByRole('heading', { name: 'Enrolment photos' }).waitFor();
    const bad = { name: 'letter.jpg', mimeType: 'image/jpeg', buffer: Buffer.from('Dear Sir or Madam') };
    await page.setInputFiles('input[type=file]', bad);
    await page.getByText('This file is not a photo that can be read.').waitFor();
    await page.setInputFiles('input[type=file]', photos);
    await page
      .getByRole('img', { name: `Enrolment photo of ${name}` })
      .nth(photos.length - 1)
      .waitFor();
    expect(await seriousViolations(page)).toEqual([]);
    const { body } = await server.admin.get<{ items: { faceTemplates: number }[] }>('/students');
    expect(body.items[0]?.faceTemplates).toBe(photos.length);
  }, 60_000);

  it('adds a course and puts students on its roll', async () => {
    for (const person of cast) if (person.id !== BY_HAND) await enrol(server, person);
    await page.getByRole('link', { name: 'Courses' }).click();
    await button('Add a course').click();
    await dialog().getByLabel('Name').fill('Biology');
    await dialog().getByLabel('Code').fill('BIO 101');
    await dialog().getByLabel('Late after (minutes)').fill('999');
    await dialog().getByRole('button', { name: 'Save' }).click();
    await dialog().getByText('Enter a number from 0 to 240.').waitFor();
    await dialog().getByLabel('Late after (minutes)').fill('10');
    await dialog().getByRole('button', { name: 'Save' }).click();
    await button('Enrol students').click();
    await button('Select all').click();
    await button(`Enrol ${cast.length} students`).click();
    await page.getByRole('link', { name: student(BY_HAND).name }).waitFor();
    await page.getByLabel('Find a teacher to add').fill('Ayşe');
    await button('Add Ayşe Öğretmen').click();
    await button('Take Ayşe Öğretmen off the course').waitFor();
    expect(await seriousViolations(page)).toEqual([]);
  }, 60_000);

  it('tries a camera before it is saved', async () => {
    await page.getByRole('link', { name: 'Cameras' }).click();
    await button('Add a camera').first().click();
    await dialog().getByLabel('Name', { exact: true }).fill('Front camera');
    await dialog().getByLabel('Address').fill('http://192.0.2.1/video');
    await button('Try the connection').click();
    await dialog().getByText('The address must begin with rtsp://').waitFor();
    await dialog().getByLabel('Address').fill(pathToFileURL(classroom.video).href);
    await button('Try the connection').click();
    await dialog().getByRole('img', { name: 'Picture of Camera' }).waitFor();
    await dialog().getByLabel('Sampling').selectOption('3');
    await dialog().getByRole('button', { name: 'Save' }).click();
    await page.getByRole('heading', { name: 'Front camera' }).waitFor();
    expect(await seriousViolations(page)).toEqual([]);
  }, 60_000);

  it('opens a session and fills the roll from the camera', async () => {
    await page.getByRole('link', { name: 'Sessions' }).click();
    await button('Open a session').first().click();
    await dialog().getByLabel('Course').selectOption({ label: 'BIO 101 · Biology' });
    await dialog().getByText(`${cast.length} students enrolled`).waitFor();
    await dialog().getByRole('button', { name: 'Open a session' }).click();
    await page.getByRole('heading', { name: 'Biology' }).waitFor();
    sessionId = page.url().split('/').at(-1)!;
    for (const id of CAST.filter((number) => number !== ABSENT)) {
      await row(student(id).name).filter({ hasText: 'Present' }).waitFor({ timeout: 60_000 });
      expect((await recordOf(id)).status).toBe('present');
    }
    expect(await row(student(ABSENT).name).getAttribute('data-status')).toBe('pending');
  }, 120_000);

  it('shows the picture with the faces in it', async () => {
    const picture = page.getByRole('img', { name: /Picture of Front camera\. \d+ faces? in view/ });
    await picture.waitFor();
    const colours = await page.evaluate(COUNT_COLOURS);
    expect(colours).toBeGreaterThan(50);
    expect(await seriousViolations(page)).toEqual([]);
  });

  it('says that there is no moving picture of this camera, and is silent where none is wanted', async () => {
    const note = page.getByText(/^Single pictures/);
    await note.waitFor();
    await button('Moving picture').click();
    await note.waitFor({ state: 'hidden' });
    await button('Moving picture').click();
    await note.waitFor();
  });

  it('corrects one mark by keyboard, and takes it back', async () => {
    const { name } = student(BY_HAND);
    const mark = page.getByRole('button', { name: new RegExp(`^Change the mark of ${name}`) });
    await mark.focus();
    await page.keyboard.press('Enter');
    expect(await seriousViolations(page)).toEqual([]);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await row(name).filter({ hasText: 'Late' }).waitFor();
    await expect.poll(async () => (await recordOf(BY_HAND)).status).toBe('late');
    expect((await recordOf(BY_HAND)).correctedBy).not.toBeNull();
    const focused = () => page.evaluate<string>("document.activeElement.getAttribute('aria-label') ?? ''");
    await expect.poll(focused).toContain(name);
    await button('Undo').click();
    await row(name).filter({ hasText: 'Present' }).waitFor();
    await expect.poll(async () => (await recordOf(BY_HAND)).status).toBe('present');
  });

  if (picturing) {
    it('has its picture taken', async () => {
      const { teacher, context } = server;
      const stream = (await sessionNow()).cameras[0]!.streamId;
      const [late, asked] = [await recordOf('2304'), await recordOf(ABSENT)];
      await teacher.call('PUT', `/attendance/${late.id}`, { status: 'late', version: late.version });
      const face = await readFile(student(ABSENT).photos[0]!);
      context.supervisor.events.emit(
        'identity',
        doubt({ stream, trackId: 900_000, studentId: asked.studentId, face }),
      );
      // Some minutes of attention make a better picture than a few seconds.
      await page.waitForTimeout(150_000);
      await page.evaluate('scrollTo(0, 0); document.activeElement.blur()');
      await page.waitForTimeout(1_000);
      const folder = join(projectRoot, 'docs', 'images');
      await mkdir(folder, { recursive: true });
      const small = sharp(await page.screenshot()).png({ palette: true, quality: 90, effort: 10 });
      await small.toFile(join(folder, 'dashboard.png'));
      await page.keyboard.press('x');
      await page.getByText(`Is this ${student(ABSENT).name}?`).waitFor({ state: 'hidden' });
    }, 200_000);
  }

  it('asks where the camera is not sure, and takes the answer by keyboard', async () => {
    const stream = (await sessionNow()).cameras[0]!.streamId;
    const { studentId } = await recordOf(ABSENT);
    const face = await readFile(student(ABSENT).photos[0]!);
    const { name } = student(ABSENT);
    const ask = (trackId: number) =>
      server.context.supervisor.events.emit('identity', doubt({ stream, trackId, studentId, face }));

    ask(900_001);
    await page.getByText(`Is this ${name}?`).waitFor();
    await page.getByRole('img', { name: 'Face to be reviewed' }).waitFor();
    expect(await seriousViolations(page)).toEqual([]);
    await page.keyboard.press('j');
    await page.keyboard.press('x');
    await page.getByText(`Is this ${name}?`).waitFor({ state: 'hidden' });
    expect((await recordOf(ABSENT)).status).toBe('pending');

    ask(900_002);
    await page.getByText(`Is this ${name}?`).waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await row(name).filter({ hasText: 'Present' }).waitFor();
    await expect.poll(async () => (await recordOf(ABSENT)).status).toBe('present');
  });

  it('explains its keys, and lets them be switched off', async () => {
    await page.locator('h1').click();
    await page.keyboard.press('?');
    await dialog().getByText('Next question in the review list').waitFor();
    expect(await seriousViolations(page)).toEqual([]);
    const keys = dialog().getByRole('switch', { name: 'Single-key shortcuts' });
    // The browser hides a dialog first and tells the page afterwards: a key in between belongs to neither.
    const gone = () => page.locator('dialog').waitFor({ state: 'detached' });
    await keys.focus();
    await page.keyboard.press('Space');
    await page.keyboard.press('Escape');
    await gone();
    await page.keyboard.press('/');
    expect(await page.evaluate('document.activeElement.type')).not.toBe('search');
    await page.keyboard.press('?');
    await keys.focus();
    await page.keyboard.press('Space');
    await page.keyboard.press('Escape');
    await gone();
    await page.keyboard.press('/');
    await page.keyboard.type(student(BY_HAND).name.slice(0, 4).toLocaleUpperCase('tr'));
    await page.getByText(`1 of ${cast.length} shown`).waitFor();
    await page.keyboard.press('Control+A');
    await page.keyboard.press('Delete');
  });

  it('says what is wrong with a camera and what to do, and when it is over', async () => {
    const streamId = (await sessionNow()).cameras[0]!.streamId;
    const tell = (over: Partial<StreamStatus>) =>
      server.context.supervisor.events.emit('status', streamStatus(streamId, over));
    tell({ state: 'reconnecting', reason: 'unreachable', retryAtMs: Date.now() + 9_000 });
    await page.getByText('See whether the camera has power and network.').waitFor();
    expect(await seriousViolations(page)).toEqual([]);
    tell({ state: 'live', reason: 'ok' });
    await page.getByText('See whether the camera has power and network.').waitFor({ state: 'hidden' });
  });

  it('says that the connection is lost, and catches up when it is back', async () => {
    const { name } = student(ABSENT);
    for (const socket of sockets) await socket.close();
    await page.getByRole('alert').getByText('Connection lost.').waitFor();
    const record = await recordOf(ABSENT);
    const body = { status: 'excused', version: record.version };
    expect((await server.teacher.call('PUT', `/attendance/${record.id}`, body)).status).toBe(200);
    await row(name).filter({ hasText: 'Excused' }).waitFor();
    await page.getByRole('alert').getByText('Connection lost.').waitFor({ state: 'hidden' });
  });

  it('speaks Turkish too', async () => {
    await button(/^Account and settings/).click();
    await page.getByRole('menuitemradio', { name: 'Türkçe' }).click();
    await button('Oturumu kapat').waitFor();
    expect(await page.locator('html').getAttribute('lang')).toBe('tr');
    expect(await row(student(BY_HAND).name).textContent()).toContain('Var');
    expect(await seriousViolations(page)).toEqual([]);
  });

  it('is the same in the dark and on a telephone', async () => {
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await seriousViolations(page)).toEqual([]);
    await page.setViewportSize({ width: 390, height: 844 });
    await page.getByRole('tab', { name: 'Dikkat' }).click();
    await page.getByRole('heading', { name: 'Sınıfın dikkati' }).waitFor();
    await page.keyboard.press('ArrowLeft');
    await page.getByRole('heading', { name: 'Onay bekleyen yok' }).waitFor();
    expect(await seriousViolations(page)).toEqual([]);
    const sideways = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
    expect(sideways).toBeLessThanOrEqual(0);
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.emulateMedia({ colorScheme: 'light' });
  });

  it('closes the session after a question', async () => {
    await button('Oturumu kapat').click();
    await button('Kapat ve yoklamayı bitir').click();
    await page.getByText('Bu oturum kapalı').waitFor();
    expect((await sessionNow()).status).toBe('closed');
    await page.reload();
    await page.getByText('Bu oturum kapalı').waitFor();
    await row(student(BY_HAND).name).waitFor();
    expect(await seriousViolations(page)).toEqual([]);
  });

  it('signs out', async () => {
    await button(/^Hesap ve ayarlar/).click();
    await page.getByRole('menuitem', { name: 'Çıkış yap' }).click();
    await page.getByRole('heading', { name: 'Giriş yap' }).waitFor();
    expect(await page.evaluate("localStorage.getItem('yoklama.tokens')")).toBeNull();
  });

  it('had no errors and nothing that its content policy forbids', () => {
    expect(watched.problems).toEqual([]);
  });

  async function sessionNow(): Promise<ClassSession> {
    return (await server.teacher.get<ClassSession>(`/sessions/${sessionId}`)).body;
  }
});

async function enrol({ admin }: TestServer, { id: number, name, photos }: DemoStudent): Promise<void> {
  const made = await admin.post<{ id: string }>('/students', { number, name, consents: { face: true } });
  expect(made.status).toBe(201);
  const form = new FormData();
  for (const path of photos)
    form.append('photo', new Blob([await readFile(path)], { type: 'image/jpeg' }), 'photo.jpg');
  expect((await admin.post(`/students/${made.body.id}/face`, form)).status).toBe(201);
}

/** The pipeline is too sure of the demo's faces to ask: this is what it says when it is not. */
function doubt(of: { stream: string; trackId: number; studentId: string; face: Buffer }): IdentityDecision {
  const now = Date.now();
  return {
    streamId: of.stream,
    trackId: of.trackId,
    studentId: of.studentId,
    verdict: 'review',
    confidence: 0.66,
    score: 0.4,
    margin: 0.1,
    votes: 3,
    firstSeenAtMs: now - 2_000,
    decidedAtMs: now,
    embedding: new Float32Array(512).fill(1 / Math.sqrt(512)),
    face: of.face,
  };
}

function streamStatus(streamId: string, over: Partial<StreamStatus>): StreamStatus {
  return {
    streamId,
    state: 'live',
    reason: 'ok',
    detail: '',
    sinceMs: Date.now(),
    retryAtMs: null,
    width: 1280,
    height: 720,
    codec: 'h264',
    framesSampled: 0,
    framesDropped: 0,
    load: 'full',
    ...over,
  };
}
