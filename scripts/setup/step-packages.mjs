import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SetupError } from './report.mjs';
import { cli, npm, projectRoot, run } from './run.mjs';
import { fingerprint, isStamped, stamp } from './stamp.mjs';

const key = () =>
  fingerprint(
    [process.version, process.platform, process.arch],
    ['package-lock.json', 'package.json', 'patches'],
  );

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
    // Corrections that no published version has yet; each file in `patches` says what it changes.
    const patched = await run(cli('node_modules/patch-package/index.js', '--error-on-fail'), { quiet: true });
    if (patched !== 0) {
      throw new SetupError(
        'A correction in patches/ does not fit the package it is for.',
        'It belongs to the version in package-lock.json; remove or renew it when that changes.',
      );
    }
    stamp('packages', key());
  },
};
