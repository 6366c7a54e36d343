#!/usr/bin/env node
// Runs a task of this project on a machine that has only Node and npm: sets up what the task needs, each step
// once, then hands over to the task. Standard library only: node_modules may not exist yet.
//
//   node scripts/bootstrap.mjs demo | test | check | bench | webrtc | yoklama [arguments of the task]
//
// Progress goes to standard error; standard output belongs to the task.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SetupError, say } from './setup/report.mjs';
import { callersFolder, cli, projectRoot, runTask } from './setup/run.mjs';
import { ensure } from './setup/steps.mjs';

const OLDEST_NODE = [20, 17];

/** What each task needs, in this order, and what it runs. */
const TASKS = {
  demo: {
    steps: () => ['packages', 'postgres', 'models', 'ffmpeg', 'webrtc', 'dashboard'],
    command: (args) => cli('bin/yoklama.mjs', 'demo', ...args),
  },
  yoklama: {
    steps: stepsOfCommand,
    command: (args) => cli(join(projectRoot, 'bin', 'yoklama.mjs'), ...args),
    // a video or a roster is named as seen from where the command was typed
    cwd: (args) => (args[0] === 'analyze' ? callersFolder : projectRoot),
  },
  test: {
    steps: () => [
      'packages',
      'postgres',
      'models',
      'ffmpeg',
      'camera',
      'browser',
      'firefox',
      'redis',
      'turn',
      'webrtc',
      'dashboard',
    ],
    command: (args) => cli('--import', 'tsx', 'scripts/test.ts', ...args),
  },
  check: {
    steps: () => ['packages'],
    command: (args) => cli('--import', 'tsx', 'scripts/check.ts', ...args),
  },
  bench: {
    steps: () => ['packages', 'postgres', 'models', 'ffmpeg', 'camera', 'browser', 'webrtc', 'dashboard'],
    command: (args) => cli('--import', 'tsx', 'tests/bench/main.ts', ...args),
  },
  // only the step: a machine that has none gets its media worker
  webrtc: { steps: () => ['packages', 'webrtc'], command: () => cli('-e', '') },
};

/** `yoklama --help` must not wait for models that it does not use. */
function stepsOfCommand(args) {
  const asksForHelp = args.some((argument) => ['--help', '-h', '--version', '-V'].includes(argument));
  const command = args.find((argument) => !argument.startsWith('-'));
  if (asksForHelp || command === undefined || command === 'models') return ['packages'];
  if (command === 'analyze') return ['packages', 'models', 'ffmpeg'];
  if (command === 'backup' || command === 'restore') return ['packages', 'postgres'];
  if (command === 'serve' || command === 'demo')
    return ['packages', 'postgres', 'models', 'ffmpeg', 'webrtc', 'dashboard'];
  return ['packages'];
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) return;
  throw new SetupError(
    `Node ${OLDEST_NODE.join('.')} or newer is needed; this is ${process.versions.node}.`,
    'Install a current Node LTS (nodejs.org, nvm, or your system’s packages) and try again.',
  );
}

async function main() {
  const [name = '', ...args] = process.argv.slice(2);
  const task = Object.hasOwn(TASKS, name) ? TASKS[name] : null;
  if (task === null) {
    throw new SetupError(`There is no task "${name}".`, `Tasks: ${Object.keys(TASKS).join(', ')}.`);
  }
  checkNode();
  if (!existsSync(join(projectRoot, 'package-lock.json'))) {
    throw new SetupError('package-lock.json is missing.', 'Run this inside a complete copy of the project.');
  }
  for (const step of task.steps(args)) await ensure(step, { task: name });
  return runTask(task.command(args), task.cwd?.(args));
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  say(error.message);
  if (error.remedy) say(error.remedy);
  process.exitCode = 1;
}
