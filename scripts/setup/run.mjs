import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';
import { say } from './report.mjs';

export const projectRoot = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Whether leaving something out is out of the question. */
export const inCi = /^(1|true)$/i.test(process.env.CI ?? '');

/** A Node command line; runs in the project's folder unless told otherwise. */
export function cli(...args) {
  return [process.execPath, ...args];
}

/** Where the person stands: npm changes to the project's folder before it runs a script, but remembers. */
export const callersFolder = process.env.INIT_CWD ?? process.cwd();

/** npm as the one that runs us, where we know it; else the one on the path. */
export function npm(...args) {
  const running = process.env.npm_execpath;
  if (running && /npm-cli\.c?js$/.test(running) && existsSync(running))
    return [process.execPath, running, ...args];
  return [process.platform === 'win32' ? 'npm.cmd' : 'npm', ...args];
}

/**
 * The environment without what `npm run` adds: a child npm must not inherit the log level, the lifecycle or the
 * package of the one that started us. Registry, cache and certificates stay.
 */
export function cleanEnv(extra = {}) {
  const env = { ...process.env, ...extra };
  for (const name of Object.keys(env)) {
    if (!/^npm_(config|package|lifecycle)_/i.test(name)) continue;
    if (/registry|cache|userconfig|globalconfig|prefix|proxy|cafile|_ca$|strict_ssl/i.test(name)) continue;
    delete env[name];
  }
  return env;
}

/**
 * Runs one command of the set-up to its end. What it prints goes to standard error; with `quiet` only where it fails.
 * @returns {Promise<number>} its exit code, 127 where it could not be started
 */
export function run([command, ...args], { cwd = projectRoot, env = cleanEnv(), quiet = false } = {}) {
  return new Promise((resolve) => {
    const stdio = quiet ? ['ignore', 'pipe', 'pipe'] : ['ignore', 2, 2];
    const child = spawn(command, args, { cwd, env, stdio });
    let words = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (part) => {
        words = (words + part).slice(-4000);
      });
    }
    child.on('error', (error) => {
      say(`${command}: ${error.message}`);
      resolve(127);
    });
    child.on('close', (code) => {
      if (code !== 0) process.stderr.write(words);
      resolve(code ?? 1);
    });
  });
}

/**
 * Runs the task itself with our own standard streams. Ctrl-C reaches it through the terminal; we only wait.
 * @returns {Promise<number>} its exit code
 */
export function runTask([command, ...args], cwd = projectRoot) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, stdio: 'inherit' });
    process.on('SIGINT', () => {});
    for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 1)));
  });
}

/** @returns {boolean} whether a program can be started, by its version switch */
export function answers(command, ...args) {
  const result = spawnSync(command, args, { stdio: 'ignore', timeout: 20_000 });
  return result.status === 0;
}

let fileSettings = null;

/** A setting as the server will read it: the environment over a `.env` file in the project. */
export function setting(name) {
  const file = join(projectRoot, '.env');
  fileSettings ??= existsSync(file) ? parseEnv(readFileSync(file, 'utf8')) : {};
  return process.env[name] ?? fileSettings[name] ?? '';
}
