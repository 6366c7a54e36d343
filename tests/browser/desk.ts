import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import type { TestContext } from 'vitest';
import { projectRoot } from '../../config/paths.ts';
import { PASSWORD } from '../support/server.ts';
import { chromiumPath, openPage, type WatchedPage } from './browser.ts';

/** Says that a suite is left out, which in CI none may be. */
export function sayWithoutChromium(): void {
  if (chromiumPath) return;
  const why = 'browser tests left out: no Chromium here (install it or set CHROMIUM_PATH)';
  if (process.env.CI === 'true') throw new Error(why);
  console.warn(`SKIPPED ${why}`);
}

/** The window of somebody at a desk. */
export const DESK: BrowserContextOptions = {
  colorScheme: 'light',
  // Contrast cannot be judged while something fades in.
  reducedMotion: 'reduce',
  viewport: { width: 1440, height: 900 },
};

/** The dashboard in English, signed in. */
export async function openSignedIn(
  browser: Browser,
  url: string,
  email: string,
  options: BrowserContextOptions = {},
): Promise<WatchedPage> {
  const watched = await openPage(browser, url, { ...DESK, locale: 'en-GB', ...options });
  const { page } = watched;
  await page.goto('/');
  await page.evaluate("localStorage.setItem('yoklama.language', 'en')");
  await page.reload();
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Sessions' }).waitFor();
  return watched;
}

/** After a test that failed: the page as it was, where it was, and what it complained of. */
export async function keepEvidence(
  task: TestContext['task'],
  watched: WatchedPage | undefined,
): Promise<void> {
  if (task.result?.state !== 'fail' || !watched) return;
  const name = task.name.replaceAll(/\W+/g, '-').slice(0, 60);
  await watched.page.screenshot({ path: join(projectRoot, 'tests', '.output', `${name}.png`) });
  console.log([`at ${watched.page.url()}`, ...watched.problems].join('\n'));
}

/** How many pixels the page is wider than its window. */
export const sidewaysOf = (page: Page): Promise<number> =>
  page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
