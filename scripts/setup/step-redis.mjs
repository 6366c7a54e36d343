import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { canInstall, install } from './apt.mjs';
import { SetupError, say } from './report.mjs';
import { answers, inCi } from './run.mjs';

/** Debian's way to keep packages from starting services: 101 means "not allowed". */
const POLICY = '/usr/sbin/policy-rc.d';

/** Redis for the tests that run the server over it. They start it themselves; as a service it is not wanted. */
export const redis = {
  title: 'looking for Redis',
  done: () => answers('redis-server', '--version'),
  async carryOut() {
    if (canInstall() && (await installQuietly())) return;
    if (inCi) throw new SetupError('CI needs Redis for its tests (Debian package: redis-server).');
    say('left out: the suites that run on Redis. Install it (apt install redis-server) to run them too.');
  },
};

async function installQuietly() {
  const ours = !existsSync(POLICY);
  if (ours) writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755, flag: 'wx' });
  try {
    return await install(['redis-server']);
  } finally {
    if (ours) rmSync(POLICY, { force: true });
  }
}
