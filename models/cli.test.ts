import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { modelsCommand, progressBar } from './cli.ts';

describe('yoklama models', () => {
  let dir: string;
  const lines: string[] = [];

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'yoklama-cli-'));
    lines.length = 0;
    vi.spyOn(console, 'log').mockImplementation((line: unknown) => void lines.push(String(line)));
  });

  afterEach(async () => {
    vi.restoreAllMocks();
    await rm(dir, { recursive: true, force: true });
  });

  function run(...args: string[]) {
    const command = modelsCommand({ pack: 'default', dir }).exitOverride();
    for (const child of command.commands) child.exitOverride().configureOutput({ writeErr: () => {} });
    return command.parseAsync(args, { from: 'user' });
  }

  it('lists every pack with licence and state', async () => {
    await run();
    const text = lines.join('\n');
    expect(text).toMatch(/default \(configured\): .*\(not installed\)/);
    expect(text).toMatch(/opencv-zoo: /);
    expect(text).toMatch(/embedder .*512 values.*MIT/);
  });

  it('verify says which files are missing and fails', async () => {
    await expect(run('verify')).rejects.toThrow(/8 of 8 files cannot be used.*models install/);
    expect(lines.filter((line) => line.startsWith('missing'))).toHaveLength(8);
  });

  it('passes an unknown pack on as an error with a code', async () => {
    await expect(run('install', '--pack', 'nothing')).rejects.toMatchObject({ code: 'model-pack-unknown' });
  });
});

it('progress goes to the stream given, by download and step', () => {
  const stream = new PassThrough();
  const bar = progressBar(stream as unknown as NodeJS.WriteStream);
  bar.show({ phase: 'download', from: 'somewhere', receivedBytes: 5, totalBytes: 10 });
  bar.show({ phase: 'download', from: 'somewhere', receivedBytes: 10, totalBytes: 10 });
  bar.show({ phase: 'prepare', model: 'detector', done: 0, of: 1 });
  bar.show({ phase: 'ready', installed: 1, alreadyThere: 0 });
  const text = String(stream.read());
  expect(text).toContain('download somewhere');
  expect(text).toContain('100%');
  expect(text).toContain('prepare models');
});
