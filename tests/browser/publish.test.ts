import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { projectRoot } from '../../config/paths.ts';
import type { AttendanceRecord } from '../../server/features/attendance/schemas.ts';
import type { ClassSession, StreamStatusView } from '../../server/features/sessions/schemas.ts';
import type { Faces } from '../../server/realtime/topics.ts';
import { type LiveTap, tapLive } from '../support/live.ts';
import { programs } from '../support/processes.ts';
import { expectWithin } from '../support/promise.ts';
import { PASSWORD, startTestServer, TEACHER_EMAIL, type TestServer } from '../support/server.ts';
import { makeLink, skipWithoutMediaWorker } from '../support/webrtc.ts';
import { chromiumPath, launchChromium, openPage, seriousViolations } from './browser.ts';
import { type CameraScene, cameraScene, enrolPeople, fakeCamera } from './camera-scene.ts';
import { analysedCounters, driftOf, paintedFrames, quantile, watchStage } from './stage-watch.ts';

/** Killed, a part of the chain is to be back within this. */
const BACK_MS = 5000;
const PATIENCE_MS = 20_000;
/** Boxes stand for the instant of their picture, within this. */
const DRIFT_MS = 150;
const WINDOW_MS = 5000;

/**
 * From the teacher's click to the teacher's picture: a device joins by a link, its people are marked, the teacher sees
 * it move with names, and it goes on by itself when parts of the chain are killed.
 */
describe.skipIf(!chromiumPath || skipWithoutMediaWorker('a browser as a camera'))(
  'a browser as a camera',
  () => {
    let server: TestServer;
    let scene: CameraScene;
    let browser: Browser;
    let tap: LiveTap;
    let sessionId: string;
    let streamId: string;
    let token: string;
    let teacher: Page;
    let device: Page;
    let students: Map<string, string>;
    const problems: string[][] = [];

    beforeAll(async () => {
      scene = await cameraScene();
      server = await startTestServer({ pipeline: true, students: 0, env: { PIPELINE_FPS: '5' } });
      browser = await launchChromium(fakeCamera(scene));
      students = await enrolPeople(server, scene.people);
      const { courseId } = server.seeded!;
      const opened = await server.teacher.post<ClassSession>('/sessions', { courseId, cameraIds: [] });
      sessionId = opened.body.id;
      tap = tapLive(server.url, server.teacher.token);
      await tap.joined(sessionId);
    }, 300_000);

    afterEach(async ({ task }) => {
      if (task.result?.state !== 'fail') return;
      const name = task.name.replaceAll(/\W+/g, '-').slice(0, 60);
      const folder = join(projectRoot, 'tests', '.output');
      await mkdir(folder, { recursive: true });
      await teacher?.screenshot({ path: join(folder, `${name}-teacher.png`) });
      await device?.screenshot({ path: join(folder, `${name}-device.png`) });
      console.log(problems.flat().join('\n'));
    });

    afterAll(async () => {
      tap?.close();
      await browser?.close();
      await server?.close();
    });

    const open = async () => {
      // Contrast cannot be judged while something fades in.
      const { page, problems: found } = await openPage(browser, server.url, {
        locale: 'tr-TR',
        reducedMotion: 'reduce',
        viewport: { width: 1280, height: 800 },
      });
      problems.push(found);
      return page;
    };
    const signInAs = async (page: Page, email: string) => {
      await page.goto('/');
      await page.getByLabel('E-posta').fill(email);
      await page.getByLabel('Parola', { exact: true }).fill(PASSWORD);
      await page.keyboard.press('Enter');
    };
    const publishing = (page: Page) =>
      page.getByText('Görüntünüz gönderiliyor').waitFor({ timeout: PATIENCE_MS });
    const isPresent = (name: string) =>
      teacher.locator('.roster-item', { hasText: name }).getAttribute('data-status');

    it('gets its link on the live page', async () => {
      teacher = await open();
      await signInAs(teacher, TEACHER_EMAIL);
      await teacher.getByRole('heading', { name: 'Oturumlar' }).waitFor();
      await teacher.goto(`/sessions/${sessionId}`);
      await teacher.getByRole('button', { name: 'Cihaz ekle' }).click();
      const dialog = teacher.getByRole('dialog');
      await dialog.getByRole('button', { name: 'Bağlantı oluştur' }).click();
      await dialog.getByText('Bir ad girin.').waitFor();
      await dialog.getByLabel('Cihazın adı').fill('Dizüstü');
      await dialog.getByRole('button', { name: 'Bağlantı oluştur' }).click();
      await dialog.getByRole('img', { name: 'Dizüstü bağlantısının karekodu' }).waitFor();
      await dialog.getByText('Cihaz bekleniyor').waitFor();
      await dialog.getByText('WHIP kullanan kodlayıcılar için').click();
      expect(await seriousViolations(teacher)).toEqual([]);
      const [link, whip, key] = await dialog.locator('.secret code').allTextContents();
      token = new URL(link!).hash.slice(1);
      expect(key).toBe(token);
      expect(whip).toContain('/ingest/whip');
      const { body } = await server.teacher.get<{ items: { streamId: string; live: boolean }[] }>(
        `/sessions/${sessionId}/publishers`,
      );
      expect(body.items).toHaveLength(1);
      ({ streamId } = body.items[0]!);
    });

    it('joins by it, is live, and its people are marked', async () => {
      device = await open();
      await device.goto(`/publish#${token}`);
      await device.getByRole('button', { name: 'Başlat' }).click();
      await publishing(device);
      expect(device.url()).not.toContain(token);
      await teacher.getByRole('dialog').getByText('Dizüstü bağlandı.').waitFor();
      await tap.until<StreamStatusView>(
        'stream:status',
        (status) => status.streamId === streamId && status.state === 'live',
      );
      await teacher.keyboard.press('Escape');
      const marked = () =>
        new Set(
          tap.events
            .filter(({ name }) => name === 'attendance:marked')
            .map(({ payload }) => (payload as { record: AttendanceRecord }).record.studentId),
        );
      const here = scene.people.filter(({ present }) => present);
      const enough = Math.ceil(0.8 * here.length);
      const seen = () => here.filter(({ number }) => marked().has(students.get(number)!)).length;
      await tap.until('attendance:marked', () => seen() >= enough, 90_000);
      for (const { number, name, present } of scene.people) {
        if (!present) expect(marked().has(students.get(number)!), name).toBe(false);
      }
      const [someone] = here.filter(({ number }) => marked().has(students.get(number)!));
      await expect.poll(() => isPresent(someone!.name)).toBe('present');
      await device.getByText('Yüzler iyi görünüyor').waitFor();
      expect(await seriousViolations(device)).toEqual([]);
    }, 150_000);

    it('names every face by the place where it is', async () => {
      const placed = new Map(scene.people.map((person) => [students.get(person.number)!, person]));
      const since = tap.events.length;
      await expect.poll(() => facesSince(since).length, { timeout: PATIENCE_MS }).toBeGreaterThan(15);
      const where = { right: 0, wrong: [] as string[] };
      for (const { faces, width, height } of facesSince(since)) {
        for (const { studentId, state, box, trackId, confidence } of faces) {
          const person = studentId && state === 'sure' ? placed.get(studentId) : null;
          if (!person?.region) continue;
          const [left, top, wide, high] = person.region;
          const [x, y] = [(box[0]! + box[2]! / 2) / width, (box[1]! + box[3]! / 2) / height];
          if (x >= left && x < left + wide && y >= top && y < top + high) where.right++;
          else
            where.wrong.push(
              `${person.name}: track ${trackId}, ${confidence.toFixed(2)}, ${Math.round(box[2]!)} px at ${x.toFixed(2)}, ${y.toFixed(2)}`,
            );
        }
      }
      console.log(`${where.right} names in their places; not: ${where.wrong.join('; ') || 'none'}`);
      if (scene.people.some(({ region }) => region)) expect(where.right).toBeGreaterThan(10);
      expect(where.wrong).toEqual([]);
    });

    function facesSince(index: number): Faces[] {
      return tap.events
        .slice(index)
        .filter(({ name }) => name === 'session:faces')
        .map(({ payload }) => payload as Faces);
    }

    it('shows the teacher the moving picture, its names and its boxes in step', async () => {
      await expect.poll(isMoving, { timeout: PATIENCE_MS }).toBe(true);
      // Observations come late while the machine does other things: the best of a few windows counts.
      let drift = Number.POSITIVE_INFINITY;
      for (let window = 0; window < 4 && !(drift < DRIFT_MS); window++) drift = await driftNow();
      expect(drift).toBeLessThan(DRIFT_MS);
      const expected = scene.people.filter(({ present, region }) => present && region);
      const named = new Set<string>();
      await expect
        .poll(
          async () => {
            for (const name of await namesInView()) named.add(name);
            return expected.filter(({ name }) => !named.has(name)).length;
          },
          { timeout: PATIENCE_MS, interval: 200 },
        )
        .toBe(0);
      expect(named.size).toBeGreaterThan(0);
      for (const { name, present } of scene.people) if (!present) expect(named).not.toContain(name);
      expect(await seriousViolations(teacher)).toEqual([]);
    }, 60_000);

    /** By how much boxes are off the frames that they are painted on, 95th percentile of some seconds. */
    async function driftNow(): Promise<number> {
      const since = tap.events.length;
      await watchStage(teacher);
      tap.socket.emit('session:watch', { sessionId, streamId, width: 640 });
      await sleep(WINDOW_MS);
      tap.socket.emit('session:watch', { sessionId, streamId: null });
      const painted = await paintedFrames(teacher);
      const analysed = await analysedCounters(tap, since, streamId);
      const { boxes, clock } = driftOf(painted, analysed, { fps: scene.fps, frames: scene.frames });
      const p95 = quantile(boxes, 0.95);
      const different = new Set(painted.map(({ counter }) => counter)).size;
      console.log(
        [
          `${different} frames in ${WINDOW_MS} ms; boxes off by p50 ${Math.round(quantile(boxes, 0.5))} ms,`,
          `p95 ${Math.round(p95)} ms (${boxes.length} frames); clock off by p95 ${Math.round(quantile(clock, 0.95))} ms`,
        ].join(' '),
      );
      return different > 20 && boxes.length > 20 ? p95 : Number.POSITIVE_INFINITY;
    }

    /** Who a screen reader is told to be in the picture: not all at once, for people turn away. */
    async function namesInView(): Promise<string[]> {
      const [text = ''] = await teacher.locator('[id^="in-view-"]').allTextContents();
      return scene.people.map(({ name }) => name).filter((name) => text.includes(name));
    }

    /** Frames have been painted lately, and they are not all the same. */
    async function isMoving(): Promise<boolean> {
      await watchStage(teacher);
      await sleep(500);
      return new Set((await paintedFrames(teacher)).map(({ counter }) => counter)).size > 2;
    }

    it('shows single pictures instead where somebody wants them', async () => {
      const moving = teacher.getByRole('button', { name: 'Hareketli görüntü' });
      await moving.click();
      expect(await moving.getAttribute('aria-pressed')).toBe('false');
      await teacher.getByRole('img', { name: /Dizüstü görüntüsü/ }).waitFor();
      await expect.poll(() => server.context.supervisor.stats().streams).toBe(1);
      expect(await isMoving()).toBe(false);
      await moving.click();
      await expect.poll(isMoving, { timeout: PATIENCE_MS }).toBe(true);
    });

    it('shows single pictures where the network lets no media through', async () => {
      const blocked = await teacher.context().newPage();
      await blocked.addInitScript(`{
        const Real = RTCPeerConnection;
        // Only by relay, and there is none.
        globalThis.RTCPeerConnection = class extends Real {
          constructor(config) {
            super({ ...config, iceTransportPolicy: 'relay' });
          }
        };
      }`);
      await blocked.goto(`/sessions/${sessionId}`);
      await blocked.getByRole('img', { name: /Dizüstü görüntüsü\. Görüntüde [1-9]/ }).waitFor();
      await blocked.getByText(/^Tek tek kareler/).waitFor();
      await watchStage(blocked);
      await sleep(500);
      expect(await paintedFrames(blocked)).toEqual([]);
      await blocked.close();
    });

    it('refuses a link that was used', async () => {
      const other = await open();
      await other.goto(`/publish#${token}`);
      await other.getByRole('button', { name: 'Başlat' }).click();
      await other.getByText('Bağlantı daha önce kullanılmış').waitFor();
      await other.context().close();
    });

    it('goes on when its camera was unplugged and is back', async () => {
      await device.evaluate(`{
        const track = document.querySelector('video').srcObject.getVideoTracks()[0];
        track.stop();
        track.dispatchEvent(new Event('ended'));
      }`);
      await device.getByRole('alert').getByText('Kamera çıkarıldı.').waitFor();
      expect(await seriousViolations(device)).toEqual([]);
      await device.evaluate("navigator.mediaDevices.dispatchEvent(new Event('devicechange'))");
      await device.getByRole('alert').waitFor({ state: 'hidden' });
      const since = tap.events.length;
      await expect.poll(() => facesSince(since).length, { timeout: PATIENCE_MS }).toBeGreaterThan(5);
      await publishing(device);
    }, 60_000);

    it('says what to do where the camera may not be used, and that a page in the background is slow', async () => {
      const other = await open();
      await other.addInitScript(`{
        const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
        navigator.mediaDevices.getUserMedia = (wanted) =>
          globalThis.allowed ? real(wanted) : Promise.reject(new DOMException('no', 'NotAllowedError'));
      }`);
      await other.goto('/publish#nothing');
      await other.getByRole('alert').getByText('Bu sayfanın kamerayı kullanma izni yok.').waitFor();
      expect(await seriousViolations(other)).toEqual([]);
      await other.evaluate('globalThis.allowed = true');
      await other.getByRole('button', { name: 'Yeniden dene' }).click();
      await other.getByRole('alert').waitFor({ state: 'hidden' });
      expect(await other.getByRole('button', { name: 'Başlat' }).isEnabled()).toBe(true);
      await other.context().close();
      const hide = (hidden: boolean) =>
        device.evaluate(`{
          Object.defineProperty(document, 'hidden', { configurable: true, value: ${hidden} });
          document.dispatchEvent(new Event('visibilitychange'));
        }`);
      await hide(true);
      await device.getByText('Bu sayfa arka planda').waitFor();
      await hide(false);
      await device.getByText('Bu sayfa arka planda').waitFor({ state: 'hidden' });
    });

    it('takes another camera, and is switched off when it is stopped', async () => {
      // Chromium has several fake cameras only where it draws their pictures itself.
      const two = await launchChromium([
        '--use-fake-device-for-media-stream=device-count=2',
        '--use-fake-ui-for-media-stream',
      ]);
      try {
        const { page } = await openPage(two, server.url, { locale: 'tr-TR', reducedMotion: 'reduce' });
        const link = await makeLink(server, sessionId, 'Telefon');
        await page.goto(`/publish#${link.token}`);
        await page.getByRole('button', { name: 'Başlat' }).click();
        await publishing(page);
        const choice = page.getByLabel('Kamera', { exact: true });
        const cameras = await choice
          .locator('option')
          .evaluateAll((options) => options.map((option) => (option as HTMLOptionElement).value));
        expect(cameras).toHaveLength(2);
        const other = cameras.find((id) => id !== cameras[0])!;
        await choice.selectOption(other);
        await expect.poll(() => choice.inputValue(), { timeout: PATIENCE_MS }).toBe(other);
        await publishing(page);
        expect(server.context.publications.isLive(link.streamId)).toBe(true);
        expect(await seriousViolations(page)).toEqual([]);
        await page.getByRole('button', { name: 'Durdur' }).click();
        await page.getByText('Artık görüntü gönderilmiyor').waitFor();
        await expect.poll(() => server.context.publications.isLive(link.streamId)).toBe(false);
        expect(await page.locator('video').count()).toBe(0);
        const gone = await server.teacher.call(
          'DELETE',
          `/sessions/${sessionId}/publishers/${link.streamId}`,
        );
        expect(gone.status).toBe(204);
      } finally {
        await two.close();
      }
    }, 90_000);

    it('lets a student take part with a camera of their own, in which nobody else is looked for', async () => {
      const [someone] = scene.people.filter(({ present }) => present);
      const studentId = students.get(someone!.number)!;
      const account = { email: 'pupil@test.local', name: someone!.name, role: 'student', password: PASSWORD };
      expect((await server.admin.post('/users', { ...account, studentId })).status).toBe(201);
      const own = await open();
      await signInAs(own, account.email);
      await own.getByRole('heading', { name: 'Yoklamam' }).waitFor();
      expect(await own.getByText('Kameramla katıl').count()).toBe(0);

      await teacher.getByRole('button', { name: 'Cihaz ekle' }).click();
      const allowed = teacher.getByRole('switch', { name: 'Öğrenciler kendi kameralarıyla katılabilir' });
      await expect.poll(() => allowed.isEnabled()).toBe(true);
      await allowed.click();
      await expect.poll(() => allowed.isChecked()).toBe(true);
      await teacher.keyboard.press('Escape');

      await own.reload();
      await own.getByRole('button', { name: /dersine kameramla katıl/ }).click();
      await own.getByRole('button', { name: 'Başlat' }).click();
      await publishing(own);
      const { body } = await server.teacher.get<{ items: { streamId: string; studentId: string | null }[] }>(
        `/sessions/${sessionId}/publishers`,
      );
      const mine = body.items.find((item) => item.studentId === studentId)!.streamId;
      const named = () =>
        facesSince(0)
          .filter((event) => event.streamId === mine)
          .flatMap(({ faces }) => faces.flatMap((face) => face.studentId ?? []));
      await expect.poll(() => named().length, { timeout: 2 * PATIENCE_MS }).toBeGreaterThan(3);
      expect(new Set(named())).toEqual(new Set([studentId]));
      await own.getByRole('button', { name: 'Durdur' }).click();
      await own.getByText('Artık görüntü gönderilmiyor').waitFor();
      await server.teacher.call('DELETE', `/sessions/${sessionId}/publishers/${mine}`);
      await own.context().close();
    }, 120_000);

    it.each(['mediasoup-worker', 'ffmpeg'])(
      'goes on by itself when %s is killed',
      async (program) => {
        const pids = programs(program);
        expect(pids.length, program).toBeGreaterThan(0);
        for (const pid of pids) process.kill(pid, 'SIGKILL');
        const began = performance.now();
        await sleep(300);
        const since = tap.events.length;
        await expect
          .poll(() => facesSince(since).length, { timeout: PATIENCE_MS, interval: 50 })
          .toBeGreaterThan(2);
        const facesMs = Math.round(performance.now() - began);
        await expect.poll(isMoving, { timeout: PATIENCE_MS, interval: 50 }).toBe(true);
        const tookMs = Math.round(performance.now() - began);
        console.log(`${program} killed: faces again after ${facesMs} ms`);
        expectWithin(BACK_MS, `${program} killed: moving picture again`, tookMs);
        await publishing(device);
      },
      60_000,
    );

    it('is sent away', async () => {
      await teacher.getByRole('button', { name: 'Cihaz ekle' }).click();
      await teacher.getByRole('button', { name: 'Dizüstü cihazını çıkar' }).click();
      await teacher.getByRole('dialog', { name: 'Dizüstü çıkarılsın mı?' }).waitFor();
      expect(await seriousViolations(teacher)).toEqual([]);
      await teacher.getByRole('button', { name: 'Çıkar', exact: true }).click();
      await device.getByText('Öğretmen bu cihazı çıkardı').waitFor();
      await expect.poll(() => server.context.sfu.stats().rooms).toBe(0);
      const { body } = await server.teacher.get<{ total: number }>(`/sessions/${sessionId}/publishers`);
      expect(body.total).toBe(0);
      const { body: session } = await server.teacher.get<ClassSession>(`/sessions/${sessionId}`);
      expect(session.cameras).toEqual([]);
    });

    it('had no errors and nothing that the content policy forbids', () => {
      expect(problems.flat()).toEqual([]);
    });
  },
);
