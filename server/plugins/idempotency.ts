import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { and, eq, lte } from 'drizzle-orm';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { AppContext } from '../context.ts';
import { newId } from '../db/ids.ts';
import { idempotencyKeys } from '../db/schema/index.ts';
import type { Tx } from '../db/tenancy.ts';
import { ApiError } from '../errors.ts';
import { withoutScope } from '../features/audit/scope.ts';
import { tenantCrypto } from '../features/tenants/service.ts';

const KEY = /^[\x21-\x7e]{1,200}$/;
const KEPT_MS = 24 * 3_600_000;
/** A request that has not answered by then has died with its server; another may take its key. */
const LEASE_MS = 5 * 60_000;
const MAX_ANSWER_BYTES = 256 * 1024;
const POLL_MS = 100;

interface Kept {
  status: number;
  headers: Record<string, string>;
  body: string;
}

interface Claim {
  id: string;
  tenantId: string;
}

export interface IdempotencyOptions {
  /** How long a second request waits for the first one's answer. */
  waitMs?: number;
}

/**
 * `Idempotency-Key` on POST: the same caller, key and request get the first one's answer, so that a client whose
 * connection broke may simply send again. What was asked for is compared by method, address and body. A form with
 * files is compared by its length only, because its boundary is another one at every attempt. Failures of the server
 * (5xx) are not kept: the next attempt is a new one. What is past its 24 hours is removed with all that has a retention.
 */
export function answerOnce(
  app: FastifyInstance,
  context: AppContext,
  options: IdempotencyOptions = {},
): void {
  const { db } = context;
  const waitMs = options.waitMs ?? 2000;
  const hashes = new WeakMap<FastifyRequest, Buffer>();
  const claims = new WeakMap<FastifyRequest, Claim>();
  // The audit log tells of the request itself, not of the note that is kept about it.
  const tenant = <T>(tenantId: string, work: (tx: Tx) => Promise<T>): Promise<T> =>
    withoutScope(() => db.tenant(tenantId, work));

  // Before validation fills in defaults.
  app.addHook('preValidation', async (request) => {
    if (keyOf(request) !== null) hashes.set(request, hashOf(request));
  });

  app.addHook('preHandler', async (request, reply) => {
    const key = keyOf(request);
    const hash = hashes.get(request);
    if (key === null || !hash) return;
    if (!KEY.test(key)) throw new ApiError('idempotency-key-invalid');
    const deadline = performance.now() + waitMs;
    for (;;) {
      const held = await claim(request, key, hash);
      if ('claimed' in held) {
        claims.set(request, held.claimed);
        return;
      }
      if (!held.hash.equals(hash)) throw new ApiError('idempotency-key-reused');
      if (held.answer !== undefined) return replay(reply, held.answer);
      if (performance.now() >= deadline) throw new ApiError('idempotency-in-progress', { retryAfter: 1 });
      await sleep(POLL_MS);
    }
  });

  /** Takes the key, or says how the request that has it stands. `answer` is null where it was too large to keep. */
  async function claim(
    { caller }: FastifyRequest,
    key: string,
    hash: Buffer,
  ): Promise<{ claimed: Claim } | { hash: Buffer; answer?: Kept | null }> {
    const { tenantId, userId } = caller;
    const now = new Date(context.clock.now());
    const lease = { requestHash: hash, expiresAt: new Date(now.getTime() + LEASE_MS) };
    return tenant(tenantId, async (tx) => {
      const id = newId();
      const [taken] = await tx
        .insert(idempotencyKeys)
        .values({ ...lease, id, tenantId, callerId: userId, key })
        .onConflictDoUpdate({
          target: [idempotencyKeys.tenantId, idempotencyKeys.callerId, idempotencyKeys.key],
          set: { ...lease, id, status: null, answer: null },
          setWhere: lte(idempotencyKeys.expiresAt, now),
        })
        .returning({ id: idempotencyKeys.id });
      if (taken) return { claimed: { id, tenantId } };
      const [row] = await tx
        .select()
        .from(idempotencyKeys)
        .where(and(eq(idempotencyKeys.callerId, userId), eq(idempotencyKeys.key, key)));
      // Given back between the two statements: the next round takes it.
      if (!row) return { hash };
      if (row.status === null) return { hash: row.requestHash };
      if (row.answer === null) return { hash: row.requestHash, answer: null };
      const crypto = await tenantCrypto(context, tx, tenantId);
      return { hash: row.requestHash, answer: crypto.openJson<Kept>(purpose(row.id), row.answer) };
    });
  }

  app.addHook('onSend', async (request, reply, payload) => {
    const held = claims.get(request);
    if (!held) return payload;
    claims.delete(request);
    try {
      if (isKept(request, reply)) await keep(held, reply, payload);
      else await giveBack(held);
    } catch (error) {
      // The work is done: the client must get its answer. The key stays taken until its lease ends.
      request.log.error({ err: error }, 'an answer could not be kept for its Idempotency-Key');
    }
    return payload;
  });

  async function keep({ id, tenantId }: Claim, reply: FastifyReply, payload: unknown): Promise<void> {
    const expiresAt = new Date(context.clock.now() + KEPT_MS);
    const body = bodyOf(reply, payload);
    await tenant(tenantId, async (tx) => {
      const crypto = body === null ? null : await tenantCrypto(context, tx, tenantId);
      const answer = crypto?.sealJson(purpose(id), {
        status: reply.statusCode,
        headers: headersOf(reply),
        body,
      });
      await tx
        .update(idempotencyKeys)
        .set({ status: reply.statusCode, answer: answer ?? null, expiresAt })
        .where(eq(idempotencyKeys.id, id));
    });
  }

  async function giveBack({ id, tenantId }: Claim): Promise<void> {
    await tenant(tenantId, (tx) => tx.delete(idempotencyKeys).where(eq(idempotencyKeys.id, id)));
  }
}

const purpose = (id: string) => `idempotency:${id}`;

function keyOf(request: FastifyRequest): string | null {
  const header = request.headers['idempotency-key'];
  if (request.method !== 'POST' || !request.caller || header === undefined) return null;
  return Array.isArray(header) ? header.join(',') : header;
}

function hashOf(request: FastifyRequest): Buffer {
  const { body, headers, method, url } = request;
  const type = (headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase();
  const hash = createHash('sha256').update([method, url, type, ''].join('\0'));
  if (type === 'multipart/form-data') hash.update(`length ${headers['content-length'] ?? 'unknown'}`);
  else if (typeof body === 'string' || Buffer.isBuffer(body)) hash.update(body);
  else hash.update(JSON.stringify(body ?? null));
  return hash.digest();
}

/** A broken upload is no answer to keep, and neither is "later". */
function isKept(request: FastifyRequest, { statusCode }: FastifyReply): boolean {
  return statusCode < 500 && statusCode !== 408 && statusCode !== 429 && !request.raw.readableAborted;
}

/** Null: not JSON, or too large. */
function bodyOf(reply: FastifyReply, payload: unknown): string | null {
  if (payload === null || payload === undefined || payload === '') return '';
  if (!String(reply.getHeader('content-type') ?? '').includes('json')) return null;
  const text = typeof payload === 'string' ? payload : Buffer.isBuffer(payload) ? payload.toString() : null;
  return text !== null && Buffer.byteLength(text) <= MAX_ANSWER_BYTES ? text : null;
}

function headersOf(reply: FastifyReply): Record<string, string> {
  const names = ['content-type', 'location', 'etag'];
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = reply.getHeader(name);
      return typeof value === 'string' ? [[name, value]] : [];
    }),
  );
}

function replay(reply: FastifyReply, kept: Kept | null): FastifyReply {
  if (kept === null) throw new ApiError('idempotency-answer-gone');
  return reply
    .code(kept.status)
    .headers({ ...kept.headers, 'idempotency-replayed': 'true' })
    .send(kept.body === '' ? null : Buffer.from(kept.body));
}
