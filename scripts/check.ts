/**
 * `npm run check [NAME…]`: everything that can be said about the sources without running them. Prints a table
 * with the time that each check took; the output of a check is shown only where it fails.
 */
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../config/paths.ts';

interface Check {
  name: string;
  about: string;
  command: string[];
}

const tsx = ['--import', 'tsx'];

/** Remembers what it found, so that only what changed is looked at again. */
function tsc(project: string): string[] {
  const memory = join('node_modules', '.cache', 'tsc', `${project.replace(/\W/g, '-')}.json`);
  return [
    'node_modules/typescript/bin/tsc',
    '-p',
    project,
    '--noEmit',
    '--incremental',
    '--tsBuildInfoFile',
    memory,
  ];
}

const CHECKS: Check[] = [
  { name: 'types', about: 'TypeScript, server side', command: tsc('.') },
  { name: 'types-client', about: 'TypeScript, client SDK and dashboard', command: tsc('client-sdk') },
  { name: 'types-browser', about: 'TypeScript, browser tests', command: tsc('tests/browser') },
  {
    name: 'lint',
    about: 'lint, format, imports between rooms',
    command: ['node_modules/@biomejs/biome/bin/biome', 'ci', '--colors=off', '--max-diagnostics=100', '.'],
  },
  {
    name: 'unused',
    about: 'files, exports and packages that nothing uses',
    command: ['node_modules/knip/bin/knip.js', '--no-progress'],
  },
  {
    name: 'openapi',
    about: 'generated API description and types are current',
    command: [...tsx, 'scripts/openapi.ts', '--check'],
  },
  {
    name: 'docs',
    about: 'links in the documentation lead somewhere',
    command: [...tsx, 'scripts/checks/docs.ts'],
  },
  {
    name: 'lockfile',
    about: 'package-lock.json installs on every platform',
    command: ['scripts/maintain/complete-lockfile.mjs', '--check'],
  },
];

interface Outcome {
  check: Check;
  ok: boolean;
  seconds: number;
  output: string;
}

/** Output is kept and shown later: colours would only be noise in it. */
const { FORCE_COLOR: _colour, ...rest } = process.env;
const env = { ...rest, NO_COLOR: '1' };

function carryOut(check: Check): Promise<Outcome> {
  const startedAt = performance.now();
  return new Promise((resolve) => {
    const child = spawn(process.execPath, check.command, {
      cwd: projectRoot,
      stdio: ['ignore', 'pipe', 'pipe'],
      env,
    });
    const parts: Buffer[] = [];
    child.stdout.on('data', (part: Buffer) => parts.push(part));
    child.stderr.on('data', (part: Buffer) => parts.push(part));
    const settle = (ok: boolean) =>
      resolve({
        check,
        ok,
        seconds: (performance.now() - startedAt) / 1000,
        output: Buffer.concat(parts).toString('utf8').trim(),
      });
    child.on('error', (error) => {
      parts.push(Buffer.from(error.message));
      settle(false);
    });
    child.on('close', (code) => settle(code === 0));
  });
}

async function carryOutAll(checks: Check[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const waiting = [...checks];
  const work = async () => {
    for (let check = waiting.shift(); check; check = waiting.shift()) outcomes.push(await carryOut(check));
  };
  await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, work));
  return outcomes.sort((a, b) => checks.indexOf(a.check) - checks.indexOf(b.check));
}

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !CHECKS.some((check) => check.name === name));
if (unknown.length > 0) {
  console.error(
    `no such check: ${unknown.join(', ')}. There are: ${CHECKS.map((check) => check.name).join(', ')}`,
  );
  process.exit(2);
}
const chosen = CHECKS.filter((check) => wanted.length === 0 || wanted.includes(check.name));
const outcomes = await carryOutAll(chosen);

for (const { check, output } of outcomes.filter((outcome) => !outcome.ok)) {
  console.log(`\n── ${check.name} ${'─'.repeat(90 - check.name.length)}\n${output}`);
}
console.log('\ncheck          result   seconds   about');
for (const { check, ok, seconds } of outcomes) {
  console.log(
    `${check.name.padEnd(15)}${(ok ? 'ok' : 'FAILED').padEnd(9)}${seconds.toFixed(1).padStart(7)}   ${check.about}`,
  );
}
process.exit(outcomes.every((outcome) => outcome.ok) ? 0 : 1);
