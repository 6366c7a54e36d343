import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from './run.mjs';

/** Stamps live with the packages: a fresh install forgets them, as it must. */
const folder = join(projectRoot, 'node_modules', '.yoklama');

export function isStamped(name, key) {
  const path = join(folder, name);
  return existsSync(path) && readFileSync(path, 'utf8') === key;
}

export function stamp(name, key) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), key);
}

/** One hash over words and the contents of files and folders (given relative to the project). */
export function fingerprint(words, paths) {
  const hash = createHash('sha256');
  for (const word of words) hash.update(`${word}\0`);
  for (const path of paths) addPath(hash, path);
  return hash.digest('hex');
}

function addPath(hash, path) {
  const full = join(projectRoot, path);
  if (!existsSync(full)) return;
  const entries = listFiles(full);
  for (const file of entries) {
    hash.update(`${file.slice(projectRoot.length)}\0`);
    hash.update(readFileSync(file));
  }
}

const SKIPPED = new Set(['node_modules', 'dist', '.git']);

function listFiles(path) {
  let entries;
  try {
    entries = readdirSync(path, { withFileTypes: true });
  } catch (error) {
    if (error.code === 'ENOTDIR') return [path];
    throw error;
  }
  return entries
    .filter((entry) => !SKIPPED.has(entry.name))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const full = join(path, entry.name);
      if (entry.isDirectory()) return listFiles(full);
      return entry.isFile() ? [full] : [];
    });
}
