import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SetupError } from './report.mjs';
import { npm, projectRoot, run } from './run.mjs';
import { fingerprint, isStamped, stamp } from './stamp.mjs';

const key = () =>
  fingerprint([process.version, process.platform, process.arch], ['package-lock.json', 'package.json']);

/** The npm packages, exactly as locked; none of them runs code at install time. */
export const packages = {
  title: 'installing npm packages',
  done: () => isStamped('packages', key()),
  async carryOut() {
    const code = await run(npm('ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'));
    if (code !== 0 || !existsSync(join(projectRoot, 'node_modules', 'tsx'))) {
      throw new SetupError(
        'npm ci failed; its own words are above.',
        'Usual causes: no way to the npm registry (network, proxy, registry setting) or a full disk.',
      );
    }
    stamp('packages', key());
  },
};
