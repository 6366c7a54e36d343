import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { inArray, type SQL, sql } from 'drizzle-orm';
import type { AppContext } from '../../context.ts';
import { recordings } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { enqueue } from '../../jobs/outbox.ts';
import { announceEnds, told } from './finish.ts';

const REMOVE_JOB = 'recordings-remove';
const YOUNG_MS = 3_600_000;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** `RECORDINGS_DIR/INSTITUTION/RECORDING`: its segments, encrypted, and nothing else. */
export const folderOf = ({ config }: AppContext, tenantId: string, recordingId: string): string =>
  join(config.recordings.dir, tenantId, recordingId);

/** As the pipeline names them; see pipeline/recording/segment-file.ts. */
export const segmentPath = (folder: string, seq: number): string =>
  join(folder, `${String(seq).padStart(6, '0')}.ts`);

export function defineRemoval(context: AppContext): void {
  context.queue.define<{ tenantId: string; ids: string[] }>(
    REMOVE_JOB,
    { attempts: 10 },
    async ({ data: { tenantId, ids } }) => {
      const kept = await context.db.tenant(tenantId, (tx) => existing(tx, ids));
      for (const id of ids) if (!kept.has(id)) await removeFolder(context, tenantId, id);
    },
  );
}

/**
 * Removes recordings: the rows and with them the keys at once, the files once the transaction has committed. Returns
 * how many.
 */
export async function removeRecordings(tx: Tx, tenantId: string, where: SQL): Promise<number> {
  const gone = await tx
    .delete(recordings)
    .where(where)
    .returning({ ...told, status: recordings.status });
  const ids = gone.map(({ recordingId }) => recordingId);
  if (ids.length > 0) await enqueue(tx, tenantId, REMOVE_JOB, { ids });
  const running = gone.filter(({ status }) => status === 'recording');
  await announceEnds(tx, tenantId, running);
  return ids.length;
}

/** For a student who is erased: nobody can be cut out of a video, so the videos of all their sessions go. */
export const ofSessionsWith = (studentId: string): SQL =>
  sql`${recordings.sessionId} in (select r.session_id from attendance_records r where r.student_id = ${studentId})`;

export async function existing(tx: Tx, ids: readonly string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const rows = await tx
    .select({ id: recordings.id })
    .from(recordings)
    .where(inArray(recordings.id, [...ids]));
  return new Set(rows.map(({ id }) => id));
}

export const removeFolder = (context: AppContext, tenantId: string, recordingId: string): Promise<void> =>
  rm(folderOf(context, tenantId, recordingId), { recursive: true, force: true });

/** Removes folders that no recording has, of one institution, unless they are young. Returns how many. */
export async function sweepRecordings(
  context: AppContext,
  tenantId: string,
  { youngMs = YOUNG_MS } = {},
): Promise<number> {
  const base = join(context.config.recordings.dir, tenantId);
  const names = (await readdir(base).catch(() => [])).filter((name) => UUID.test(name)).slice(0, 100_000);
  const kept = await context.db.tenant(tenantId, (tx) => existing(tx, names));
  let removed = 0;
  for (const name of names) {
    if (kept.has(name) || !(await isOlder(join(base, name), youngMs))) continue;
    await removeFolder(context, tenantId, name);
    removed++;
  }
  return removed;
}

async function isOlder(path: string, ms: number): Promise<boolean> {
  try {
    return Date.now() - (await stat(path)).mtimeMs >= ms;
  } catch {
    return false;
  }
}
