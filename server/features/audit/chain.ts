import { createHash } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { newId } from '../../db/ids.ts';
import type { Tx } from '../../db/tenancy.ts';

/** One line of the audit log, before it has its place in the chain. */
export interface AuditEntry {
  /** Null: the system itself. */
  actorId: string | null;
  actorKind: 'user' | 'api-key' | 'system';
  /** Method and route (`PATCH /students/{id}`), or a name (`auth.login-failed`). */
  action: string;
  subjectType: string | null;
  subjectId: string | null;
  address: string | null;
  userAgent: string | null;
  requestId: string | null;
  /** Names, counts and ids; never values that are personal. */
  data: Record<string, unknown>;
}

/**
 * Adds an entry to the chain of the transaction's institution and holds the chain until the transaction ends: the last
 * thing that a transaction does. Everybody else calls `recordAudit`.
 */
export async function appendEntry(tx: Tx, at: Date, entry: AuditEntry): Promise<void> {
  await tx.execute(sql`select audit_append(
    ${newId()}::uuid, ${at.toISOString()}::timestamptz, ${entry.actorId}::uuid, ${entry.actorKind}, ${entry.action},
    ${entry.subjectType}, ${entry.subjectId}::uuid, ${entry.address}, ${entry.userAgent}, ${entry.requestId},
    ${JSON.stringify(entry.data)}::text::jsonb)`);
}

/** A row as verification reads it: as text, the way that it was hashed. */
export interface ChainRow extends Record<string, unknown> {
  tenant_id: string;
  seq: string;
  id: string;
  /** Epoch microseconds. */
  at: string;
  actor_id: string | null;
  actor_kind: string;
  action: string;
  subject_type: string | null;
  subject_id: string | null;
  address: string | null;
  user_agent: string | null;
  origin_salt: Buffer | null;
  origin_hash: Buffer;
  request_id: string | null;
  data: string;
  previous_hash: Buffer;
  hash: Buffer;
}

export const CHAIN_COLUMNS = sql`
  tenant_id::text, seq::text, id::text, (extract(epoch from at) * 1000000)::bigint::text as at, actor_id::text, actor_kind,
  action, subject_type, subject_id::text, address, user_agent, origin_salt, origin_hash, request_id, data::text as data,
  previous_hash, hash`;

/** The hash that a row must have: SHA-256 of the hash before it and the row's fields, each with its length. */
export function hashOf(row: ChainRow): Buffer {
  return createHash('sha256')
    .update(row.previous_hash)
    .update(
      bytesOf([
        '1',
        row.tenant_id,
        row.seq,
        row.id,
        row.at,
        row.actor_id,
        row.actor_kind,
        row.action,
        row.subject_type,
        row.subject_id,
        row.origin_hash.toString('hex'),
        row.request_id,
        row.data,
      ]),
    )
    .digest();
}

/** Address and user agent are those that were hashed, or were blanked together with the salt when a person was erased. */
export function originHolds(row: ChainRow): boolean {
  if (row.origin_salt === null) return row.address === null && row.user_agent === null;
  const made = createHash('sha256')
    .update(row.origin_salt)
    .update(bytesOf([row.address, row.user_agent]))
    .digest();
  return made.equals(row.origin_hash);
}

/** As `audit_bytes` in the database: `length:text` or `-`, separated by commas. */
export function bytesOf(fields: readonly (string | null)[]): Buffer {
  const text = fields.map((field) => (field === null ? '-' : `${Buffer.byteLength(field)}:${field}`));
  return Buffer.from(text.join(','));
}
