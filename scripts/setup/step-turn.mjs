import { canInstall, installProgram } from './apt.mjs';
import { SetupError, say } from './report.mjs';
import { answers, inCi } from './run.mjs';

/** coturn for the test that publishes through it. It starts one of its own; as a service it is not wanted. */
export const turn = {
  title: 'looking for a TURN server',
  done: () => answers('turnserver', '--version'),
  async carryOut() {
    if (canInstall() && (await installProgram(['coturn']))) return;
    if (inCi) throw new SetupError('CI needs a TURN server for its tests (Debian package: coturn).');
    say(
      'left out: the suite that publishes through a TURN server. Install it (apt install coturn) to run it too.',
    );
  },
};
