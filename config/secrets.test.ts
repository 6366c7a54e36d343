import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { loadSecrets } from './secrets.ts';

let dataDir = '';
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'yoklama-secrets-'));
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

it('generates a key once, readable by its owner only', async () => {
  const first = await loadSecrets({ dataDir, masterKey: null });
  expect(first.origin).toBe('generated');
  expect(first.masterKey).toHaveLength(32);
  expect((await stat(first.path!)).mode & 0o777).toBe(0o600);
  const again = await loadSecrets({ dataDir, masterKey: null });
  expect(again.origin).toBe('file');
  expect(again.masterKey.equals(first.masterKey)).toBe(true);
});

it('gives two servers that start at once the same key', async () => {
  const keys = await Promise.all(Array.from({ length: 8 }, () => loadSecrets({ dataDir, masterKey: null })));
  expect(new Set(keys.map(({ masterKey }) => masterKey.toString('hex'))).size).toBe(1);
});

it('prefers the environment and writes nothing then', async () => {
  const masterKey = Buffer.alloc(32, 9).toString('base64');
  expect(await loadSecrets({ dataDir, masterKey })).toMatchObject({ origin: 'environment', path: null });
  await expect(readFile(join(dataDir, 'secrets', 'master.key'))).rejects.toThrow(/ENOENT/);
});

it('refuses a damaged key instead of replacing it', async () => {
  const { path } = await loadSecrets({ dataDir, masterKey: null });
  await writeFile(path!, 'damaged');
  await expect(loadSecrets({ dataDir, masterKey: null })).rejects.toThrow(/cannot be used/);
  expect(await readFile(path!, 'utf8')).toBe('damaged');
});
