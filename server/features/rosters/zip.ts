import { fromBufferPromise, type ZipFile } from 'yauzl';
import { ApiError } from '../../errors.ts';

/** Files in the archive, those that are not read included. */
const MOST_ENTRIES = 200;
/** Of one file and of all, unpacked: a few kilobytes can unpack to gigabytes. */
const MOST_BYTES_EACH = 100 * 1024 * 1024;
const MOST_BYTES = 250 * 1024 * 1024;

export const isZip = (bytes: Uint8Array): boolean =>
  bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 0x03 && bytes[3] === 0x04;

export interface ZipTables {
  /** Names without their folder, in lower case. */
  names: string[];
  /** Unpacked; null where the archive has no file of that name. */
  read(name: string): Promise<Buffer | null>;
}

/**
 * The tables of an archive, each unpacked when it is asked for. Throws `import-zip-unsafe` for what is damaged, encrypted
 * or names files outside of the archive, `import-too-large` for what unpacks to too much.
 */
export async function openZip(bytes: Buffer): Promise<ZipTables> {
  const entries = new Map<string, { zip: ZipFile; entry: Parameters<ZipFile['openReadStreamPromise']>[0] }>();
  let total = 0;
  try {
    const zip = await fromBufferPromise(bytes, { lazyEntries: true, strictFileNames: true });
    if (zip.entryCount > MOST_ENTRIES) throw new ApiError('import-too-large');
    for await (const entry of zip.eachEntry()) {
      if (entry.fileName.endsWith('/')) continue;
      if (entry.isEncrypted())
        throw new ApiError('import-zip-unsafe', { message: 'The zip file is encrypted.' });
      total += entry.uncompressedSize;
      if (entry.uncompressedSize > MOST_BYTES_EACH || total > MOST_BYTES)
        throw new ApiError('import-too-large');
      const name = entry.fileName.split('/').at(-1)!.toLowerCase();
      if (!entries.has(name)) entries.set(name, { zip, entry });
    }
  } catch (error) {
    throw error instanceof ApiError ? error : new ApiError('import-zip-unsafe', { cause: error });
  }
  return {
    names: [...entries.keys()],
    async read(name) {
      const found = entries.get(name);
      if (!found) return null;
      try {
        const chunks: Buffer[] = [];
        // The sizes that an entry claims are held to while it is unpacked.
        for await (const chunk of await found.zip.openReadStreamPromise(found.entry)) {
          chunks.push(chunk as Buffer);
        }
        return Buffer.concat(chunks);
      } catch (error) {
        throw new ApiError('import-zip-unsafe', { cause: error });
      }
    },
  };
}
