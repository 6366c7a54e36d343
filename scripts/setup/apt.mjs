import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { say } from './report.mjs';
import { answers, cleanEnv, run } from './run.mjs';

let listsAreFresh = false;
/** Debian's way to keep packages from starting services: 101 means "not allowed". */
const POLICY = '/usr/sbin/policy-rc.d';

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

/** The same for packages that bring a service: its program is wanted, the service is not. */
export async function installProgram(packages) {
  const ours = !existsSync(POLICY);
  if (ours) writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755, flag: 'wx' });
  try {
    return await install(packages);
  } finally {
    if (ours) rmSync(POLICY, { force: true });
  }
}
