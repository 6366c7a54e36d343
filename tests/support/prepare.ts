import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { projectRoot } from '../../config/paths.ts';
import { demoCache } from '../../scripts/demo/photos.ts';
import { renderDemoClassroom } from '../../scripts/demo/render.ts';

/**
 * Before the first system test: what many of them use and none may make while another uses it. Each is made once and
 * kept until its sources change.
 */
export async function setup(): Promise<void> {
  await buildDashboard();
  // Without ffmpeg or the photos it cannot be rendered: the tests that need it say so themselves.
  await renderDemoClassroom({ dir: join(demoCache, 'classroom') }).catch((error: unknown) =>
    console.warn('the demo classroom could not be rendered:', error),
  );
}

/** What the server serves is what the sources say now; safe to ask for from several processes. */
export async function buildDashboard(): Promise<void> {
  const steps = pathToFileURL(join(projectRoot, 'scripts', 'setup', 'steps.mjs')).href;
  const script = `import { ensure } from ${JSON.stringify(steps)}; await ensure('dashboard', { task: 'test' });`;
  await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], { cwd: projectRoot });
}
