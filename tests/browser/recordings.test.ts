import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { projectRoot } from '../../config/paths.ts';
import type { Recording } from '../../server/features/recordings/schemas.ts';
import type { ClassSession } from '../../server/features/sessions/schemas.ts';
import { decide } from '../support/decide.ts';
import { eventually } from '../support/live.ts';
import { ADMIN_EMAIL, PASSWORD, startTestServer, type TestServer } from '../support/server.ts';
import { makeVideo } from '../support/video.ts';
import { makeLink, skipWithoutMediaWorker } from '../support/webrtc.ts';
import { chromiumPath, launchChromium, openPage, seriousViolations } from './browser.ts';

if (!chromiumPath) {
  const why = 'recordings in the browser left out: no Chromium here (install it or set CHROMIUM_PATH)';
  if (process.env.CI === 'true') throw new Error(why);
  console.warn(`SKIPPED ${why}`);
}
const noWebRtc = skipWithoutMediaWorker('recordings of a browser’s camera');

const PATIENCE_MS = 40_000;
const FAKE_CAMERA = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'];

/** Media workers of the servers of this process. */
const mediaWorkers = (): number[] =>
  execFileSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8' })
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, parent, command]) => Number(parent) === process.pid && command?.includes('mediasoup-worker'))
    .map(([pid]) => Number(pid));

/** From the institution's switch to a teacher who looks at what happened, in a real browser. */
describe.skipIf(!chromiumPath)('recordings in the browser', () => {
  let folder: string;
  let server: TestServer;
  let browser: Browser;
  let page: Page;
  let device: Page;
  let sessionId: string;
  let streamId: string;
  let recorded: Recording[] = [];
  const problems: string[][] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'yoklama-recordings-'));
    await makeVideo(join(folder, 'room.mp4'), { seconds: 10 });
    server = await startTestServer({
      pipeline: true,
      env: { CAMERA_ALLOW_FILES: 'true', RECORDING_MIN_FREE_MB: '0' },
    });
    const camera = await server.admin.post<{ id: string }>('/cameras', {
      name: 'Arka kamera',
      url: pathToFileURL(join(folder, 'room.mp4')).href,
      sampling: { mode: 'fps', fps: 1 },
    });
    const opened = await server.teacher.post<ClassSession>('/sessions', {
      courseId: server.seeded!.courseId,
      cameraIds: [camera.body.id],
    });
    sessionId = opened.body.id;
    streamId = opened.body.cameras[0]!.streamId;
    browser = await launchChromium(FAKE_CAMERA);
  }, 300_000);

  afterEach(async ({ task }) => {
    if (task.result?.state !== 'fail') return;
    const name = task.name.replaceAll(/\W+/g, '-').slice(0, 60);
    const output = join(projectRoot, 'tests', '.output');
    await mkdir(output, { recursive: true });
    await page?.screenshot({ path: join(output, `${name}.png`) });
    console.log([`at ${page?.url()}`, ...problems.flat()].join('\n'));
  });

  afterAll(async () => {
    await browser?.close();
    await server?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const open = async (): Promise<Page> => {
    const made = await openPage(browser, server.url, {
      locale: 'tr-TR',
      reducedMotion: 'reduce',
      viewport: { width: 1280, height: 900 },
    });
    problems.push(made.problems);
    return made.page;
  };
  const button = (name: string | RegExp) => page.getByRole('button', { name, exact: true });
  const dialog = () => page.getByRole('dialog');
  const sign = () => page.locator('.recording-sign');
  const video = () => page.locator('video.recording-video');
  const atS = () => video().evaluate((element) => (element as HTMLVideoElement).currentTime);

  it('are offered only where the institution has switched them on', async () => {
    page = await open();
    await page.goto('/');
    await page.getByLabel('E-posta').fill(ADMIN_EMAIL);
    await page.getByLabel('Parola', { exact: true }).fill(PASSWORD);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Oturumlar' }).waitFor();
    await page.goto('/recordings');
    await page.getByText('Kayıt yok.').waitFor();
    expect(await seriousViolations(page)).toEqual([]);
    await page.goto(`/sessions/${sessionId}`);
    await page.getByRole('heading', { name: 'Matematik' }).waitFor();
    expect(await button('Kaydet').count()).toBe(0);
    expect(await sign().count()).toBe(0);

    await page.goto('/institution/settings');
    const setting = page.getByRole('switch', { name: 'Oturumların kaydedilmesi' });
    await setting.waitFor();
    await page.getByText('30 gün sonra silinir').waitFor();
    expect(await setting.isChecked()).toBe(false);
    await setting.click();
    await eventually(() => setting.isChecked());
    expect(await seriousViolations(page)).toEqual([]);
  });

  it.skipIf(noWebRtc)('a device publishes into the session', async () => {
    const { token } = await makeLink(server, sessionId, 'Telefon');
    device = await open();
    await device.goto(`/publish#${token}`);
    await device.getByRole('button', { name: 'Başlat' }).click();
    await device.getByText('Görüntünüz gönderiliyor').waitFor({ timeout: PATIENCE_MS });
    expect(await device.getByText('Kayıt yapılıyor').count()).toBe(0);
  });

  it('begin after a question, and everybody is shown the sign', async () => {
    await page.goto(`/sessions/${sessionId}`);
    await button('Kaydet').click();
    await dialog().getByText('şifreli olarak saklanır').waitFor();
    expect(await seriousViolations(page)).toEqual([]);
    await dialog().getByRole('button', { name: 'Kaydet' }).click();
    await sign().getByText('Kayıt yapılıyor').waitFor();
    await button('Kaydı durdur').waitFor();
    expect(await seriousViolations(page)).toEqual([]);
    if (!noWebRtc) {
      await device.getByText('Bu ders kaydediliyor').waitFor();
      await device.locator('.stage-top').getByText('Kayıt yapılıyor').waitFor();
      expect(await seriousViolations(device)).toEqual([]);
    }
  });

  it('keep what cameras and devices send', async () => {
    const expected = noWebRtc ? 1 : 2;
    await eventually(async () => {
      const { body } = await server.teacher.get<{ items: Recording[] }>(`/recordings?sessionId=${sessionId}`);
      recorded = body.items;
      return recorded.length === expected && recorded.every(({ durationMs }) => durationMs > 8000);
    }, 90_000);
    const [student] = server.seeded!.students;
    decide(server, { streamId, trackId: 1, studentId: student!.id, firstSeenAtMs: Date.now() });
    const markedAt = Date.now();
    await eventually(async () => {
      const { body } = await server.teacher.get<{ items: Recording[] }>(`/recordings?sessionId=${sessionId}`);
      return body.items.every(({ endedAt }) => endedAt !== null && Date.parse(endedAt) > markedAt);
    }, 60_000);
  }, 180_000);

  it.skipIf(noWebRtc)(
    'go on by themselves when the media worker is killed',
    async () => {
      const phone = recorded.find(({ camera }) => camera === 'Telefon')!;
      const now = async () => (await server.teacher.get<Recording>(`/recordings/${phone.id}`)).body;
      const before = await now();
      const workers = mediaWorkers();
      expect(workers.length).toBeGreaterThan(0);
      for (const pid of workers) process.kill(pid, 'SIGKILL');
      await eventually(async () => (await now()).durationMs > before.durationMs + 8000, 90_000);
      const { body } = await server.teacher.get<{ gaps: unknown[] }>(`/recordings/${phone.id}/timeline`);
      console.log(`media worker killed: breaks of the recording: ${JSON.stringify(body.gaps)}`);
      await device.getByText('Bu ders kaydediliyor').waitFor();
    },
    120_000,
  );

  it('end with a click, and the sign goes', async () => {
    await button('Kaydı durdur').click();
    await dialog().getByRole('button', { name: 'Kaydı durdur' }).click();
    await sign().waitFor({ state: 'detached' });
    if (!noWebRtc) await device.getByText('Bu ders kaydediliyor').waitFor({ state: 'detached' });
  });

  it('are listed and play, with a mark that leads to its moment', async () => {
    await page.getByRole('link', { name: 'Kayıtlar' }).click();
    await page.getByRole('link', { name: /Arka kamera/ }).click();
    await page.getByRole('heading', { name: 'Verilen kararlar' }).waitFor();
    await eventually(
      () => video().evaluate((element) => (element as HTMLVideoElement).readyState >= 2),
      PATIENCE_MS,
    );
    const [name] = server.seeded!.students.map((student) => student.name);
    const mark = page.getByRole('button', { name: new RegExp(`${name}.*tanındı`) });
    await mark.click();
    const { body } = await server.teacher.get<{ marks: { offsetMs: number }[] }>(
      `/recordings/${recorded.find(({ camera }) => camera === 'Arka kamera')!.id}/timeline`,
    );
    const wanted = body.marks[0]!.offsetMs / 1000 - 3;
    await eventually(async () => (await atS()) > wanted + 0.5, PATIENCE_MS);
    expect(await atS()).toBeLessThan(wanted + PATIENCE_MS / 1000);
    const size = await video().evaluate((element) => (element as HTMLVideoElement).videoWidth);
    expect(size).toBe(640);
    expect(await seriousViolations(page)).toEqual([]);
    const { body: audit } = await server.admin.get<{ items: { action: string; data: unknown }[] }>(
      '/audit?limit=50&action=recordings',
    );
    const look = audit.items.find(({ action }) => action === 'GET /recordings/{id}/key');
    expect(look).toBeDefined();
  }, 120_000);

  it.skipIf(noWebRtc)('of a browser’s camera play, too', async () => {
    const phone = recorded.find(({ camera }) => camera === 'Telefon')!;
    await page.goto(`/recordings/${phone.id}`);
    await video().waitFor();
    await video().evaluate((element) => (element as HTMLVideoElement).play());
    await eventually(async () => (await atS()) > 1, PATIENCE_MS);
  });

  it('are removed after a question', async () => {
    await page.goto('/recordings');
    await page.getByRole('link', { name: /Arka kamera/ }).click();
    await button('Sil').click();
    await dialog().getByRole('button', { name: 'Sil' }).click();
    await page.getByRole('heading', { name: 'Kayıtlar' }).waitFor();
    await page.getByRole('paragraph').getByText('Kayıt silindi.').waitFor();
    await eventually(async () => (await page.getByRole('link', { name: /Arka kamera/ }).count()) === 0);
    expect(problems.flat()).toEqual([]);
  });
});
