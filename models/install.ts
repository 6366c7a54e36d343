import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { RECIPES } from './convert/recipes.ts';
import { ModelError } from './errors.ts';
import { fetchSources, type Sources, sourceKey } from './fetch-sources.ts';
import { type ModelEntry, type ModelPack, type ModelRole, resolvePack } from './manifest.ts';
import { type FileState, modelPath, readIfThere, sha256, stateOf } from './model-files.ts';

export type InstallProgress =
  | { phase: 'download'; from: string; receivedBytes: number; totalBytes: number | null }
  | { phase: 'prepare'; model: ModelRole; done: number; of: number }
  | { phase: 'ready'; installed: number; alreadyThere: number };

export interface InstallOptions {
  /** Name of a built-in pack or path of a manifest: see `resolvePack`. */
  pack: string;
  dir: string;
  /** Another npm registry than the public one. */
  registry?: string | undefined;
  /** Folder of npm's download cache. Default: npm's own. */
  npmCache?: string | undefined;
  onProgress?: ((progress: InstallProgress) => void) | undefined;
}

export interface CheckedFile {
  readonly model: ModelRole;
  readonly path: string;
  readonly state: FileState;
  readonly entry: ModelEntry;
}

/** Compares every file of an installed pack with the manifest. Needs no network. */
export async function verifyPack(options: { pack: string; dir: string }): Promise<CheckedFile[]> {
  return checkFiles(resolvePack(options.pack), options.dir);
}

async function checkFiles(pack: ModelPack, dir: string): Promise<CheckedFile[]> {
  const entries = Object.entries(pack.models) as [ModelRole, ModelEntry][];
  return Promise.all(
    entries.map(async ([model, entry]) => {
      const path = modelPath(dir, pack, model, entry);
      return { model, entry, path, state: stateOf(await readIfThere(path), entry) };
    }),
  );
}

/**
 * Brings a pack's files into `dir`: downloads what is missing or damaged, compares it with the manifest, prepares it,
 * compares the result, and moves it into place. Safe to run twice at once and to interrupt: a file appears complete
 * or not at all. Does nothing, without network, when all is there. Throws a ModelError.
 */
export async function installPack(options: InstallOptions): Promise<CheckedFile[]> {
  const { dir, onProgress } = options;
  const pack = resolvePack(options.pack);
  const files = await checkFiles(pack, dir);
  const wanted = files.filter((file) => file.state !== 'ok');
  if (wanted.length > 0) {
    await makeFolder(join(dir, pack.name));
    const sources = await fetchSources(
      pack,
      wanted.flatMap((file) => file.entry.sources),
      {
        registry: options.registry,
        npmCache: options.npmCache,
        onBytes: (from, receivedBytes, totalBytes) =>
          onProgress?.({ phase: 'download', from, receivedBytes, totalBytes }),
      },
    );
    for (const [done, { model, path, entry }] of wanted.entries()) {
      onProgress?.({ phase: 'prepare', model, done, of: wanted.length });
      await writeAtomically(path, prepare(pack, model, entry, sources));
    }
  }
  onProgress?.({ phase: 'ready', installed: wanted.length, alreadyThere: files.length - wanted.length });
  return checkFiles(pack, dir);
}

function prepare(pack: ModelPack, model: ModelRole, entry: ModelEntry, sources: Sources): Uint8Array {
  const bytes = RECIPES[entry.recipe](entry.sources.map((source) => sources.get(sourceKey(source))!));
  if (stateOf(bytes, entry) === 'ok') return bytes;
  throw new ModelError(
    'model-conversion-failed',
    `Preparing the ${model} model of pack "${pack.name}" with recipe "${entry.recipe}" gave ${bytes.length} bytes of SHA-256 ${sha256(bytes)}; the manifest says ${entry.bytes} of ${entry.sha256}. Nothing was installed from it.`,
  );
}

async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true }).catch((cause: NodeJS.ErrnoException) => {
    throw notWritten(path, cause);
  });
  await sweep(path);
}

/** A file under a name of its own, flushed to disk, then renamed: readers never see half of it. */
async function writeAtomically(path: string, bytes: Uint8Array): Promise<void> {
  const temporary = join(
    dirname(path),
    `.${basename(path)}.${process.pid}-${randomBytes(4).toString('hex')}.tmp`,
  );
  try {
    const handle = await open(temporary, 'wx', 0o644);
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true });
    throw notWritten(path, cause as NodeJS.ErrnoException);
  }
}

function notWritten(path: string, cause: NodeJS.ErrnoException): ModelError {
  const reason = cause.code === 'ENOSPC' ? 'the disk is full' : cause.code;
  return new ModelError(
    'model-write-failed',
    `${path} cannot be written (${reason}). Free space or set MODELS_DIR.`,
    { cause },
  );
}

const ABANDONED_MS = 60 * 60 * 1000;

/** Removes what an installer that was killed left behind; young files belong to one that is still at work. */
async function sweep(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith('.') || !name.endsWith('.tmp')) continue;
    const path = join(folder, name);
    const age = await stat(path).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0,
    );
    if (age > ABANDONED_MS) await rm(path, { force: true });
  }
}
