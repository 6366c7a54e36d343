import { eq, sql } from 'drizzle-orm';
import type { FastifyRequest } from 'fastify';
import type { AppContext, Clock } from '../../context.ts';
import type { Database } from '../../db/client.ts';
import { users } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { type AuditEntry, appendEntry } from './chain.ts';
import { type AuditScope, auditScope } from './scope.ts';

/** Entries that a transaction adds when it ends. */
const pending = new WeakMap<Tx, AuditEntry[]>();

/**
 * Ties the audit log to the transactions of an institution: an entry that was asked for, and that of a write request
 * whose first writing transaction this is, are added as its last statement. What cannot be recorded is not done.
 */
export function auditTransactions(db: Database, clock: Clock): void {
  db.around((tenantId) => {
    const scope = auditScope();
    // A request without a token is about the institution that it writes to.
    const mine = scope && !scope.reads && (scope.tenantId ?? tenantId) === tenantId ? scope : null;
    let recordedHere = false;
    return {
      first: (tx) => {
        pending.set(tx, []);
      },
      last: async (tx, answer) => {
        const entries = pending.get(tx) ?? [];
        // What comes after the last statement would be forgotten.
        pending.delete(tx);
        if (mine && !mine.recorded && (await hasWritten(tx))) {
          entries.push(entryOf(mine, answer));
          recordedHere = true;
        }
        const at = new Date(clock.now());
        for (const entry of entries) await appendEntry(tx, at, entry);
      },
      // Not before: a transaction that is rolled back takes its entry with it.
      committed: () => {
        if (!mine || !recordedHere) return;
        mine.recorded = true;
        mine.tenantId = tenantId;
      },
    };
  });
}

/** Where a transaction has written nothing, it has no number. */
async function hasWritten(tx: Tx): Promise<boolean> {
  const [row] = await tx.execute<{ written: boolean }>(
    sql`select pg_current_xact_id_if_assigned() is not null as written`,
  );
  return row?.written === true;
}

/**
 * For machines and jobs, and for what a request does besides itself: an entry at the end of the transaction `tx`, of
 * the institution that it belongs to.
 */
export async function recordAudit(
  tx: Tx,
  context: Pick<AppContext, 'clock'>,
  entry: Partial<AuditEntry> & { action: string },
): Promise<void> {
  const full: AuditEntry = {
    actorId: null,
    actorKind: 'system',
    subjectType: null,
    subjectId: null,
    address: null,
    userAgent: null,
    requestId: null,
    data: {},
    ...entry,
  };
  const entries = pending.get(tx);
  if (entries) entries.push(full);
  else await appendEntry(tx, new Date(context.clock.now()), full);
}

/** A view of personal data, before it is answered with. */
export async function recordView(context: AppContext, scope: AuditScope, view: string): Promise<void> {
  if (scope.tenantId === null) return;
  const entry = { ...entryOf(scope, null), data: { view } };
  await context.db.tenant(scope.tenantId, (tx) => recordAudit(tx, context, entry));
}

/** The entry of a write that no transaction of the institution took along: signing in, or work done elsewhere. */
export async function recordLate(context: AppContext, scope: AuditScope, payload: unknown): Promise<void> {
  scope.recorded = true;
  const answer = parsed(payload);
  const who = scope.tenantId === null ? signedIn(answer) : null;
  const tenantId = scope.tenantId ?? who?.tenantId;
  if (!tenantId) return;
  const entry = {
    ...entryOf(scope, answer),
    ...(who ? { actorId: who.userId, actorKind: 'user' as const } : {}),
  };
  await context.db.tenant(tenantId, (tx) => recordAudit(tx, context, entry));
}

/**
 * A sign-in that failed, in the log of the institution that the account belongs to; no account, no log. Not waited for: how
 * long an answer takes must not tell whether there is an account.
 */
export async function recordFailure(
  context: AppContext,
  scope: AuditScope,
  request: FastifyRequest,
  status: number,
): Promise<void> {
  const code = request.failure;
  if (!request.routeOptions.config.public || ![401, 403, 429].includes(status)) return;
  if (code === 'second-factor-required') return;
  const whose =
    scope.tenantId === null
      ? await accountOf(context, request.body)
      : { tenantId: scope.tenantId, userId: scope.actorId };
  if (!whose) return;
  await context.db.tenant(whose.tenantId, (tx) =>
    recordAudit(tx, context, {
      action: 'auth.login-failed',
      subjectType: 'user',
      subjectId: whose.userId,
      address: scope.address,
      userAgent: scope.userAgent,
      requestId: scope.requestId,
      data: { code, route: scope.action },
    }),
  );
}

async function accountOf(
  context: AppContext,
  body: unknown,
): Promise<{ tenantId: string; userId: string } | null> {
  const { email } = (body ?? {}) as { email?: unknown };
  if (typeof email !== 'string') return null;
  const [user] = await context.db.system((tx) =>
    tx
      .select({ userId: users.id, tenantId: users.tenantId })
      .from(users)
      .where(eq(sql`lower(${users.email})`, email.trim().toLowerCase())),
  );
  return user ?? null;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

function entryOf(scope: AuditScope, answer: unknown): AuditEntry {
  const { actorId, actorKind, action, subjectType, address, userAgent, requestId, fields } = scope;
  const id = (answer as { id?: unknown } | null)?.id;
  const made = typeof id === 'string' && UUID.test(id) ? id : null;
  return {
    ...{ actorId, actorKind, action, subjectType, address, userAgent, requestId },
    subjectId: scope.subjectId ?? made,
    data: fields.length > 0 ? { fields } : {},
  };
}

function parsed(payload: unknown): unknown {
  if (typeof payload !== 'string' || !payload.startsWith('{')) return null;
  try {
    return JSON.parse(payload);
  } catch {
    return null;
  }
}

/** Who signed in, of the access token that is answered with. */
function signedIn(answer: unknown): { tenantId: string; userId: string } | null {
  const token = (answer as { access_token?: unknown } | null)?.access_token;
  if (typeof token !== 'string') return null;
  const claims = parsed(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
  const { tid, sub } = (claims ?? {}) as { tid?: unknown; sub?: unknown };
  return typeof tid === 'string' && typeof sub === 'string' ? { tenantId: tid, userId: sub } : null;
}
