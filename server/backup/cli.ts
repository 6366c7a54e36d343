import { existsSync } from 'node:fs';
import { Command } from 'commander';
import type { Logger } from 'pino';
import { type Config, loadConfig } from '../../config/index.ts';
import { loadSecrets } from '../../config/secrets.ts';
import { createCrypto } from '../crypto.ts';
import { type DatabaseOwner, openOwner } from '../db/open.ts';
import { createLog } from '../log.ts';
import { BackupError } from './container.ts';
import { makeBackup, pruneBackups } from './dump.ts';
import { restoreBackup } from './restore.ts';

export const BACKUP_KEY = 'backups';

interface Opened extends DatabaseOwner {
  key: Buffer;
  log: Logger;
}

/** `yoklama backup`: with a database of one's own also while servers run; the embedded one belongs to its server. */
export async function backupCommand(args: string[]): Promise<void> {
  const command = new Command('backup')
    .description('copy database and files into one encrypted file')
    .option('--dir <folder>', 'where to, instead of BACKUP_DIR')
    .exitOverride();
  const { dir } = command.parse(args, { from: 'user' }).opts<{ dir?: string }>();
  const config = loadConfig();
  await withOwner(config, async (opened) => {
    const folder = dir ?? config.backup.dir;
    let part = '';
    const { name, bytes } = await makeBackup({ ...opened, dataDir: config.dataDir }, folder, {
      now: new Date(),
      onProgress: (progress) => {
        if (progress.part === part) return;
        part = progress.part;
        say(`${progress.done}/${progress.of} ${part}`);
      },
    });
    const gone = await pruneBackups(folder, config.backup.keep);
    process.stdout.write(`${folder}/${name} (${bytes} bytes)\n`);
    if (gone.length > 0) say(`removed: ${gone.join(', ')}`);
  });
}

/** `yoklama restore FILE [--force]`, with every server stopped. */
export async function restoreCommand(args: string[]): Promise<void> {
  const command = new Command('restore')
    .description('put a backup in the place of database and files; all servers must be stopped')
    .argument('<file>')
    .option('--force', 'replace what is in the database')
    .exitOverride();
  command.parse(args, { from: 'user' });
  const [file = ''] = command.args;
  const { force = false } = command.opts<{ force?: boolean }>();
  if (!existsSync(file)) throw new BackupError(`There is no file ${file}.`);
  const config = loadConfig();
  await withOwner(config, async (opened) => {
    const target = { ...opened, dataDir: config.dataDir, force, onProgress: say };
    const { createdAt, rows, files } = await restoreBackup(target, file);
    say('running later migrations');
    await opened.migrate();
    process.stdout.write(`restored the state of ${createdAt}: ${rows} rows, ${files} files\n`);
  });
}

async function withOwner(config: Config, work: (opened: Opened) => Promise<void>): Promise<void> {
  const log = createLog(config);
  const secrets = await loadSecrets(config);
  if (secrets.origin === 'generated') log.warn({ path: secrets.path }, 'a master key was generated');
  const crypto = createCrypto(secrets.masterKey);
  const owner = await openOwner(config, crypto, log);
  try {
    await work({ ...owner, key: crypto.derive(BACKUP_KEY), log });
  } finally {
    await owner.close();
  }
}

const say = (line: string) => process.stderr.write(`${line}\n`);
