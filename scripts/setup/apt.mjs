import { spawnSync } from 'node:child_process';
import { say } from './report.mjs';
import { answers, cleanEnv, run } from './run.mjs';

let listsAreFresh = false;

/** Whether Debian packages can be installed without asking anyone: we are root and apt is here. */
export function canInstall() {
  return process.platform === 'linux' && process.getuid?.() === 0 && answers('apt-get', '--version');
}

/** @returns {string[]} those of `packages` that are not installed */
export function missingPackages(packages) {
  return packages.filter((name) => {
    const result = spawnSync('dpkg', ['-s', name], { encoding: 'utf8' });
    return !/^Status: .* installed$/m.test(result.stdout ?? '');
  });
}

/** Installs Debian packages without questions. @returns {Promise<boolean>} whether it worked */
export async function install(packages) {
  const env = cleanEnv({ DEBIAN_FRONTEND: 'noninteractive' });
  const patience = ['-o', 'DPkg::Lock::Timeout=600', '-o', 'Acquire::Retries=3'];
  say(`apt-get install ${packages.join(' ')}`);
  if (!listsAreFresh) {
    listsAreFresh = (await run(['apt-get', '-qq', ...patience, 'update'], { env })) === 0;
  }
  const command = ['apt-get', '-qq', '-y', ...patience, '--no-install-recommends', 'install', ...packages];
  return (await run(command, { env, quiet: true })) === 0 && missingPackages(packages).length === 0;
}
