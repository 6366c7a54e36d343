/** The demo as a person starts it: the whole product on its own rendered camera, judged by itself. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { projectRoot } from '../config/paths.ts';
import type { DemoSummary } from '../scripts/demo/judge.ts';
import { demoCache } from '../scripts/demo/photos.ts';
import { renderDemoClassroom } from '../scripts/demo/render.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'yoklama-demo-'));
  await renderDemoClassroom({ dir: join(demoCache, 'classroom') });
}, 300_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

function startDemo(...args: string[]) {
  const child = spawn(process.execPath, ['bin/yoklama.mjs', 'demo', ...args], { cwd: projectRoot });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (part: Buffer) => {
    output.stdout += part;
  });
  child.stderr.on('data', (part: Buffer) => {
    output.stderr += part;
  });
  return { child, output, exited: once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]> };
}

test('the demo marks whom it should and nobody else, beside a port that is taken', async () => {
  const blocker = createServer().listen(0, '127.0.0.1');
  await once(blocker, 'listening');
  const { port } = blocker.address() as { port: number };
  const { output, exited } = startDemo(
    '--check',
    '--seconds',
    '26',
    '--port',
    `${port}`,
    '--data',
    join(folder, 'a'),
  );
  const [code] = await exited;
  blocker.close();
  expect(output.stderr).toContain(`port ${port} is in use`);
  const summary = JSON.parse(output.stdout) as DemoSummary;
  expect(summary.problems).toEqual([]);
  expect(summary).toMatchObject({
    ok: true,
    students: { enrolled: 13, expected: 12, marked: 12, late: 1, absent: 1 },
  });
  expect(code).toBe(0);
}, 180_000);

test('Ctrl-C ends it cleanly, with nothing left running', async () => {
  const { child, output, exited } = startDemo('--port', '28780', '--data', join(folder, 'b'));
  const giveUpAt = Date.now() + 90_000;
  while (!output.stdout.includes('present:')) {
    if (Date.now() > giveUpAt || child.exitCode !== null)
      throw new Error(`no mark:\n${output.stderr}${output.stdout}`);
    await sleep(100);
  }
  expect(output.stdout).toContain('ogretmen@demo.local');
  child.kill('SIGINT');
  const [code, signal] = await exited;
  expect([code, signal]).toEqual([0, null]);
  const url = /http:\/\/127\.0\.0\.1:\d+/.exec(output.stdout)?.[0] ?? '';
  await expect(fetch(`${url}/healthz`)).rejects.toThrow();
}, 180_000);
