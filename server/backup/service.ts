import type { Config } from '../../config/index.ts';
import type { Clock } from '../context.ts';
import type { Crypto } from '../crypto.ts';
import { ApiError } from '../errors.ts';
import { BACKUP_KEY } from './cli.ts';
import {
  type Backup,
  type BackupSource,
  listBackups,
  makeBackup,
  type Progress,
  pruneBackups,
} from './dump.ts';

/** The backups of this server. */
export interface Backups {
  /** The newest first. */
  list(): Promise<Backup[]>;
  /** Makes one and removes the oldest beyond `BACKUP_KEEP`. Throws `backup-running` while this server makes another. */
  make(signal?: AbortSignal): Promise<Backup>;
  /** Of the one that is being made. */
  progress(): Progress | null;
}

export function createBackups(
  config: Config,
  given: { owner: BackupSource['owner']; crypto: Crypto; clock: Clock; log: BackupSource['log'] },
): Backups {
  const { dir, keep } = config.backup;
  const log = given.log.child({ part: 'backup' });
  const source = { owner: given.owner, dataDir: config.dataDir, key: given.crypto.derive(BACKUP_KEY), log };
  let progress: Progress | null = null;
  return {
    list: () => listBackups(dir),
    async make(signal) {
      if (progress !== null) throw new ApiError('backup-running');
      progress = { part: 'start', done: 0, of: 0 };
      try {
        const made = await makeBackup(source, dir, {
          now: new Date(given.clock.now()),
          ...(signal ? { signal } : {}),
          onProgress: (now) => {
            progress = now;
          },
        });
        const removed = await pruneBackups(dir, keep);
        log.info({ name: made.name, bytes: made.bytes, removed: removed.length }, 'a backup was made');
        return made;
      } finally {
        progress = null;
      }
    },
    progress: () => progress,
  };
}
