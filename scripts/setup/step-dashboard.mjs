import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SetupError, say } from './report.mjs';
import { cli, projectRoot, run } from './run.mjs';
import { fingerprint, isStamped, stamp } from './stamp.mjs';

const source = join(projectRoot, 'client-sdk', 'dashboard');
const result = join(source, 'dist', 'index.html');
const key = () => fingerprint([], ['client-sdk', 'package-lock.json']);

/** The teacher dashboard, built again whenever its sources changed. */
export const dashboard = {
  title: 'building the dashboard',
  done: () => existsSync(result) && isStamped('dashboard', key()),
  async carryOut() {
    if (!existsSync(join(source, 'index.html'))) {
      say('no dashboard sources here: the server will run without a user interface');
      return;
    }
    const code = await run(cli('node_modules/vite/bin/vite.js', 'build', '--logLevel', 'warn', source));
    if (code !== 0) throw new SetupError('The dashboard could not be built; the reason is above.');
    stamp('dashboard', key());
  },
};
