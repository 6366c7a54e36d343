import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { projectRoot } from '../../config/paths.ts';
import { chooseLocation } from '../../server/db/embedded/location.ts';
import { runAs } from '../../server/db/embedded/runner.ts';

/**
 * Initialising a database, its migrations and the tables of its job queues take most of the time in which a server
 * starts for the first time. Test servers begin with a copy of a data directory in which all that is done and no row
 * is left. It is made by a real server, once for these migrations and packages; what a server would add to it today,
 * it adds to the copy. First starts themselves are tested by server/db/embedded.test.ts, server/app.test.ts and the demo.
 */
export async function fillFromTemplate(dataDir: string): Promise<void> {
  const location = await chooseLocation(dataDir, runAs());
  if (location.socketDirIsTemporary) await rm(location.socketDir, { recursive: true, force: true });
  if (existsSync(location.data) || existsSync(join(dataDir, OWNER_SECRET))) return;
  const from = await findTemplate();
  await mkdir(join(dataDir, dirname(OWNER_SECRET)), { recursive: true, mode: 0o700 });
  await copy(join(from, OWNER_SECRET), join(dataDir, OWNER_SECRET));
  await copy(join(from, DATA), location.data);
}

const OWNER_SECRET = join('secrets', 'postgres-owner');
const DATA = 'postgres';
/** Goes with the packages that it was made with. */
const CACHE = join(projectRoot, 'node_modules', '.cache', 'test-database');

/** The log of changes is mostly empty room, which need not be copied each time. */
const SPARSE = process.platform === 'linux' ? ['--sparse=always'] : [];

const MIGRATIONS = join(projectRoot, 'server', 'db', 'migrations');

/** Makes it where it is missing. Asked for before the first test, or several files would make it at once. */
export async function findTemplate(): Promise<string> {
  const target = join(CACHE, await fingerprint());
  if (existsSync(target)) return target;
  const work = await mkdtemp(join(tmpdir(), 'yoklama-template-'));
  const draft = `${target}.${process.pid}`;
  try {
    // Only now: it needs the whole server, and is needed once.
    const { makeEmptyDatabase } = await import('./empty-database.ts');
    const { data } = await makeEmptyDatabase(work);
    await mkdir(join(draft, dirname(OWNER_SECRET)), { recursive: true, mode: 0o700 });
    await copy(join(work, OWNER_SECRET), join(draft, OWNER_SECRET));
    await copy(data, join(draft, DATA), SPARSE);
    // Whoever is first; the others find theirs not needed.
    await rename(draft, target).catch((error: unknown) => {
      if (!existsSync(target)) throw error;
    });
    await forgetOld();
    return target;
  } finally {
    await rm(draft, { recursive: true, force: true });
    await rm(work, { recursive: true, force: true });
  }
}

/** Those of other migrations; not at once, for another run may be copying one. */
async function forgetOld(): Promise<void> {
  for (const name of await readdir(CACHE)) {
    const path = join(CACHE, name);
    if (Date.now() - (await stat(path)).mtimeMs > 86_400_000)
      await rm(path, { recursive: true, force: true });
  }
}

async function fingerprint(): Promise<string> {
  const hash = createHash('sha256').update(`${process.platform}-${process.arch}`);
  const migrations = (await readdir(MIGRATIONS)).filter((name) => name.endsWith('.sql')).sort();
  const files = [...migrations.map((name) => join(MIGRATIONS, name)), join(projectRoot, 'package-lock.json')];
  const makers = ['database-template.ts', 'empty-database.ts'].map((name) => join(import.meta.dirname, name));
  for (const file of [...files, ...makers]) hash.update(await readFile(file)).update('\0');
  return hash.digest('hex').slice(0, 16);
}

/** With owners and modes: Postgres insists on them. */
function copy(from: string, to: string, options: string[] = []): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('cp', ['-a', ...options, from, to], { stdio: ['ignore', 'ignore', 'inherit'] });
    child.once('error', reject);
    child.once('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`cp -a ${from} ${to} ended with ${code}`)),
    );
  });
}
