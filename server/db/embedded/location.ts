import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, realpath, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SYSTEM_FOLDER } from './binaries.ts';
import { canEnter, privateFolder, type RunAs } from './runner.ts';

export interface Location {
  /** Postgres's own data directory. */
  data: string;
  /** Holds the socket; only Postgres's user and root can enter. */
  socketDir: string;
  /** The socket's folder is made anew each time and must be removed. */
  socketDirIsTemporary: boolean;
  /** Set where the data could not be in the data directory. */
  movedBecause: string | null;
}

/** A socket's path is at most 104 bytes with its end on some systems, and Postgres appends `/.s.PGSQL.5432`. */
const LONGEST_SOCKET_DIR = 88;

/**
 * Chooses where the database lives: `dataDir/postgres`. Where `nobody` cannot get there, because a folder above is
 * closed to others (such as /root), it is `/var/lib/yoklama/<hash of dataDir>` instead.
 */
export async function chooseLocation(
  dataDir: string,
  as: RunAs,
  systemFolder: string = SYSTEM_FOLDER,
): Promise<Location> {
  await mkdir(dataDir, { recursive: true, mode: as.uid === undefined ? 0o700 : 0o711 });
  const home = await realpath(dataDir);
  let base = home;
  let movedBecause: string | null = null;
  if (as.uid !== undefined) {
    // Entering is not reading: what is secret in the data directory has folders of mode 0700.
    const { mode } = await stat(home);
    if ((mode & 0o001) === 0) await chmod(home, (mode & 0o777) | 0o011);
    if (!canEnter(home, as)) {
      const name = createHash('sha256').update(home).digest('hex').slice(0, 12);
      base = join(systemFolder, `data-${name}`);
      movedBecause = `a folder above ${home} is closed to the user that Postgres runs as (started as root: nobody)`;
      await mkdir(base, { recursive: true, mode: 0o711 });
      if (!canEnter(base, as)) {
        throw new Error(
          `The database can be neither in ${home} nor in ${base}: ${movedBecause}. Set DATA_DIR elsewhere.`,
        );
      }
    }
  }
  const besides = join(base, 'run');
  const socketDirIsTemporary = Buffer.byteLength(besides) > LONGEST_SOCKET_DIR;
  const socketDir = socketDirIsTemporary ? await mkdtemp(join(tmpdir(), 'yoklama-')) : besides;
  await privateFolder(socketDir, as);
  return { data: join(base, 'postgres'), socketDir, socketDirIsTemporary, movedBecause };
}
