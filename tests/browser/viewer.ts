import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { build } from 'vite';
import type { ScriptPage } from '../support/bidi.ts';
import { eventually } from '../support/live.ts';
import type { Shown } from './watch-page.ts';

/** A page of a real browser that watches streams through the SDK, as many as a test asks for. */
export interface Viewer<P = Page> {
  page: P;
  start(
    name: string,
    given: {
      token: string | null;
      streamId: string;
      delayMs?: number;
      baseUrl?: string;
      iceTransportPolicy?: 'all' | 'relay';
    },
  ): Promise<void>;
  stop(name: string): Promise<void>;
  told(name: string): Promise<Told>;
  /** Resolves when so many more frames have been shown. */
  more(name: string, frames: number): Promise<void>;
  /** Frames shown since the last call. */
  take(name: string): Promise<Shown[]>;
  delay(name: string, ms: number): Promise<void>;
  close(): Promise<void>;
}

export interface Told {
  state: string;
  reason: string | null;
  /** All states so far, with their reasons. */
  states: string[];
  /** From the beginning to the first picture. */
  firstAfterMs: number | null;
  frames: number;
  width: number;
}

export async function openViewer<P extends ScriptPage>(
  browser: { newPage(): Promise<P> },
  baseUrl: string,
): Promise<Viewer<P>> {
  const page = await browser.newPage();
  // Any page of the server's own will do: it has the right origin.
  await page.goto(`${baseUrl}/healthz`);
  await page.evaluate(await pageScript());
  const say = <T>(call: string, ...given: unknown[]): Promise<T> =>
    page.evaluate(`watchPage.${call}(${given.map((one) => JSON.stringify(one)).join(', ')})`) as Promise<T>;
  return {
    page,
    start: (name, given) => say('start', name, given),
    stop: (name) => say('stop', name),
    told: (name) => say('told', name),
    async more(name, frames) {
      const { frames: before } = await say<Told>('told', name);
      await eventually(async () => (await say<Told>('told', name)).frames >= before + frames, 60_000);
    },
    take: (name) => say('take', name),
    delay: (name, ms) => say('delay', name, ms),
    close: () => page.close(),
  };
}

let bundled: Promise<string> | null = null;

/** `watch-page.ts` with the SDK's watcher as one script. */
function pageScript(): Promise<string> {
  bundled ??= (async () => {
    const entry = fileURLToPath(new URL('watch-page.ts', import.meta.url));
    const built = await build({
      configFile: false,
      logLevel: 'error',
      build: { write: false, minify: false, lib: { entry, formats: ['iife'], name: 'watchPage' } },
    });
    const [output] = Array.isArray(built) ? built : [built];
    const chunk = output && 'output' in output ? output.output[0] : null;
    if (!chunk) throw new Error('the page that watches could not be bundled');
    return `${chunk.code}\nglobalThis.watchPage = watchPage;`;
  })();
  return bundled;
}
