import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { projectRoot } from '../../config/paths.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'yoklama-setup-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function node(args: string[], env: NodeJS.ProcessEnv = process.env) {
  return spawnSync(process.execPath, args, { cwd: projectRoot, encoding: 'utf8', env });
}

describe('bootstrap', () => {
  test('names its tasks when asked for one that it does not know', () => {
    const { status, stderr, stdout } = node(['scripts/bootstrap.mjs', 'deploy']);
    expect(status).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toContain('There is no task "deploy"');
    expect(stderr).toContain('demo, yoklama, test, check, bench');
  });

  test('refuses an old Node before it touches anything', () => {
    const pretend =
      'data:text/javascript,Object.defineProperty(process,"versions",{value:{...process.versions,node:"18.20.1"}})';
    const { status, stderr } = node(['--import', pretend, 'scripts/bootstrap.mjs', 'demo']);
    expect(status).toBe(1);
    expect(stderr).toContain('Node 20.17 or newer is needed; this is 18.20.1');
  });

  test('refuses an FFMPEG_PATH that does not start', () => {
    const step = pathToFileURL(join(projectRoot, 'scripts/setup/step-ffmpeg.mjs')).href;
    const script = `const { ffmpeg } = await import(${JSON.stringify(step)});
      console.log(await ffmpeg.done({ task: 'demo' }));
      await ffmpeg.carryOut({ task: 'demo' }).catch((error) => console.log(error.message));`;
    const { stdout } = node(['--input-type=module', '-e', script], {
      ...process.env,
      FFMPEG_PATH: join(dir, 'none'),
    });
    expect(stdout).toMatch(/^false\nFFMPEG_PATH is set to .*none, which does not start/);
  });
});

describe('the lock', () => {
  const script = (work: string) => {
    const lock = pathToFileURL(join(projectRoot, 'scripts/setup/lock.mjs')).href;
    return `const { withLock } = await import(${JSON.stringify(lock)});
      const { appendFileSync } = await import('node:fs');
      const say = (line) => appendFileSync(${JSON.stringify(join(dir, 'log'))}, line + '\\n');
      await withLock(${JSON.stringify(join(dir, 'lock'))}, async () => { ${work} });`;
  };
  const start = (work: string) => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', script(work)], { stdio: 'ignore' });
    return once(child, 'exit');
  };

  test('lets one process in at a time', async () => {
    const work = `say('in'); await new Promise((resolve) => setTimeout(resolve, 150)); say('out');`;
    await Promise.all([start(work), start(work), start(work)]);
    const lines = readFileSync(join(dir, 'log'), 'utf8').trim().split('\n');
    expect(lines).toEqual(['in', 'out', 'in', 'out', 'in', 'out']);
    expect(existsSync(join(dir, 'lock'))).toBe(false);
  });

  test('is taken over from a process that is gone', async () => {
    const gone = spawnSync(process.execPath, ['-e', '']);
    writeFileSync(join(dir, 'lock'), String(gone.pid));
    await start(`say('in');`);
    expect(readFileSync(join(dir, 'log'), 'utf8')).toBe('in\n');
  });

  test('is released when the work fails', async () => {
    const [code] = await start(`say('in'); throw new Error('no');`);
    expect(code).not.toBe(0);
    expect(existsSync(join(dir, 'lock'))).toBe(false);
  });
});

describe('the command line', () => {
  const yoklama = (...args: string[]) => node(['bin/yoklama.mjs', ...args]);

  test('prints its version and its help', () => {
    const { version } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as {
      version: string;
    };
    expect(yoklama('--version').stdout).toBe(`${version}\n`);
    const help = yoklama('--help');
    expect(help.status).toBe(0);
    for (const command of ['serve', 'demo', 'models', 'analyze']) expect(help.stdout).toContain(command);
  });

  test('says what is wrong and exits with 2', () => {
    const unknown = yoklama('dance');
    expect(unknown.status).toBe(2);
    expect(unknown.stderr).toContain("unknown command 'dance'");
    expect(unknown.stderr).toContain('Usage: yoklama');
    expect(yoklama('demo', '--seconds', 'many').status).toBe(2);
  });

  test('hands arguments on to its commands', () => {
    const help = yoklama('demo', '--help');
    expect(help.status).toBe(0);
    expect(help.stdout).toContain('--check');
    expect(yoklama('analyze', 'nothing.mp4', '--roster', dir).stderr).toContain('nothing.mp4');
  });
});
