import { sql } from 'drizzle-orm';
import { Secret, TOTP } from 'otpauth';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Contest, Excuse } from '../../server/features/excuses/schemas.ts';
import type { QrCode, QrSession } from '../../server/features/qr/schemas.ts';
import { writeMarks } from '../support/marks.ts';
import { type OidcStub, startOidc } from '../support/oidc.ts';
import { ADMIN_EMAIL, PASSWORD, startTestServer, TEACHER_EMAIL, type TestServer } from '../support/server.ts';
import { type SmtpStub, startSmtp } from '../support/smtp.ts';
import { chromiumPath, launchChromium, openPage, seriousViolations, type WatchedPage } from './browser.ts';
import { keepEvidence, sayWithoutChromium, sidewaysOf } from './desk.ts';

sayWithoutChromium();

/** What mails and codes link to. Chromium takes it for this machine, and for as safe as https. */
const PUBLIC_URL = 'http://yoklama.localhost';
const STUDENT_EMAIL = 'deniz@test.local';
const NEW_PASSWORD = 'another horse, another battery';
const ROOM = { latitude: 41.0082, longitude: 28.9784 };
const PHONE = { width: 390, height: 844 };
const DESK = { width: 1280, height: 900 };

/** A person's own way through the pages, in a real browser against the whole server, with real mails. */
describe.skipIf(!chromiumPath)('the pages of one person', () => {
  let server: TestServer;
  let smtp: SmtpStub;
  let provider: OidcStub;
  let browser: Browser;
  let watched: WatchedPage;
  let page: Page;
  let student: { id: string; name: string };
  let secret: string;
  let codes: string[];

  beforeAll(async () => {
    [smtp, provider] = await Promise.all([
      startSmtp(),
      startOidc({ redirectUri: `${PUBLIC_URL}/oidc/callback` }),
    ]);
    server = await startTestServer({ students: 2, env: { SMTP_URL: smtp.url, PUBLIC_URL } });
    student = server.seeded!.students[0]!;
    browser = await launchChromium([
      `--host-resolver-rules=MAP yoklama.localhost:80 127.0.0.1:${new URL(server.url).port}`,
    ]);
    watched = await openPage(browser, PUBLIC_URL, {
      locale: 'en-GB',
      colorScheme: 'light',
      // Contrast cannot be judged while something fades in.
      reducedMotion: 'reduce',
      viewport: DESK,
      geolocation: { ...ROOM, accuracy: 8 },
      acceptDownloads: true,
    });
    page = watched.page;
  }, 180_000);

  afterEach(({ task }) => keepEvidence(task, watched));

  afterAll(async () => {
    await browser?.close();
    await server?.close();
    await provider?.close();
    await smtp?.close();
  });

  const button = (name: string | RegExp) => page.getByRole('button', { name });
  const submit = () => page.getByRole('button', { name: 'Sign in', exact: true });
  const heading = (name: string | RegExp) => page.getByRole('heading', { name });
  const dialog = () => page.getByRole('dialog');
  const sideways = () => sidewaysOf(page);
  const totp = (ahead = 0) =>
    new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: Date.now() + ahead * 30_000 });

  async function signIn(email: string, password: string): Promise<void> {
    await page.getByLabel('Email', { exact: true }).fill(email);
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.keyboard.press('Enter');
  }

  async function signOut(): Promise<void> {
    await button(/^Account and settings/).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await heading('Sign in').waitFor();
  }

  async function linkIn(email: string, kind: string): Promise<string> {
    const fits = new RegExp(`${PUBLIC_URL}/${kind}#[\\w-]+`);
    const found = await smtp.until((mail) => mail.to.includes(email) && fits.test(mail.mail.text ?? ''));
    return fits.exec(found.mail.text ?? '')![0];
  }

  describe('signing in', () => {
    it('shows the institution, in its colours', async () => {
      const settings = { colours: { primary: '#7a1fa2', accent: '#ffb300' }, registration: { open: true } };
      const changed = await server.admin.call('PATCH', '/tenant', { name: 'Deneme Lisesi', settings });
      expect(changed.status).toBe(200);
      const { issuer, clientId, clientSecret } = provider;
      const made = await server.admin.post('/oidc-providers', {
        name: 'Campus',
        issuer,
        clientId,
        clientSecret,
      });
      expect(made.status).toBe(201);
      await page.goto('/');
      await page.getByText('Deneme Lisesi').waitFor();
      const accent = await page.evaluate<string>(
        "getComputedStyle(document.querySelector('.button.primary')).backgroundColor",
      );
      expect(accent).toBe('rgb(122, 31, 162)');
      await button('English').click();
      expect(await seriousViolations(page)).toEqual([]);
      await server.admin.call('PATCH', '/tenant', {
        settings: { colours: { primary: '#2f4fd8', accent: '#0f8a6c' } },
      });
    });

    it('lists where one is signed in, and ends the others', async () => {
      await page.goto('/');
      await signIn(TEACHER_EMAIL, PASSWORD);
      await heading('Set up in three steps').or(heading('Sessions')).first().waitFor();
      await page.goto('/account');
      await page.getByText('This device').waitFor();
      await button('End all others').click();
      await page
        .getByText(/sign-ins? (was|were) ended\./)
        .first()
        .waitFor();
      await expect.poll(() => page.locator('.sign-in').count()).toBe(1);
      expect(await seriousViolations(page)).toEqual([]);
      await signOut();
    });

    it('sets up a second factor, and gives ten backup codes to keep', async () => {
      await page.goto('/');
      await signIn(TEACHER_EMAIL, PASSWORD);
      await button(/^Account and settings/).click();
      await page.getByRole('menuitem', { name: 'Account' }).click();
      await heading('Account').waitFor();
      await page
        .getByLabel('Marks: by email')
        .or(page.getByLabel('Weekly report: by email'))
        .first()
        .waitFor();
      expect(await seriousViolations(page)).toEqual([]);
      await button('Set up').click();
      await page.getByRole('img', { name: 'QR code for your authenticator app' }).waitFor();
      secret = ((await page.locator('.secret-key').textContent()) ?? '').replaceAll(/\s/g, '');
      expect(await seriousViolations(page)).toEqual([]);
      await page.getByLabel('Then enter the six digits that it shows').fill(totp());
      await button('Switch on').click();
      await heading('Your backup codes').waitFor();
      codes = await page.locator('.codes li').allInnerTexts();
      expect(new Set(codes).size).toBe(10);
      expect(await seriousViolations(page)).toEqual([]);
      const [download] = await Promise.all([page.waitForEvent('download'), button('Download').click()]);
      expect(download.suggestedFilename()).toBe('backup-codes.txt');
      await button('I have kept them').click();
      await signOut();
    });

    it('asks for the code of the app, and takes a backup code instead', async () => {
      await signIn(TEACHER_EMAIL, PASSWORD);
      await heading('Second factor').waitFor();
      await expect.poll(() => page.evaluate('document.activeElement.inputMode')).toBe('numeric');
      expect(await seriousViolations(page)).toEqual([]);
      await page.keyboard.type('000000');
      await page.keyboard.press('Enter');
      await page.getByRole('alert').getByText('The code is not right').waitFor();
      await button('Use a backup code instead').click();
      await page.getByLabel('Backup code').fill(codes[0]!);
      await page.keyboard.press('Enter');
      await heading('Sessions').waitFor();
      await signOut();
      await signIn(TEACHER_EMAIL, PASSWORD);
      await page.getByLabel('Code of your app').fill(totp(1));
      await page.keyboard.press('Enter');
      await heading('Sessions').waitFor();
      await signOut();
    });

    it('says how long to wait after too many wrong passwords', async () => {
      for (let attempt = 0; attempt < 7; attempt++) {
        await page.getByLabel('Email', { exact: true }).fill('nobody@test.local');
        await page.getByLabel('Password', { exact: true }).fill(`guess ${attempt}`);
        if (await submit().isDisabled()) break;
        await page.keyboard.press('Enter');
        await page.locator('.banner').waitFor();
      }
      await page
        .locator('.banner')
        .getByText(/You can try again in 00:\d\d/)
        .first()
        .waitFor();
      expect(await submit().isDisabled()).toBe(true);
      expect(await seriousViolations(page)).toEqual([]);
    });

    it('goes through the institution’s own provider and back', async () => {
      provider.person = { sub: 'teacher', email: TEACHER_EMAIL, email_verified: true, name: 'Ayşe' };
      await page.goto('/');
      await button('Sign in with Campus').click();
      await heading('Sessions').or(heading('Set up in three steps')).first().waitFor();
      expect(new URL(page.url()).search).toBe('');
      await signOut();
      await page.goto('/oidc/callback?code=stolen&state=forged');
      await heading('Signing in did not work').waitFor();
      expect(await seriousViolations(page)).toEqual([]);
    });

    it('waits for the second factor where the institution begins to ask for it', async () => {
      await server.admin.call('PATCH', '/tenant', { settings: { twoFactor: { requiredFor: ['admin'] } } });
      await page.goto('/');
      await signIn(ADMIN_EMAIL, PASSWORD);
      await heading('Set up a second factor').waitFor();
      expect(await seriousViolations(page)).toEqual([]);
      await button('Sign out').click();
      await heading('Sign in').waitFor();
    });
  });

  describe('links in mails', () => {
    it('makes the account that an invitation offers', async () => {
      // Nobody could work before the second factor was set up, the administrator neither.
      await server.context.db.system((tx) =>
        tx.execute(sql`update tenants set settings = settings - 'twoFactor'`),
      );
      const admin = await server.as(ADMIN_EMAIL, PASSWORD);
      const invited = {
        email: STUDENT_EMAIL,
        name: 'Deniz',
        role: 'student',
        locale: 'en',
        studentId: student.id,
      };
      expect((await admin.post('/invitations', invited)).status).toBe(201);
      await page.goto(await linkIn(STUDENT_EMAIL, 'invitation'));
      await heading('Welcome').waitFor();
      expect(await seriousViolations(page)).toEqual([]);
      await page.getByLabel('New password').fill('short');
      await page.getByLabel('The same again').fill('different');
      await button('Make the account').click();
      await page.getByText('Use at least 10 characters.').waitFor();
      await page.getByText('The two are not the same.').waitFor();
      expect(await seriousViolations(page)).toEqual([]);
      await page.getByLabel('New password').fill(PASSWORD);
      await page.getByLabel('The same again').fill(PASSWORD);
      await button('Make the account').click();
      await heading('My attendance').waitFor();
      expect(page.url()).toBe(`${PUBLIC_URL}/`);
      await signOut();
    });

    it('says that a link was used', async () => {
      await page.goto(await linkIn(STUDENT_EMAIL, 'invitation'));
      await page.getByLabel('New password').fill(PASSWORD);
      await page.getByLabel('The same again').fill(PASSWORD);
      await button('Make the account').click();
      await page.getByRole('alert').getByText('This link does not work any more.').waitFor();
      expect(await seriousViolations(page)).toEqual([]);
      await page.getByRole('link', { name: 'Back to sign-in' }).click();
      await heading('Sign in').waitFor();
    });

    it('sets a new password for who forgot it', async () => {
      await page.getByRole('link', { name: 'Forgot your password?' }).click();
      await page.getByLabel('Email', { exact: true }).fill(STUDENT_EMAIL);
      expect(await seriousViolations(page)).toEqual([]);
      await button('Send the link').click();
      await heading('Look into your mailbox').waitFor();
      await page.goto(await linkIn(STUDENT_EMAIL, 'reset'));
      await page.getByLabel('New password').fill(NEW_PASSWORD);
      await page.getByLabel('The same again').fill(NEW_PASSWORD);
      expect(await seriousViolations(page)).toEqual([]);
      await button('Set the password').click();
      await heading('The new password is set').waitFor();
      expect(page.url()).toBe(`${PUBLIC_URL}/reset`);
      await page.getByRole('link', { name: 'Back to sign-in' }).click();
      await signIn(STUDENT_EMAIL, NEW_PASSWORD);
      await heading('My attendance').waitFor();
    });

    it('offers an account by code and by registration to who is signed out', async () => {
      await signOut();
      await page.getByRole('link', { name: 'I have an activation code' }).click();
      await heading('Make an account with a code').waitFor();
      expect(await seriousViolations(page)).toEqual([]);
      await page.getByLabel('Activation code').fill('0000-0000-0000');
      await page.getByLabel('Your name').fill('Ada');
      await page.getByLabel('Email', { exact: true }).fill('ada@test.local');
      await page.getByLabel('New password').fill(PASSWORD);
      await page.getByLabel('The same again').fill(PASSWORD);
      await button('Make the account').click();
      await page.getByRole('alert').waitFor();
      await page.goto('/register');
      await page.getByLabel('Your name').fill('Ada');
      await page.getByLabel('Email', { exact: true }).fill('ada@test.local');
      expect(await seriousViolations(page)).toEqual([]);
      await button('Send the link').click();
      await heading('Look into your mailbox').waitFor();
      expect(await linkIn('ada@test.local', 'invitation')).toContain('#');
      await page.goto('/');
      await signIn(STUDENT_EMAIL, NEW_PASSWORD);
      await heading('My attendance').waitFor();
    });
  });

  describe('a student', () => {
    beforeAll(async () => {
      const { tenantId, courseId } = server.seeded!;
      const meetings = [
        ['2026-11-16', 'p'],
        ['2026-11-17', 'a'],
        ['2026-11-18', 'l'],
      ] as const;
      await writeMarks(server.context, { tenantId, courseId, studentIds: [student.id], meetings });
    });

    const openContests = async () =>
      (await server.admin.get<{ items: Contest[] }>('/contests?status=open')).body.items;

    it('sees their own marks and objects to one', async () => {
      await page.goto('/');
      await page.getByText('1 present, 1 late, 0 excused, 1 absent').waitFor();
      expect(await seriousViolations(page)).toEqual([]);
      await page.getByLabel('Mark', { exact: true }).selectOption('absent');
      await page.locator('.mark').nth(1).waitFor({ state: 'detached' });
      await button(/^Object to the mark of Matematik/).click();
      await dialog().getByRole('button', { name: 'Send' }).click();
      await dialog().getByText('Say what is wrong.').waitFor();
      expect(await seriousViolations(page)).toEqual([]);
      await dialog().getByLabel('What is right').fill('I sat behind the column.');
      await dialog().getByRole('button', { name: 'Send' }).click();
      await page.getByText('Objection is open').first().waitFor();
      expect(await openContests()).toMatchObject([{ day: '2026-11-17', text: 'I sat behind the column.' }]);
    });

    it('is told of the answer while the page is open', async () => {
      const [contest] = (await openContests()) as [Contest];
      const decision = {
        status: 'accepted',
        answer: 'You are right, sorry.',
        correction: { status: 'present', version: contest.recordVersion },
      };
      expect((await server.admin.post(`/contests/${contest.id}/decide`, decision)).status).toBe(200);
      await page.getByRole('link', { name: /^Notifications, \d unread/ }).waitFor({ timeout: 30_000 });
      await page.getByRole('link', { name: /^Notifications, \d unread/ }).click();
      await heading('Notifications').waitFor();
      await button(/^Mark as read: /)
        .first()
        .waitFor();
      expect(await seriousViolations(page)).toEqual([]);
      await button('Mark all as read').click();
      await page.getByRole('link', { name: 'Notifications', exact: true }).waitFor();
      await page.getByRole('link', { name: 'Attendance', exact: true }).click();
      await page.getByText('You are right, sorry.').waitFor();
      await page.getByText('2 present, 1 late, 0 excused, 0 absent').waitFor();
    });

    it('sees their courses', async () => {
      await page.getByRole('link', { name: 'Courses' }).click();
      await heading('Matematik').waitFor();
      await page.getByText('With Ayşe Öğretmen').waitFor();
      expect(await seriousViolations(page)).toEqual([]);
    });

    it('hands in an excuse with a document, and takes it back', async () => {
      await page.getByRole('link', { name: 'Excuses' }).click();
      await button('Hand in an excuse').click();
      await dialog().getByLabel('First day').fill('2026-11-23');
      await dialog().getByLabel('Last day').fill('2026-11-24');
      await dialog().getByLabel('Reason').fill('Flu');
      const document = { name: 'note.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.7\n') };
      await dialog().locator('input[type=file]').setInputFiles(document);
      expect(await seriousViolations(page)).toEqual([]);
      await dialog().getByRole('button', { name: 'Hand in' }).click();
      await button('Download note.pdf').waitFor();
      expect(await seriousViolations(page)).toEqual([]);
      const { body } = await server.admin.get<{ items: Excuse[] }>('/excuses');
      // Two whole days of the institution, which is in Istanbul.
      expect(body.items[0]).toMatchObject({
        fromAt: '2026-11-22T21:00:00.000Z',
        untilAt: '2026-11-24T21:00:00.000Z',
        document: { name: 'note.pdf' },
      });
      await button('Take back').click();
      await dialog().getByRole('button', { name: 'Take back' }).click();
      await page.getByText('No excuses yet').waitFor();
    });

    it('withdraws consent knowing what it means, and gets a copy of everything', async () => {
      await page.getByRole('link', { name: 'My data' }).click();
      await button('Withdraw: Face recognition').click();
      await dialog().getByText('are erased at once').waitFor();
      expect(await seriousViolations(page)).toEqual([]);
      await dialog().getByRole('button', { name: 'Withdraw and erase' }).click();
      await button('I agree: Face recognition').waitFor();
      await page.getByText('Face recognition: refused or withdrawn').waitFor();
      expect(await seriousViolations(page)).toEqual([]);
      const { body } = await server.admin.get<{ consents: { face: boolean } }>(`/students/${student.id}`);
      expect(body.consents.face).toBe(false);
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        button('Download my data').click(),
      ]);
      expect(download.suggestedFilename()).toBe('my-data.zip');
    });

    it('reaches nobody else’s pages', async () => {
      await page.goto('/students');
      await heading('There is no such page').waitFor();
    });
  });

  describe('the code on the screen', () => {
    let sessionId: string;
    beforeAll(async () => {
      const { tenantId, courseId } = server.seeded!;
      const meetings = [[new Date().toISOString(), '?']] as const;
      const given = { tenantId, courseId, studentIds: [student.id], meetings };
      [sessionId] = (await writeMarks(server.context, given)) as [string];
    });

    async function show(more: object = {}): Promise<string> {
      const opened = await server.admin.post<QrSession>('/qr/sessions', { sessionId, ...more });
      expect(opened.status, JSON.stringify(opened.body)).toBe(201);
      return (await server.admin.get<QrCode>(`/qr/sessions/${opened.body.id}/code`)).body.url;
    }

    it('says what is wrong with a code that was cut off', async () => {
      await page.goto('/scan#AAAA');
      await heading('This is not a code of your institution').waitFor();
      expect(await seriousViolations(page)).toEqual([]);
      await page.goto('/scan');
      await heading('Scan the code with your camera').waitFor();
      expect(await seriousViolations(page)).toEqual([]);
    });

    it('asks where the student is only where the class wants it, and takes no for an answer', async () => {
      await page.context().clearPermissions();
      await page.goto(await show({ place: { ...ROOM, radiusM: 50 }, rotateSeconds: 60 }));
      await heading('This class asks where you are').waitFor();
      expect(await seriousViolations(page)).toEqual([]);
      await button('Share where I am').click();
      await heading('Your device did not allow it').waitFor();
      expect(await seriousViolations(page)).toEqual([]);
      await page.context().grantPermissions(['geolocation'], { origin: PUBLIC_URL });
      await button('Try again').click();
      await heading('You are marked: Present').waitFor();
      await page.getByText('Matematik, ').waitFor();
      expect(await seriousViolations(page)).toEqual([]);
    });

    it('marks the student who opens it, once, also when it is opened again', async () => {
      const link = await show({ rotateSeconds: 60 });
      for (let times = 0; times < 2; times++) {
        await page.goto('about:blank');
        await page.goto(link);
        await heading('You are marked: Present').waitFor();
      }
      const { body } = await server.admin.get<{ items: { studentId: string; method: string }[] }>(
        `/sessions/${sessionId}/attendance`,
      );
      expect(body.items).toMatchObject([{ studentId: student.id, method: 'qr' }]);
    });

    it('asks who is signed out to sign in, and goes on with the code', async () => {
      const link = await show({ rotateSeconds: 60 });
      await page.goto('/');
      await signOut();
      await page.goto(link);
      await page.getByText('Sign in to mark yourself present.').waitFor();
      await signIn(STUDENT_EMAIL, NEW_PASSWORD);
      await heading('You are marked: Present').waitFor();
    });
  });

  it('is the same in Turkish, in the dark and on a telephone', async () => {
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.setViewportSize(PHONE);
    await page.goto('/account');
    await heading('Where you are signed in').waitFor();
    await page.getByRole('combobox', { name: 'Language' }).selectOption('tr');
    const pages = {
      '/account': 'Giriş yaptığınız yerler',
      '/': 'Yoklamam',
      '/courses': 'Matematik',
      '/excuses': 'Mazeretlerim',
      '/my-data': 'Her şeyin bir kopyası',
      '/notifications': 'Bildirimler',
      '/scan': 'Kodu kameranızla okutun',
    };
    for (const [path, title] of Object.entries(pages)) {
      await page.goto(path);
      await heading(title).first().waitFor();
      await expect.poll(() => page.locator('.skeleton').count()).toBe(0);
      expect([path, await sideways()]).toEqual([path, 0]);
      expect(await seriousViolations(page)).toEqual([]);
    }
    await button(/^Hesap ve ayarlar/).click();
    await page.getByRole('menuitem', { name: 'Çıkış yap' }).click();
    for (const path of ['/', '/forgot', '/reset', '/invitation#not-a-link', '/activate', '/register']) {
      await page.goto(path);
      await page.getByRole('heading', { level: 1 }).waitFor();
      expect([path, await sideways()]).toEqual([path, 0]);
      expect(await seriousViolations(page)).toEqual([]);
    }
  });

  it('had no errors and nothing that its content policy forbids', () => {
    expect(watched.problems).toEqual([]);
  });
});
