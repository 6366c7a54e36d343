import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type OidcStub, startOidc } from '../support/oidc.ts';
import { ADMIN_EMAIL, startTestServer, TEACHER_EMAIL, type TestServer } from '../support/server.ts';
import { chromiumPath, launchChromium, seriousViolations, type WatchedPage } from './browser.ts';
import { keepEvidence, openSignedIn, sayWithoutChromium, sidewaysOf } from './desk.ts';

sayWithoutChromium();

const PUBLIC_URL = 'http://yoklama.localhost';

interface Holidays {
  items: { day: string; name: string }[];
}
interface Providers {
  items: { id: string; name: string; clientId: string; hasSecret: boolean; enabled: boolean }[];
}

/** What an administrator sets up once, in a real browser against the whole server and a real provider. */
describe.skipIf(!chromiumPath)('setting an institution up', () => {
  let server: TestServer;
  let provider: OidcStub;
  let browser: Browser;
  let watched: WatchedPage;
  let page: Page;

  beforeAll(async () => {
    provider = await startOidc({ redirectUri: `${PUBLIC_URL}/oidc/callback` });
    server = await startTestServer({ students: 1, env: { PUBLIC_URL } });
    browser = await launchChromium();
    watched = await openSignedIn(browser, server.url, ADMIN_EMAIL);
    page = watched.page;
  }, 180_000);

  afterEach(({ task }) => keepEvidence(task, watched));

  afterAll(async () => {
    await browser?.close();
    await server?.close();
    await provider?.close();
  });

  const button = (name: string | RegExp) =>
    page.getByRole('button', { name, exact: typeof name === 'string' });
  const dialog = () => page.getByRole('dialog');
  const inDialog = (name: string | RegExp) =>
    dialog().getByRole('button', { name, exact: typeof name === 'string' });
  const row = (text: string | RegExp) => page.locator('.list-row', { hasText: text });
  const day = (ahead: number) => new Date(Date.now() + ahead * 86_400_000).toISOString().slice(0, 10);
  const stored = async () => {
    const { body } = await server.admin.get<Holidays>('/holidays');
    return body.items.map((holiday) => [holiday.day, holiday.name]);
  };

  describe('holidays', () => {
    it('adds a day, by keyboard, and says what is wrong with one', async () => {
      await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Institution' }).click();
      await page.locator('.sub-nav').getByRole('link', { name: 'Holidays' }).click();
      await page.getByText('No holidays ahead').waitFor();
      expect(await seriousViolations(page)).toEqual([]);
      await button('Add a holiday').click();
      await inDialog('Add').click();
      await dialog().getByText('Enter a name.').waitFor();
      await dialog().getByText('Choose a day.').waitFor();
      expect(await seriousViolations(page)).toEqual([]);
      await dialog().getByLabel('Name').fill('Republic Day');
      await dialog().getByLabel('First day').fill('2090-10-29');
      await dialog().getByLabel('Last day').fill('2090-10-28');
      await dialog().getByText('The last day is before the first.').waitFor();
      await dialog().getByLabel('Last day').fill('');
      await page.keyboard.press('Enter');
      await row(/Republic Day.*Sunday, October 29, 2090/).waitFor();
      expect(await stored()).toEqual([['2090-10-29', 'Republic Day']]);
      await button('Add a holiday').click();
      await dialog().getByLabel('Name').fill('Again');
      await dialog().getByLabel('First day').fill('2090-10-29');
      await page.keyboard.press('Enter');
      await dialog().getByText('This day is a holiday already.').waitFor();
      await page.keyboard.press('Escape');
    }, 60_000);

    it('adds, shows, renames and removes a break as one, and keeps days that are holidays already', async () => {
      await button('Add a holiday').click();
      await dialog().getByLabel('Name').fill('Autumn break');
      await dialog().getByLabel('First day').fill('2090-10-28');
      await dialog().getByLabel('Last day').fill('2090-11-02');
      await inDialog('Add 6 days').click();
      await page.getByText('1 of the days was a holiday already and keeps its name.').first().waitFor();
      await expect.poll(() => page.locator('.list-row').count()).toBe(3);
      await row(/Oct 30 – Nov 2, 2090 · 4 days/).waitFor();
      expect(await seriousViolations(page)).toEqual([]);
      await row('4 days').getByRole('button', { name: 'Edit Autumn break' }).click();
      await dialog().getByLabel('Name').fill('Midterm break');
      await inDialog('Save').click();
      await row('Midterm break').waitFor();
      const names = (await stored()).map(([, name]) => name);
      expect(names).toEqual(['Autumn break', 'Republic Day', ...Array(4).fill('Midterm break')]);
      await button('Edit Midterm break').click();
      await inDialog('Delete').click();
      await page.getByRole('dialog').nth(1).getByRole('button', { name: 'Delete' }).click();
      await expect.poll(stored).toEqual([
        ['2090-10-28', 'Autumn break'],
        ['2090-10-29', 'Republic Day'],
      ]);
      await button('Edit Autumn break').click();
      await dialog().getByLabel('Day').fill('2090-10-29');
      await inDialog('Save').click();
      await dialog().getByText('This day is a holiday already.').waitFor();
      await dialog().getByLabel('Day').fill('2090-10-27');
      await inDialog('Save').click();
      await row(/Friday, October 27, 2090/).waitFor();
    }, 60_000);

    it('says how near a day is, and keeps what is over apart', async () => {
      await server.admin.post('/holidays', { day: day(12), name: 'Soon' });
      await server.admin.post('/holidays', { day: day(-12), name: 'Over' });
      await page.reload();
      await row('Soon')
        .getByText(/in 1[123] days/)
        .waitFor();
      await expect.poll(() => row('Over').count()).toBe(0);
      await button('Past').click();
      await row('Over').waitFor();
      await expect.poll(() => row('Soon').count()).toBe(0);
      expect(await seriousViolations(page)).toEqual([]);
    }, 60_000);

    it('says where the list cannot be loaded, and tries again', async () => {
      await page.route('**/api/v1/holidays?*', (route) => route.abort());
      await button('Coming').click();
      await page.reload();
      await page.getByText('The server cannot be reached.').waitFor();
      await page.unroute('**/api/v1/holidays?*');
      await button('Try again').click();
      await row('Soon').waitFor();
    }, 60_000);
  });

  describe('sign-in providers', () => {
    const providers = async () => (await server.admin.get<Providers>('/oidc-providers')).body.items;
    const enters = async () => {
      const [own] = await providers();
      provider.person = { sub: 's1', email: TEACHER_EMAIL, email_verified: true, name: 'Ayşe' };
      const start = await server.anonymous.get<{ authorizationUrl: string }>(`/auth/oidc/${own!.id}/start`);
      const answered = await provider.visit(start.body.authorizationUrl);
      return (await server.anonymous.post('/auth/oidc/callback', answered)).status;
    };

    it('keeps nothing that does not answer, or that the server may not go to', async () => {
      await page.locator('.sub-nav').getByRole('link', { name: 'Sign-in providers' }).click();
      await page.getByText('No sign-in providers').waitFor();
      expect(await seriousViolations(page)).toEqual([]);
      await button('Add a provider').click();
      await inDialog('Check and add').click();
      await dialog().getByText('Enter an address that begins with https://.').waitFor();
      await dialog().getByText('Enter the client secret, or say that there is none.').waitFor();
      expect(await seriousViolations(page)).toEqual([]);
      await dialog().getByLabel('Name').fill('Campus');
      await dialog().getByLabel('Client id').fill(provider.clientId);
      await dialog().getByLabel('Client secret', { exact: true }).fill(provider.clientSecret);
      await dialog().getByLabel('Address (issuer)').fill('https://10.1.2.3');
      await inDialog('Check and add').click();
      await dialog().getByText('The server does not go to this address').waitFor();
      // A server, but no provider.
      await dialog().getByLabel('Address (issuer)').fill(server.url);
      await inDialog('Check and add').click();
      await dialog().getByText('No OpenID Connect provider answers at this address.').waitFor();
      expect(await providers()).toEqual([]);
    }, 60_000);

    it('adds one that answers, with which people really sign in', async () => {
      await dialog().getByLabel('Address (issuer)').fill(provider.issuer);
      await inDialog('Check and add').click();
      await page.getByRole('heading', { name: 'Campus' }).waitFor();
      await page.locator('code', { hasText: `${PUBLIC_URL}/oidc/callback` }).waitFor();
      expect(await enters()).toBe(200);
      await button('Check Campus').click();
      await page.getByText('The provider answers.').waitFor();
      expect(await seriousViolations(page)).toEqual([]);
      await button('Add a provider').click();
      expect(await dialog().locator('code').textContent()).toBe(`${PUBLIC_URL}/oidc/callback`);
      await dialog().getByLabel('Name').fill('The same');
      await dialog().getByLabel('Address (issuer)').fill(provider.issuer);
      await dialog().getByLabel('Client id').fill(provider.clientId);
      await dialog().getByRole('switch', { name: 'Public client, without a secret' }).click();
      await inDialog('Check and add').click();
      await dialog().getByText('A provider with this address and client id is there already.').waitFor();
      await page.keyboard.press('Escape');
    }, 60_000);

    it('changes one without showing or losing its secret, and replaces the secret', async () => {
      await button('Edit Campus').click();
      await dialog().getByText('One is stored and is never shown.').waitFor();
      expect(await dialog().getByLabel('Client secret', { exact: false }).first().inputValue()).toBe('');
      expect(await dialog().getByLabel('Address (issuer)').isEditable()).toBe(false);
      expect(await seriousViolations(page)).toEqual([]);
      await dialog().getByLabel('Name').fill('Campus account');
      await dialog()
        .getByLabel('Whoever has no account here')
        .selectOption({ label: 'Gets an account: Teacher' });
      await inDialog('Save').click();
      await page.getByRole('heading', { name: 'Campus account' }).waitFor();
      await page.getByText('Makes accounts: Teacher').waitFor();
      expect(await enters()).toBe(200);
      expect(await page.content()).not.toContain(provider.clientSecret);

      await button('Edit Campus account').click();
      await dialog()
        .getByLabel(/^Client secret/)
        .first()
        .fill('another secret, which is wrong');
      await inDialog('Save').click();
      await dialog().waitFor({ state: 'detached' });
      expect(await enters()).toBe(401);
    }, 60_000);

    it('takes one off the sign-in page, and removes it', async () => {
      const offered = async () =>
        (await server.anonymous.get<{ oidcProviders: unknown[] }>('/tenant/public')).body.oidcProviders
          .length;
      expect(await offered()).toBe(1);
      await button('Edit Campus account').click();
      await dialog().getByRole('switch', { name: 'Offered' }).click();
      await inDialog('Save').click();
      await page.getByText('Not offered').waitFor();
      await expect.poll(offered).toBe(0);
      await expect.poll(() => page.getByRole('button', { name: /^Check/ }).count()).toBe(0);
      await button('Edit Campus account').click();
      await inDialog('Delete').click();
      await page.getByRole('dialog').nth(1).getByRole('button', { name: 'Delete' }).click();
      await page.getByText('No sign-in providers').waitFor();
      expect(await providers()).toEqual([]);
    }, 60_000);
  });

  it('is without serious faults in Turkish, in the dark and on a telephone', async () => {
    const { issuer, clientId } = provider;
    await server.admin.post('/oidc-providers', { name: 'Kampüs', issuer, clientId });
    await page.evaluate("localStorage.setItem('yoklama.language', 'tr')");
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.setViewportSize({ width: 390, height: 844 });
    const faults: string[] = [];
    for (const [path, add] of [
      ['/institution/holidays', 'Tatil ekle'],
      ['/institution/providers', 'Sağlayıcı ekle'],
    ] as const) {
      await page.goto(path);
      await page.locator('.card').first().waitFor();
      faults.push(...(await seriousViolations(page)));
      await button(add).click();
      await dialog().waitFor();
      faults.push(...(await seriousViolations(page)));
      const sideways = await sidewaysOf(page);
      if (sideways > 0) faults.push(`${path} is ${sideways} pixels wider than a telephone`);
    }
    expect(faults).toEqual([]);
    expect(watched.problems).toEqual([]);
  }, 60_000);
});
