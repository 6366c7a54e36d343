import { createHmac, timingSafeEqual } from 'node:crypto';
import { asc, desc, sql } from 'drizzle-orm';
import type { AppContext } from '../../context.ts';
import { newId } from '../../db/ids.ts';
import { auditCheckpoints } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { CHAIN_COLUMNS, type ChainRow, hashOf, originHolds } from './chain.ts';

/** What is wrong with an entry, in the order in which it is looked for. */
export const AUDIT_FAULTS = [
  'missing',
  'unlinked',
  'changed',
  'origin-changed',
  'cut-off',
  'checkpoint-forged',
] as const;

export interface Verification {
  ok: boolean;
  /** Entries that were looked at. */
  entries: number;
  firstSeq: number | null;
  lastSeq: number | null;
  broken: { seq: number; fault: (typeof AUDIT_FAULTS)[number] } | null;
}

const BATCH = 2000;

/**
 * Walks the chain from its beginning, or from where retention has cut it: every number follows the one before, every hash
 * is that of its row and of the hash before it, and every checkpoint finds its row. Stops at the first fault.
 */
export async function verifyChain(context: AppContext, tenantId: string): Promise<Verification> {
  const checkpoints = await context.db.tenant(tenantId, (tx) =>
    tx.select().from(auditCheckpoints).orderBy(asc(auditCheckpoints.seq)),
  );
  const result: Verification = { ok: false, entries: 0, firstSeq: null, lastSeq: null, broken: null };
  const fail = (seq: number, fault: (typeof AUDIT_FAULTS)[number]) => ({ ...result, broken: { seq, fault } });

  const forged = checkpoints.find((point) => !macHolds(context, tenantId, point));
  if (forged) return fail(forged.seq, 'checkpoint-forged');
  const start = checkpoints.findLast((point) => point.kind === 'purge');
  const awaited = new Map(
    checkpoints.filter((point) => point.seq > (start?.seq ?? 0)).map((p) => [p.seq, p.hash]),
  );

  let seq = start?.seq ?? 0;
  let hash = start?.hash ?? Buffer.alloc(0);
  for (;;) {
    const rows = await context.db.tenant(tenantId, (tx) => batchAfter(tx, seq));
    for (const row of rows) {
      const at = Number(row.seq);
      if (at !== seq + 1) return fail(seq + 1, 'missing');
      if (!row.previous_hash.equals(hash)) return fail(at, 'unlinked');
      if (!hashOf(row).equals(row.hash)) return fail(at, 'changed');
      if (!originHolds(row)) return fail(at, 'origin-changed');
      const point = awaited.get(at);
      if (point && !point.equals(row.hash)) return fail(at, 'changed');
      awaited.delete(at);
      result.entries += 1;
      result.firstSeq ??= at;
      result.lastSeq = at;
      seq = at;
      hash = row.hash;
    }
    if (rows.length < BATCH) break;
  }
  if (awaited.size > 0) return fail(seq + 1, 'cut-off');
  return { ...result, ok: true };
}

function batchAfter(tx: Tx, seq: number): Promise<ChainRow[]> {
  return tx.execute<ChainRow>(
    sql`select ${CHAIN_COLUMNS} from audit_log where seq > ${seq} order by audit_log.seq limit ${BATCH}`,
  );
}

/** Notes where the chain stands, where it has moved since; entries up to here can no longer be cut off unseen. */
export async function checkpointHead(context: AppContext, tx: Tx, tenantId: string): Promise<void> {
  const [head] = await tx.execute<{ seq: string; hash: Buffer }>(
    sql`select seq::text, hash from audit_log order by audit_log.seq desc limit 1`,
  );
  if (!head) return;
  const seq = Number(head.seq);
  const [last] = await tx.select().from(auditCheckpoints).orderBy(desc(auditCheckpoints.seq)).limit(1);
  if (last && last.seq >= seq) return;
  await addCheckpoint(context, tx, tenantId, 'head', seq, head.hash);
  // The log of the server is a witness outside of the database.
  context.log.info({ tenantId, seq, hash: head.hash.toString('hex') }, 'audit log checkpoint');
}

/**
 * Removes the entries before `cutoff`, oldest first; the chain then begins at a signed checkpoint. Returns how many were
 * removed.
 */
export async function purgeAudit(
  context: AppContext,
  tx: Tx,
  tenantId: string,
  cutoff: Date,
): Promise<number> {
  // Numbers and times go together but for a moment: the last number before the first entry that stays.
  const [last] = await tx.execute<{ seq: string; hash: Buffer }>(sql`
    select seq::text, hash from audit_log
    where at < ${cutoff.toISOString()}::timestamptz
      and seq < coalesce((select min(a.seq) from audit_log a where a.at >= ${cutoff.toISOString()}::timestamptz), 9e18::bigint)
    order by audit_log.seq desc limit 1`);
  if (!last) return 0;
  await addCheckpoint(context, tx, tenantId, 'purge', Number(last.seq), last.hash);
  const [purged] = await tx.execute<{ removed: string }>(
    sql`select audit_purge(${last.seq}::bigint)::text as removed`,
  );
  return Number(purged?.removed ?? 0);
}

async function addCheckpoint(
  context: AppContext,
  tx: Tx,
  tenantId: string,
  kind: 'head' | 'purge',
  seq: number,
  hash: Buffer,
): Promise<void> {
  const mac = checkpointMac(context.crypto.derive('audit-checkpoints'), { tenantId, kind, seq, hash });
  const at = new Date(context.clock.now());
  await tx.insert(auditCheckpoints).values({ id: newId(), tenantId, kind, seq, hash, at, mac });
}

interface Point {
  tenantId: string;
  kind: string;
  seq: number;
  hash: Buffer;
}

/** HMAC-SHA-256 under a key derived from the master key, which is not in the database. */
export function checkpointMac(key: Buffer, { tenantId, kind, seq, hash }: Point): Buffer {
  return createHmac('sha256', key)
    .update(`${tenantId}:${kind}:${seq}:${hash.toString('hex')}`)
    .digest();
}

function macHolds(
  context: AppContext,
  tenantId: string,
  point: Omit<Point, 'tenantId'> & { mac: Buffer },
): boolean {
  const key = context.crypto.derive('audit-checkpoints');
  const made = checkpointMac(key, { ...point, tenantId });
  return made.length === point.mac.length && timingSafeEqual(made, point.mac);
}
