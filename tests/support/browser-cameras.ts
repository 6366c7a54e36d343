import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { build } from 'vite';
import type { ScriptPage } from './bidi.ts';

/** A page of a real browser that publishes canvases through the SDK, as many as a test asks for. */
export interface BrowserCameras<P = Page> {
  page: P;
  /** Publishes with the token of a link; resolves at once. */
  start(name: string, token: string, iceTransportPolicy?: 'all' | 'relay'): Promise<void>;
  stop(name: string): Promise<void>;
  /** Every state that a publisher has told so far, and the code of its end. */
  told(name: string): Promise<{ states: string[]; end: string | null }>;
  close(): Promise<void>;
}

export interface CameraPicture {
  width: number;
  height: number;
  fps: number;
  /** A JPEG in Base64 that fills the picture behind the counter; a moving pattern by default. */
  image?: string;
}

/**
 * The time is burnt into the picture, as `readCounter` reads it: the lowest 20 bits of the milliseconds since the epoch
 * when it was drawn, by this machine's clock. See `ageOf`.
 */
export async function openCameras<P extends ScriptPage>(
  browser: { newPage(): Promise<P> },
  baseUrl: string,
  picture: CameraPicture,
): Promise<BrowserCameras<P>> {
  const page = await browser.newPage();
  // Any page of the server's own will do: it is one that may use cameras and has the right origin.
  await page.goto(`${baseUrl}/healthz`);
  await page.evaluate(await pageScript());
  const say = <T>(call: string, ...given: unknown[]): Promise<T> =>
    page.evaluate(`cameras.${call}(${given.map((one) => JSON.stringify(one)).join(', ')})`) as Promise<T>;
  await say('draw', picture);
  return {
    page,
    start: (name, token, policy = 'all') => say('start', name, token, policy),
    stop: (name) => say('stop', name),
    told: (name) => say('told', name),
    close: () => page.close(),
  };
}

/** How old a picture with this counter is at `atMs`, milliseconds. */
export function ageOf(counter: number, atMs: number): number {
  const span = 2 ** 20;
  return (((atMs - counter) % span) + span) % span;
}

let bundled: Promise<string> | null = null;

/** `camera-page.ts` with the SDK's publisher as one script. */
function pageScript(): Promise<string> {
  bundled ??= (async () => {
    const built = await build({
      configFile: false,
      logLevel: 'error',
      build: {
        write: false,
        minify: false,
        lib: {
          entry: fileURLToPath(new URL('../browser/camera-page.ts', import.meta.url)),
          formats: ['iife'],
          name: 'cameraPage',
        },
      },
    });
    const [output] = Array.isArray(built) ? built : [built];
    const chunk = output && 'output' in output ? output.output[0] : null;
    if (!chunk) throw new Error('the page that publishes could not be bundled');
    return `${chunk.code}\nglobalThis.cameras = cameraPage;`;
  })();
  return bundled;
}
