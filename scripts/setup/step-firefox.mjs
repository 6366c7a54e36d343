import { existsSync } from 'node:fs';
import { canInstall, install } from './apt.mjs';
import { SetupError, say } from './report.mjs';
import { answers, inCi } from './run.mjs';

const USUAL_PLACES = ['/usr/bin/firefox-esr', '/usr/bin/firefox'];

/** Firefox for the test that publishes and watches with it: FIREFOX_PATH, an installed one, or Debian's package. */
export const firefox = {
  title: 'looking for Firefox',
  done() {
    const own = process.env.FIREFOX_PATH;
    if (own) return answers(own, '--version');
    return USUAL_PLACES.some((path) => existsSync(path));
  },
  async carryOut() {
    const own = process.env.FIREFOX_PATH;
    if (own)
      throw new SetupError(
        `FIREFOX_PATH is set to ${own}, which does not start.`,
        'Correct it, or unset it.',
      );
    if (canInstall() && (await install(['firefox-esr']))) return;
    if (inCi) throw new SetupError('CI needs Firefox for its tests (Debian package: firefox-esr).');
    say('left out: the suite that needs Firefox. Install it or set FIREFOX_PATH to run it too.');
  },
};
