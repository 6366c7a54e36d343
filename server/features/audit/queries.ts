import { and, count, desc, eq, gte, ilike, lt, type SQL } from 'drizzle-orm';
import { auditLog, users } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import type { AuditQuery } from './schemas.ts';

type Filter = Pick<AuditQuery, 'actorId' | 'subjectId' | 'action' | 'from' | 'until' | 'beforeSeq'>;

/** Newest first. */
export async function listAudit(tx: Tx, query: AuditQuery) {
  const where = conditions(query);
  const [counted] = await tx.select({ total: count() }).from(auditLog).where(where);
  const items = await readAudit(tx, where, query.limit, query.skip);
  return { total: counted?.total ?? 0, skip: query.skip, limit: query.limit, items };
}

/** All that match, newest first, `batch` at a time. */
export async function* walkAudit(
  run: <T>(work: (tx: Tx) => Promise<T>) => Promise<T>,
  filter: Filter,
  batch = 2000,
) {
  let beforeSeq = filter.beforeSeq;
  for (;;) {
    const where = conditions({ ...filter, ...(beforeSeq === undefined ? {} : { beforeSeq }) });
    const rows = await run((tx) => readAudit(tx, where, batch, 0));
    yield rows;
    if (rows.length < batch) return;
    beforeSeq = rows.at(-1)!.seq;
  }
}

function conditions({ actorId, subjectId, action, from, until, beforeSeq }: Filter): SQL | undefined {
  const list: SQL[] = [];
  if (actorId !== undefined) list.push(eq(auditLog.actorId, actorId));
  if (subjectId !== undefined) list.push(eq(auditLog.subjectId, subjectId));
  if (action !== undefined) list.push(ilike(auditLog.action, `%${action.replace(/[\\%_]/g, '\\$&')}%`));
  if (from !== undefined) list.push(gte(auditLog.at, new Date(from)));
  if (until !== undefined) list.push(lt(auditLog.at, new Date(until)));
  if (beforeSeq !== undefined) list.push(lt(auditLog.seq, beforeSeq));
  return and(...list);
}

async function readAudit(tx: Tx, where: SQL | undefined, limit: number, skip: number) {
  const rows = await tx
    .select({ entry: auditLog, name: users.name })
    .from(auditLog)
    .leftJoin(users, eq(users.id, auditLog.actorId))
    .where(where)
    .orderBy(desc(auditLog.seq))
    .offset(skip)
    .limit(limit);
  return rows.map(({ entry, name }) => ({
    seq: entry.seq,
    id: entry.id,
    at: entry.at.toISOString(),
    actor: { kind: entry.actorKind, id: entry.actorId, name },
    action: entry.action,
    subject: { type: entry.subjectType, id: entry.subjectId },
    address: entry.address,
    userAgent: entry.userAgent,
    requestId: entry.requestId,
    data: entry.data,
    hash: entry.hash.toString('hex'),
  }));
}
