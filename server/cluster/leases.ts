import { readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { and, eq, inArray, ne, sql } from 'drizzle-orm';
import type { Database } from '../db/client.ts';
import { newId } from '../db/ids.ts';
import { servers, sessionLeases } from '../db/schema/index.ts';
import type { Tx } from '../db/tenancy.ts';

/**
 * Which server runs an open session. A server says every few seconds that it is there; the sessions of one that has
 * not been heard of for `LEASE_SECONDS` are anybody's. All times are the database's: clocks of servers may differ and
 * be set back.
 */
export interface Leases {
  readonly serverId: string;
  /** For a session that this server opens, in the transaction of the opening. */
  grant(tx: Tx, tenantId: string, sessionId: string): Promise<void>;
  /** Takes a session over that is nobody's; true also where it is this server's already. */
  acquire(tenantId: string, sessionId: string): Promise<boolean>;
  /** The session is closed, in the transaction of the closing. */
  end(tx: Tx, sessionId: string): Promise<void>;
  /** The other server that runs the session now; null: this one, or nobody. */
  elsewhere(sessionId: string): Promise<string | null>;
  /** Open sessions that nobody runs. */
  free(): Promise<{ tenantId: string; sessionId: string }[]>;
  /** Says that this server is there. Answers with the sessions that are its own, and with how many others there are. */
  beat(): Promise<{ mine: Set<string>; others: number }>;
  /** Gone: others may take over at once. */
  leave(): Promise<void>;
}

export const BEAT_MS = 3000;
export const LEASE_SECONDS = 12;

/** Servers of this process, which have one process id. */
const here = new Set<string>();

export function createLeases(db: Database): Leases {
  const serverId = newId();
  const place = placeOfProcess();
  const alive = sql`exists (select 1 from servers s where s.id = session_leases.server_id and s.until > now())`;

  /** One that was killed on this machine is known to be gone before its time is up. */
  async function removeDead(tx: Tx): Promise<void> {
    const rows = await tx
      .select({ id: servers.id, pid: servers.pid })
      .from(servers)
      .where(and(eq(servers.place, place), ne(servers.id, serverId)));
    const dead = rows.filter(({ id, pid }) => !here.has(id) && (pid === process.pid || !isRunning(pid)));
    if (dead.length === 0) return;
    await tx.delete(servers).where(
      inArray(
        servers.id,
        dead.map(({ id }) => id),
      ),
    );
  }

  return {
    serverId,
    async grant(tx, tenantId, sessionId) {
      await tx.insert(sessionLeases).values({ sessionId, tenantId, serverId });
    },
    acquire: (tenantId, sessionId) =>
      db.system(async (tx) => {
        const rows = await tx
          .insert(sessionLeases)
          .values({ sessionId, tenantId, serverId })
          .onConflictDoUpdate({
            target: sessionLeases.sessionId,
            set: { serverId },
            setWhere: sql`session_leases.server_id = ${serverId} or not ${alive}`,
          })
          .returning({ id: sessionLeases.sessionId });
        return rows.length > 0;
      }),
    async end(tx, sessionId) {
      await tx.delete(sessionLeases).where(eq(sessionLeases.sessionId, sessionId));
    },
    elsewhere: (sessionId) =>
      db.system(async (tx) => {
        const [row] = await tx
          .select({ serverId: sessionLeases.serverId })
          .from(sessionLeases)
          .where(and(eq(sessionLeases.sessionId, sessionId), ne(sessionLeases.serverId, serverId), alive));
        return row?.serverId ?? null;
      }),
    free: () =>
      db.system((tx) =>
        tx
          .select({ tenantId: sessionLeases.tenantId, sessionId: sessionLeases.sessionId })
          .from(sessionLeases)
          .where(sql`not ${alive}`)
          .orderBy(sessionLeases.sessionId),
      ),
    beat: () =>
      db.system(async (tx) => {
        here.add(serverId);
        const until = sql`now() + ${LEASE_SECONDS} * interval '1 second'`;
        await tx
          .insert(servers)
          .values({ id: serverId, place, pid: process.pid, until })
          .onConflictDoUpdate({ target: servers.id, set: { until } });
        await removeDead(tx);
        await tx.delete(servers).where(sql`until < now() - interval '1 day'`);
        const leases = await tx
          .select({ id: sessionLeases.sessionId })
          .from(sessionLeases)
          .where(eq(sessionLeases.serverId, serverId));
        const others = await tx
          .select({ id: servers.id })
          .from(servers)
          .where(and(ne(servers.id, serverId), sql`until > now()`));
        return { mine: new Set(leases.map(({ id }) => id)), others: others.length };
      }),
    async leave() {
      here.delete(serverId);
      await db.system((tx) => tx.delete(servers).where(eq(servers.id, serverId)));
    },
  };
}

/** Processes of one place see each other's ids: not those of two containers on one machine. */
function placeOfProcess(): string {
  try {
    return `${hostname()} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return hostname();
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
