import { join } from 'node:path';
import { withLock } from './lock.mjs';
import { say } from './report.mjs';
import { projectRoot } from './run.mjs';
import { browser } from './step-browser.mjs';
import { camera } from './step-camera.mjs';
import { dashboard } from './step-dashboard.mjs';
import { ffmpeg } from './step-ffmpeg.mjs';
import { firefox } from './step-firefox.mjs';
import { models } from './step-models.mjs';
import { packages } from './step-packages.mjs';
import { postgres } from './step-postgres.mjs';
import { redis } from './step-redis.mjs';
import { turn } from './step-turn.mjs';
import { webrtc } from './step-webrtc.mjs';

/**
 * A step has a title, `done(context)`, quick and without side effects, and `carryOut(context)`, which throws a
 * SetupError where the task cannot go on without it.
 */
const STEPS = {
  packages,
  postgres,
  models,
  ffmpeg,
  camera,
  browser,
  firefox,
  redis,
  turn,
  webrtc,
  dashboard,
};

const lockFile = join(projectRoot, '.setup.lock');

/** Brings one step about unless it is done already; safe to run from several processes at once. */
export async function ensure(name, context) {
  const step = STEPS[name];
  if (await step.done(context)) return;
  await withLock(lockFile, async () => {
    if (await step.done(context)) return;
    const startedAt = performance.now();
    say(step.title);
    await step.carryOut(context);
    say(`${step.title}: ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
  });
}
