import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { classPhoto, facesAvailable, loadPeople, type PhotoPerson } from '../support/class-photo.ts';
import { startTestServer, TEACHER_EMAIL, type TestServer } from '../support/server.ts';
import { chromiumPath, launchChromium, seriousViolations, type WatchedPage } from './browser.ts';
import { keepEvidence, openSignedIn, sayWithoutChromium, sidewaysOf } from './desk.ts';

sayWithoutChromium();
if (!facesAvailable) console.warn('SKIPPED naming a class photo: ../shared/data/faces is not here');

const names = ['Ayşe Yılmaz', 'Mert Kaya', 'Işıl Şahin', 'Can Öztürk', 'Elif Demir', 'Deniz Acar'];

/** A teacher names the faces of a real photo, found by the real models, in a real browser. */
describe.skipIf(!chromiumPath || !facesAvailable)('enrolling from a class photo', () => {
  let server: TestServer;
  let browser: Browser;
  let watched: WatchedPage;
  let page: Page;
  let people: PhotoPerson[];
  let ids: string[];
  let path: string;

  beforeAll(async () => {
    people = await loadPeople(8, 6);
    server = await startTestServer({ pipeline: true, students: 0 });
    ids = [];
    for (const [i, name] of names.entries()) {
      // Elif has not agreed.
      const given = { number: `K${i}`, name, consents: { face: i !== 4 } };
      ids.push((await server.admin.post<{ id: string }>('/students', given)).body.id);
    }
    const { courseId } = server.seeded!;
    await server.admin.post(`/courses/${courseId}/enrolments`, { studentIds: ids });
    path = `/courses/${courseId}/class-photo`;
    browser = await launchChromium();
    watched = await openSignedIn(browser, server.url, TEACHER_EMAIL);
    page = watched.page;
  }, 180_000);

  afterEach(({ task }) => keepEvidence(task, watched));

  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  const button = (name: string | RegExp) => page.getByRole('button', { name });
  const who = (index: number) => page.getByRole('combobox', { name: `Name of face ${index}`, exact: true });
  const option = (name: string | RegExp) => page.getByRole('option', { name });
  const focused = () => page.evaluate<string>("document.activeElement.getAttribute('aria-label') ?? ''");
  const sideways = () => sidewaysOf(page);
  const send = (buffer: Buffer, name = 'class.jpg', mimeType = 'image/jpeg') =>
    page.setInputFiles('input[data-class-photo]', { name, mimeType, buffer });
  const templates = async (at: number) => {
    const { body } = await server.admin.get<{ templates: unknown[] }>(`/students/${ids[at]}/face`);
    return body.templates.length;
  };
  const portraits = (photo = 0) => people.map(({ photos }) => photos.at(photo)!);

  it('is reached from the course, and says what a photo must be and what became of a bad one', async () => {
    await page.goto(`/courses/${server.seeded!.courseId}`);
    await page.getByRole('link', { name: 'Enrol from a class photo' }).click();
    await page.getByRole('heading', { name: 'What makes a good photo' }).waitFor();
    await page.getByText('1 student has not agreed to face recognition').waitFor();
    expect(await seriousViolations(page)).toEqual([]);
    await send(Buffer.from('no photo'));
    await page.getByText('This file is not a photo that can be read.').waitFor();
    await send(
      await sharp({ create: { width: 640, height: 480, channels: 3, background: '#345' } })
        .jpeg()
        .toBuffer(),
    );
    await page.getByText('No face was found on this photo').waitFor();
    await send(await classPhoto(portraits().slice(0, 3), 36));
    await page.getByRole('heading', { name: /Faces that cannot be used/ }).waitFor();
    await page.getByText('Too small: photograph from closer.').first().waitFor();
    expect(await seriousViolations(page)).toEqual([]);
  }, 90_000);

  it('finds the faces in their places, and takes names by keyboard alone', async () => {
    await send(await classPhoto(portraits()));
    await page.getByRole('heading', { name: 'Who is who?' }).waitFor();
    await page.getByRole('img', { name: 'Photo of the class with 6 faces' }).waitFor();
    await expect.poll(() => page.locator('.photo-box').count()).toBe(6);
    await expect.poll(focused).toBe('Name of face 1');
    expect(await seriousViolations(page)).toEqual([]);
    // From left to right on the photo, too.
    const places = await Promise.all(
      Array.from({ length: 6 }, async (_, i) => (await page.locator('.photo-box').nth(i).boundingBox())!.x),
    );
    expect([...places].sort((a, b) => a - b)).toEqual(places);

    await page.keyboard.type('ayse');
    await option(/^Ayşe Yılmaz/).waitFor();
    await expect.poll(() => page.getByRole('option').count()).toBe(1);
    expect(await seriousViolations(page)).toEqual([]);
    await page.keyboard.press('Enter');
    await expect.poll(focused).toBe('Name of face 2');
    expect(await who(1).inputValue()).toBe('Ayşe Yılmaz');
    await page.locator('.photo-box', { hasText: '1 Ayşe Yılmaz' }).waitFor();

    // Who has not agreed can be found, with the reason, and not be chosen.
    await page.keyboard.type('elif');
    await option(/Elif Demir.*has not agreed to face recognition/).waitFor();
    await page.keyboard.press('Enter');
    expect(await focused()).toBe('Name of face 2');
    await page.keyboard.press('Escape');
    expect([await who(2).inputValue(), await page.getByRole('option').count()]).toEqual(['', 0]);
    await page.keyboard.type('K1');
    await page.keyboard.press('Enter');
    await page.keyboard.type('isil');
    await page.keyboard.press('Enter');
    await expect.poll(focused).toBe('Name of face 4');
    expect(await who(3).inputValue()).toBe('Işıl Şahin');
    // The list by arrows: whoever is free comes first, in the order of the alphabet.
    await page.keyboard.press('ArrowDown');
    await option(/^Can Öztürk/).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    expect(await who(4).inputValue()).toBe('Deniz Acar');
    await page.getByText('4 of 6 named').waitFor();
  }, 60_000);

  it('moves a name that belongs to another face, takes one off, and finds a face by a click on the photo', async () => {
    await who(5).click();
    await option(/^Deniz Acar.*face 4/).click();
    expect([await who(4).inputValue(), await who(5).inputValue()]).toEqual(['', 'Deniz Acar']);
    await button('Take the name off face 5').click();
    expect(await who(5).inputValue()).toBe('');
    await page.getByText('3 of 6 named').waitFor();
    const box = (await page.locator('.photo-box').nth(3).boundingBox())!;
    await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
    await expect.poll(focused).toBe('Name of face 4');
    await page.keyboard.type('can');
    await page.keyboard.press('Enter');
    // Emptied, the name is gone.
    await who(4).fill('');
    await page.keyboard.press('Tab');
    expect(await who(4).inputValue()).toBe('');
    await who(4).fill('can');
    await page.keyboard.press('Enter');
    await page.getByText('4 of 6 named').waitFor();
  }, 60_000);

  it('enrols at once who can be, and says of each other why not', async () => {
    // Mert withdraws while the teacher is naming.
    await server.admin.call('PUT', `/students/${ids[1]}/consents`, { purpose: 'face', granted: false });
    await button('Enrol 4 faces').click();
    await page.getByText('3 faces were enrolled.').waitFor();
    await page.getByText('1 was not: the reason stands beside it.').waitFor();
    await page.locator('.face-row', { hasText: 'There is no consent for face recognition.' }).waitFor();
    await expect.poll(() => page.locator('.face-row', { hasText: 'Enrolled' }).count()).toBe(3);
    await expect.poll(() => page.locator('.photo-box[data-state="enrolled"]').count()).toBe(3);
    expect(await Promise.all([0, 1, 2, 3].map(templates))).toEqual([1, 0, 1, 1]);
    await page.getByText('2 students have not agreed to face recognition').waitFor();
    expect(await seriousViolations(page)).toEqual([]);
  }, 60_000);

  it('goes on with the rest after the page was loaded again, and forgets it when asked', async () => {
    await page.reload();
    await page.getByText('The photo itself is not kept').waitFor();
    await expect.poll(() => page.getByRole('combobox').count()).toBe(3);
    await expect.poll(() => page.locator('.face-row canvas:visible').count()).toBe(3);
    expect(await seriousViolations(page)).toEqual([]);
    // Who was refused is still named.
    await expect.poll(() => who(1).inputValue()).toBe('Mert Kaya');
    await button('Take the name off face 1').click();
    await who(2).fill('deniz');
    await page.keyboard.press('Enter');
    await button('Enrol 1 face').click();
    await page.getByText('1 face was enrolled.').waitFor();
    expect(await templates(5)).toBe(1);
    const held = page.url();
    await button('Discard').click();
    await page.getByRole('dialog').getByRole('button', { name: 'Discard' }).click();
    await page.getByRole('heading', { name: 'What makes a good photo' }).waitFor();
    await page.goto(held);
    await page.getByText('The faces of that photo are not kept any more.').waitFor();
  }, 60_000);

  it('suggests who is known, and takes nobody for two', async () => {
    await page.goto(path);
    await send(await classPhoto([...portraits().slice(0, 1), ...portraits(-1).slice(1)]));
    await page.getByRole('heading', { name: 'Who is who?' }).waitFor();
    const first = page.locator('.face-row').first();
    const yes = first.getByRole('button', { name: 'Yes, Ayşe Yılmaz' });
    await yes.waitFor();
    expect(await seriousViolations(page)).toEqual([]);
    // Said to be somebody else, the server knows better, and the page says whose face it is.
    await server.admin.call('PUT', `/students/${ids[1]}/consents`, { purpose: 'face', granted: true });
    await page.reload();
    await who(1).fill('mert');
    await page.keyboard.press('Enter');
    await button('Enrol 1 face').click();
    await first.getByText('This face is enrolled for Ayşe Yılmaz already.').waitFor();
    expect(await templates(1)).toBe(0);
    await button('Take the name off face 1').click();
    await yes.click();
    await button('Enrol 1 face').click();
    await page.getByText('1 face was enrolled.').waitFor();
    expect(await templates(0)).toBe(2);
  }, 90_000);

  it('is without serious faults in Turkish, in the dark and on a telephone', async () => {
    await page.evaluate("localStorage.setItem('yoklama.language', 'tr')");
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.setViewportSize({ width: 390, height: 844 });
    await page.goto(path);
    await page.getByRole('heading', { name: 'İyi fotoğraf için' }).waitFor();
    expect([await seriousViolations(page), await sideways()]).toEqual([[], 0]);
    await send(await classPhoto(portraits()));
    await page.getByRole('heading', { name: 'Kim kim?' }).waitFor();
    await page.getByRole('combobox').nth(1).fill('e');
    await page.getByRole('option').first().waitFor();
    expect([await seriousViolations(page), await sideways()]).toEqual([[], 0]);
    expect(watched.problems).toEqual([]);
  }, 60_000);
});
