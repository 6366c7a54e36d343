import { existsSync } from 'node:fs';
import { canInstall, install } from './apt.mjs';
import { SetupError, say } from './report.mjs';
import { answers, inCi } from './run.mjs';

const USUAL_PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Chromium for the browser tests: CHROMIUM_PATH, an installed one, or Debian's package. */
export const browser = {
  title: 'looking for Chromium',
  done() {
    const own = process.env.CHROMIUM_PATH;
    if (own) return answers(own, '--version');
    return USUAL_PLACES.some((path) => existsSync(path));
  },
  async carryOut() {
    const own = process.env.CHROMIUM_PATH;
    if (own)
      throw new SetupError(
        `CHROMIUM_PATH is set to ${own}, which does not start.`,
        'Correct it, or unset it.',
      );
    if (canInstall() && (await install(['chromium', 'fonts-dejavu-core']))) return;
    if (inCi) throw new SetupError('CI needs Chromium for the browser tests (Debian package: chromium).');
    say('left out: the suites that need a browser. Install Chromium or set CHROMIUM_PATH to run them too.');
  },
};
