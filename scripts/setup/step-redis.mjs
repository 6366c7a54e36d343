import { canInstall, installProgram } from './apt.mjs';
import { SetupError, say } from './report.mjs';
import { answers, inCi } from './run.mjs';

/** Redis for the tests that run the server over it. They start it themselves; as a service it is not wanted. */
export const redis = {
  title: 'looking for Redis',
  done: () => answers('redis-server', '--version'),
  async carryOut() {
    if (canInstall() && (await installProgram(['redis-server']))) return;
    if (inCi) throw new SetupError('CI needs Redis for its tests (Debian package: redis-server).');
    say('left out: the suites that run on Redis. Install it (apt install redis-server) to run them too.');
  },
};
