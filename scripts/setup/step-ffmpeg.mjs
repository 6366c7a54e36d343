import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { canInstall, install } from './apt.mjs';
import { SetupError, say } from './report.mjs';
import { answers, inCi, projectRoot, setting } from './run.mjs';

/** Tasks that may change the machine where they are allowed to: the others take what is there. */
const MAY_INSTALL = new Set(['demo', 'test', 'bench']);

const bundled = () =>
  existsSync(join(projectRoot, 'node_modules', '@ffmpeg-installer', `${process.platform}-${process.arch}`));

/** ffmpeg, which decodes every camera: FFMPEG_PATH, the system's, Debian's package, or the old bundled one. */
export const ffmpeg = {
  title: 'looking for ffmpeg',
  done({ task }) {
    if (setting('FFMPEG_PATH')) return answers(setting('FFMPEG_PATH'), '-version');
    if (answers('ffmpeg', '-version')) return true;
    return bundled() && !(MAY_INSTALL.has(task) && canInstall());
  },
  async carryOut({ task }) {
    if (setting('FFMPEG_PATH')) {
      throw new SetupError(
        `FFMPEG_PATH is set to ${setting('FFMPEG_PATH')}, which does not start.`,
        'Point it at an ffmpeg program, or unset it.',
      );
    }
    if (MAY_INSTALL.has(task) && canInstall() && (await install(['ffmpeg']))) return;
    if (!bundled()) {
      throw new SetupError(
        'There is no ffmpeg on this machine.',
        'Install it (apt install ffmpeg, brew install ffmpeg) or set FFMPEG_PATH.',
      );
    }
    if (inCi) throw new SetupError('ffmpeg could not be installed, and CI leaves nothing out.');
    say(
      'using the bundled ffmpeg of 2018: fine for a try, not for cameras you do not trust; install a current one',
    );
  },
};
