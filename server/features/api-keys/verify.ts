import { randomBytes } from 'node:crypto';
import { eq, sql } from 'drizzle-orm';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../../context.ts';
import type { Database } from '../../db/client.ts';
import { apiKeys, tenants } from '../../db/schema/index.ts';
import { ApiError } from '../../errors.ts';
import { hashToken } from '../auth/codes.ts';
import type { Caller } from '../auth/tokens.ts';

/** `yk_<prefix>_<secret>`: the prefix recognises a key in a list, the secret is 256 random bits. */
const PATTERN = /^yk_[a-z0-9]{8}_[A-Za-z0-9_-]{43}$/;
export const isApiKey = (token: string): boolean => token.startsWith('yk_');

export interface ApiKeys {
  /** Throws `api-key-invalid`, `institution-suspended`. */
  verify(key: string): Promise<Caller>;
  /** After a commit that revoked it: this server takes notice at once, others within seconds. */
  forget(keyId: string): Promise<void>;
}

export function newApiKey(): { key: string; prefix: string; keyHash: Buffer } {
  const prefix = randomBytes(5).toString('hex').slice(0, 8);
  const key = `yk_${prefix}_${randomBytes(32).toString('base64url')}`;
  return { key, prefix, keyHash: hashToken(key) };
}

const FRESH_MS = 4_000;
const MAX_KEYS = 2_000;
/** `lastUsedAt` is written at most once in this time. */
const USED_EVERY = sql`interval '1 minute'`;

type Found = { caller: Caller; tenantActive: boolean } | null;

export function createApiKeys(options: { db: Pick<Database, 'system'>; clock: Clock }): ApiKeys {
  const { db, clock } = options;
  const known = new LRUCache<string, { found: Promise<Found>; readAt: number }>({ max: MAX_KEYS });

  async function read(keyHash: Buffer): Promise<Found> {
    const now = new Date(clock.now());
    return db.system(async (tx) => {
      const [row] = await tx
        .select({ key: apiKeys, tenantActive: tenants.active })
        .from(apiKeys)
        .innerJoin(tenants, eq(tenants.id, apiKeys.tenantId))
        .where(eq(apiKeys.keyHash, keyHash));
      if (!row || row.key.revokedAt !== null) return null;
      const { key, tenantActive } = row;
      if (key.expiresAt !== null && key.expiresAt <= now) return null;
      await tx.execute(sql`
        update api_keys set last_used_at = ${now.toISOString()}::timestamptz
        where id = ${key.id} and (last_used_at is null
          or last_used_at < ${now.toISOString()}::timestamptz - ${USED_EVERY}
          or last_used_at > ${now.toISOString()}::timestamptz + ${USED_EVERY})`);
      const caller: Caller = {
        kind: 'api-key',
        userId: key.id,
        tenantId: key.tenantId,
        role: 'admin',
        studentId: null,
        expiresAt: key.expiresAt?.getTime() ?? Number.MAX_SAFE_INTEGER,
        scopes: key.scopes,
        familyId: null,
      };
      return { caller, tenantActive };
    });
  }

  return {
    async verify(key) {
      if (!PATTERN.test(key)) throw new ApiError('api-key-invalid');
      const keyHash = hashToken(key);
      const name = keyHash.toString('base64');
      let held = known.get(name);
      if (!held || performance.now() - held.readAt >= FRESH_MS) {
        held = { found: read(keyHash), readAt: performance.now() };
        known.set(name, held);
      }
      const found = await held.found.catch((error: unknown) => {
        known.delete(name);
        throw error;
      });
      if (!found || found.caller.expiresAt <= clock.now()) throw new ApiError('api-key-invalid');
      if (!found.tenantActive) throw new ApiError('institution-suspended');
      return found.caller;
    },
    async forget(keyId) {
      const held = [...known.entries()];
      await Promise.all(
        held.map(async ([name, { found }]) => {
          const one = await found.catch(() => null);
          if (one === null || one.caller.userId === keyId) known.delete(name);
        }),
      );
    },
  };
}
