import { randomBytes } from 'node:crypto';
import { chmod, link, mkdir, readFile, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Config, decodeMasterKey } from './index.ts';

export interface Secrets {
  /** 32 bytes. Everything encrypted at rest and every token depends on it: losing it loses them. */
  masterKey: Buffer;
  /** Where it came from: `generated` deserves a word in the log. */
  origin: 'environment' | 'file' | 'generated';
  path: string | null;
}

/** The master key from the configuration or from `dataDir/secrets/master.key`, made there (mode 0600) if missing. */
export async function loadSecrets(config: Pick<Config, 'masterKey' | 'dataDir'>): Promise<Secrets> {
  if (config.masterKey !== null) {
    return { masterKey: decodeMasterKey(config.masterKey), origin: 'environment', path: null };
  }
  const path = join(config.dataDir, 'secrets', 'master.key');
  const found = await readKey(path);
  if (found) return { masterKey: found, origin: 'file', path };
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  await writeFile(draft, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600, flush: true });
  try {
    // A link never replaces: of two servers that start at once, both end up with the same key.
    await link(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await unlink(draft);
  }
  const masterKey = await readKey(path);
  if (!masterKey) throw new Error(`The master key could not be written to ${path}`);
  return { masterKey, origin: 'generated', path };
}

async function readKey(path: string): Promise<Buffer | null> {
  try {
    const key = decodeMasterKey(await readFile(path, 'utf8'));
    await chmod(path, 0o600).catch(() => undefined);
    return key;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new Error(`The master key in ${path} cannot be used: ${(error as Error).message}`);
  }
}
