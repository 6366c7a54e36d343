import { sql } from 'drizzle-orm';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../../context.ts';
import type { Database } from '../../db/client.ts';
import type { Role } from '../../db/schema/index.ts';

/**
 * How a signed-in user stands now: a token says who they were when it was made. Read from the database and kept for
 * seconds, so that an account that is disabled, a password that is reset or an institution that is suspended ends what
 * is signed in on every server within that time; on the server that did it at once (`forget`).
 */
export interface Standing {
  /** The account exists and is active. */
  active: boolean;
  tenantActive: boolean;
  /** Tokens issued before are refused; epoch milliseconds. */
  validAfter: number;
  /** Sign-ins that were ended while tokens of theirs may still be about. */
  endedFamilies: ReadonlySet<string>;
  role: Role | null;
  hasSecondFactor: boolean;
  /** The institution asks for a second factor in this role. */
  needsSecondFactor: boolean;
}

export interface Standings {
  of(tenantId: string, userId: string): Promise<Standing>;
  forget(userId: string): void;
  forgetTenant(tenantId: string): void;
}

const FRESH_MS = 4_000;
const MAX_USERS = 20_000;

export function createStandings(options: {
  db: Pick<Database, 'system'>;
  clock: Clock;
  /** Seconds that a token lives: for so long an ended sign-in is remembered. */
  lifetime: number;
}): Standings {
  const { db, clock, lifetime } = options;
  // Kept by elapsed time, not by the clock: setting the clock back makes nothing immortal.
  const known = new LRUCache<string, { tenantId: string; standing: Promise<Standing>; readAt: number }>({
    max: MAX_USERS,
  });

  async function of(tenantId: string, userId: string): Promise<Standing> {
    const held = known.get(userId);
    if (held && held.tenantId === tenantId && performance.now() - held.readAt < FRESH_MS)
      return held.standing;
    const since = new Date(clock.now() - (lifetime + 60) * 1000).toISOString();
    const standing = readStanding(db, tenantId, userId, since);
    const entry = { tenantId, standing, readAt: performance.now() };
    known.set(userId, entry);
    try {
      return await standing;
    } catch (error) {
      // Without the database the last answer stands: what needs the database fails of itself.
      if (known.get(userId) === entry) {
        if (held) known.set(userId, held);
        else known.delete(userId);
      }
      if (held) return held.standing;
      throw error;
    }
  }

  return {
    of,
    forget: (userId) => void known.delete(userId),
    forgetTenant(tenantId) {
      for (const [userId, held] of known.entries()) if (held.tenantId === tenantId) known.delete(userId);
    },
  };
}

async function readStanding(
  db: Pick<Database, 'system'>,
  tenantId: string,
  userId: string,
  since: string,
): Promise<Standing> {
  const [row] = await db.system((tx) =>
    tx.execute<{
      active: boolean;
      tenant_active: boolean;
      valid_after: number | null;
      ended: string[];
      role: Role;
      second_factor: boolean;
      required: string[] | null;
    }>(sql`
      select u.active, t.active as tenant_active, u.role,
        (extract(epoch from u.tokens_valid_after) * 1000)::float8 as valid_after,
        u.totp_enabled_at is not null as second_factor,
        t.settings -> 'twoFactor' -> 'requiredFor' as required,
        coalesce((
          select jsonb_agg(distinct r.family_id) from refresh_tokens r
          where r.tenant_id = u.tenant_id and r.user_id = u.id
            and r.revoked_at > ${since}::timestamptz
        ), '[]'::jsonb) as ended
      from users u join tenants t on t.id = u.tenant_id
      where u.id = ${userId} and u.tenant_id = ${tenantId}`),
  );
  if (!row) return NOBODY;
  const required = Array.isArray(row.required) ? row.required : [];
  return {
    active: row.active,
    tenantActive: row.tenant_active,
    validAfter: row.valid_after ?? 0,
    endedFamilies: new Set(row.ended),
    role: row.role,
    hasSecondFactor: row.second_factor,
    needsSecondFactor: required.includes(row.role === 'sysadmin' ? 'admin' : row.role),
  };
}

const NOBODY: Standing = {
  active: false,
  tenantActive: true,
  validAfter: 0,
  endedFamilies: new Set(),
  role: null,
  hasSecondFactor: false,
  needsSecondFactor: false,
};
