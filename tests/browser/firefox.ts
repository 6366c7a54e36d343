import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectBidi, type ScriptPage } from '../support/bidi.ts';

const USUAL_PLACES = ['/usr/bin/firefox-esr', '/usr/bin/firefox'];
const START_MS = 60_000;
const LEAVE_MS = 10_000;

const firefoxPath: string | null =
  process.env.FIREFOX_PATH ?? USUAL_PLACES.find((path) => existsSync(path)) ?? null;

/** For `describe.skipIf(skipWithoutFirefox(…))`: says what is left out and why. In CI nothing is left out. */
export function skipWithoutFirefox(suite: string): boolean {
  if (firefoxPath !== null) return false;
  const why = 'no Firefox; FIREFOX_PATH names one (Debian package: firefox-esr)';
  if (process.env.CI === 'true') throw new Error(`${suite}: ${why}`);
  console.warn(`SKIPPED ${suite}: ${why}`);
  return true;
}

const PREFERENCES = {
  // A camera of its own making, which nobody is asked for.
  'media.navigator.streams.fake': true,
  'media.navigator.permission.disabled': true,
  'media.autoplay.default': 0,
  // JSON stays a page of the server's origin, with the server's policy.
  'devtools.jsonview.enabled': false,
  'intl.accept_languages': 'tr',
  // Nothing that a closed network would have to answer.
  'app.update.disabledForTesting': true,
  'datareporting.policy.dataSubmissionEnabled': false,
  'media.gmp-manager.updateEnabled': false,
};

export interface Firefox {
  newPage(): Promise<ScriptPage>;
  close(): Promise<void>;
}

/** Firefox as it is installed, without a window, with a profile of its own. */
export async function launchFirefox(): Promise<Firefox> {
  const home = await mkdtemp(join(tmpdir(), 'yoklama-firefox-'));
  const lines = Object.entries(PREFERENCES).map(
    ([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`,
  );
  await writeFile(join(home, 'user.js'), lines.join(''));
  const child = spawn(
    firefoxPath!,
    ['--headless', '--no-remote', '--profile', home, '--remote-debugging-port=0'],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, HOME: home, MOZ_CRASHREPORTER_DISABLE: '1' },
    },
  );
  const ended = once(child, 'exit');
  const end = async (): Promise<void> => {
    const late = setTimeout(() => child.kill('SIGKILL'), LEAVE_MS);
    await ended;
    clearTimeout(late);
    await rm(home, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const address = await new Promise<string>((resolve, reject) => {
      let words = '';
      const give = (why: string) => reject(new Error(`Firefox ${why}: ${words.slice(-2000)}`));
      const late = setTimeout(() => give('does not listen'), START_MS);
      for (const stream of [child.stdout, child.stderr])
        stream.setEncoding('utf8').on('data', (text: string) => {
          words = (words + text).slice(-20_000);
          const said = /WebDriver BiDi listening on (ws:\/\/\S+)/.exec(words)?.[1];
          if (said === undefined) return;
          clearTimeout(late);
          resolve(said);
        });
      child.once('error', reject);
      child.once('exit', () => give('ended'));
    });
    const bidi = await connectBidi(address);
    return {
      newPage: bidi.newPage,
      async close() {
        await bidi.quit().catch(() => child.kill('SIGKILL'));
        await end();
      },
    };
  } catch (error) {
    child.kill('SIGKILL');
    await end();
    throw error;
  }
}
