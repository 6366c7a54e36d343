import { execFileSync } from 'node:child_process';
import { createDecipheriv, randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NoSpaceError, segmentName, writeSegment } from './segment-file.ts';

const key = randomBytes(16);
let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'yoklama-segments-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

describe('a segment on the disk', () => {
  it('is encrypted as HLS has it, the number as IV, and readable by its owner only', async () => {
    const plain = randomBytes(1000);
    const bytes = await writeSegment(join(dir, 'new'), 300, plain, { key, minFreeBytes: 0 });
    const sealed = await readFile(join(dir, 'new', '000300.ts'));
    expect(sealed.length).toBe(bytes);
    const iv = Buffer.from(`${'00'.repeat(14)}012c`, 'hex');
    const decipher = createDecipheriv('aes-128-cbc', key, iv);
    expect(Buffer.concat([decipher.update(sealed), decipher.final()])).toEqual(plain);
    expect(execFileSync('stat', ['-c', '%a', join(dir, 'new', '000300.ts')], { encoding: 'utf8' })).toBe(
      '600\n',
    );
  });

  it('is not written where too little would be left', async () => {
    const write = writeSegment(join(dir, 'reserve'), 0, randomBytes(10), {
      key,
      minFreeBytes: Number.MAX_SAFE_INTEGER,
    });
    await expect(write).rejects.toBeInstanceOf(NoSpaceError);
    expect(await readdir(join(dir, 'reserve'))).toEqual([]);
  });
});

/** A disk of its own that can be filled: a tmpfs, which only root may mount. */
function mountSmallDisk(): { at: string } | { why: string } {
  if (process.getuid?.() !== 0) return { why: 'a small disk can only be mounted by root' };
  const at = mkdtempSync(join(tmpdir(), 'yoklama-small-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', at], { stdio: 'pipe' });
    return { at };
  } catch (error) {
    return { why: `mount failed: ${(error as Error).message.split('\n')[0]}` };
  }
}
const disk = mountSmallDisk();
if ('why' in disk) console.warn(`SKIPPED a full disk of recordings: ${disk.why}`);

describe.skipIf('why' in disk)('on a disk that is full', () => {
  const at = 'at' in disk ? disk.at : '';
  afterAll(async () => {
    execFileSync('umount', ['--lazy', at]);
    await rm(at, { recursive: true, force: true });
  });

  it('a segment is there as a whole or not at all, and the next finds room again', async () => {
    const options = { key, minFreeBytes: 0 };
    await writeSegment(at, 0, randomBytes(300_000), options);
    await expect(writeSegment(at, 1, randomBytes(300_000), options)).rejects.toBeInstanceOf(NoSpaceError);
    expect(await readdir(at)).toEqual([segmentName(0)]);
    await rm(join(at, segmentName(0)));
    await writeSegment(at, 1, randomBytes(300_000), options);
    expect(await readdir(at)).toEqual([segmentName(1)]);
  });
});
