import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import pacote from 'pacote';
import { list } from 'tar';
import { PHOTO_PACKAGE, PHOTOS, type PhotoName } from './people.ts';

/** Where fetched photos are kept, so that the demo needs the network only once. */
export const photoCache = join(homedir(), '.cache', 'yoklama', 'demo');

/** The sample photos as published: fetched once, checked against their hashes every time. */
export async function loadPhotos(cache = photoCache): Promise<Map<PhotoName, Buffer>> {
  const photos = await readCache(cache);
  if (photos) return photos;
  await fetchPhotos(cache);
  const fetched = await readCache(cache);
  if (!fetched) throw new Error(`the photos of ${PHOTO_PACKAGE} are not the ones that the demo was made for`);
  return fetched;
}

async function readCache(cache: string): Promise<Map<PhotoName, Buffer> | null> {
  const photos = new Map<PhotoName, Buffer>();
  for (const [name, { sha256 }] of Object.entries(PHOTOS)) {
    const bytes = await readFile(join(cache, `${name}.jpg`)).catch(() => null);
    if (!bytes || createHash('sha256').update(bytes).digest('hex') !== sha256) return null;
    photos.set(name as PhotoName, bytes);
  }
  return photos;
}

async function fetchPhotos(cache: string): Promise<void> {
  await mkdir(cache, { recursive: true });
  const wanted = new Map(Object.entries(PHOTOS).map(([name, { path }]) => [`package/${path}`, name]));
  const found = new Map<string, Buffer>();
  await pacote.tarball.stream(
    PHOTO_PACKAGE,
    (tarball) =>
      new Promise<void>((resolve, reject) => {
        const reader = list({
          onReadEntry(entry) {
            const name = wanted.get(entry.path);
            if (name === undefined) return entry.resume();
            const parts: Buffer[] = [];
            entry.on('data', (part: Buffer) => parts.push(part));
            entry.on('end', () => found.set(name, Buffer.concat(parts)));
          },
        });
        tarball.on('error', reject);
        reader.on('error', reject);
        reader.on('end', () => resolve());
        tarball.pipe(reader as unknown as NodeJS.WritableStream);
      }),
    { cache: join(homedir(), '.npm', '_cacache') },
  );
  for (const [name, bytes] of found) {
    const path = join(cache, `${name}.jpg`);
    await writeFile(`${path}.${process.pid}`, bytes);
    await rename(`${path}.${process.pid}`, path);
  }
}
