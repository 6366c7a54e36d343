import { and, eq, gt } from 'drizzle-orm';
import type { AppContext } from '../../context.ts';
import { classSessions, qrSessions, tenants } from '../../db/schema/index.ts';
import type { QrSession } from './schemas.ts';
import { codeToShow, type QrRow } from './service.ts';
import type { Steps } from './steps.ts';

/** Sends every new code of the open windows to those who have joined the session. */
export interface QrBroadcast {
  /** Windows that were open when the server last ended go on. */
  start(): void;
  follow(tenantId: string, session: Pick<QrSession, 'id' | 'sessionId'>): void;
  forget(id: string): void;
  /** One look at all windows; `start` makes it happen every half second. */
  tick(): Promise<void>;
  close(): void;
}

const TICK_MS = 500;

interface Followed {
  tenantId: string;
  sessionId: string;
  /** As last read; read anew with every code, because another server may have closed the window. */
  row: QrRow | null;
  shown: number;
  busy: boolean;
}

export function createQrBroadcast(context: AppContext, steps: Steps): QrBroadcast {
  const { db, hub, log, clock } = context;
  const windows = new Map<string, Followed>();
  let timer: NodeJS.Timeout | null = null;

  async function resume(): Promise<void> {
    const ids = await db.system((tx) => tx.select({ id: tenants.id }).from(tenants));
    for (const { id: tenantId } of ids) {
      const open = await db.tenant(tenantId, (tx) =>
        tx
          .select({ id: qrSessions.id, sessionId: qrSessions.sessionId })
          .from(qrSessions)
          .innerJoin(classSessions, eq(classSessions.id, qrSessions.sessionId))
          .where(and(eq(classSessions.status, 'open'), gt(qrSessions.closesAt, new Date(clock.now())))),
      );
      for (const session of open) follow(tenantId, session);
    }
  }

  function follow(tenantId: string, { id, sessionId }: Pick<QrSession, 'id' | 'sessionId'>): void {
    for (const [other, window] of windows) if (window.sessionId === sessionId) windows.delete(other);
    windows.set(id, { tenantId, sessionId, row: null, shown: -1, busy: false });
  }

  async function look(id: string, window: Followed): Promise<void> {
    if (window.busy) return;
    const over = window.row !== null && window.row.closesAt.getTime() <= clock.now();
    if (over) return void windows.delete(id);
    if (!hub.hasAudience(window.sessionId)) return;
    if (window.row && steps.current(window.row, clock.now()) === window.shown) return;
    window.busy = true;
    try {
      await show(id, window);
    } catch (error) {
      log.warn({ err: error, qrSessionId: id }, 'a QR code could not be sent; trying again');
    } finally {
      window.busy = false;
    }
  }

  async function show(id: string, window: Followed): Promise<void> {
    const next = await db.tenant(window.tenantId, async (tx) => {
      const [found] = await tx
        .select({ row: qrSessions, status: classSessions.status })
        .from(qrSessions)
        .innerJoin(classSessions, eq(classSessions.id, qrSessions.sessionId))
        .where(eq(qrSessions.id, id));
      // A code of a closed session is not taken: nobody is to scan it.
      if (found?.status !== 'open') return null;
      window.row = found.row;
      return codeToShow(context, tx, steps, found.row);
    });
    if (windows.get(id) !== window) return;
    if (!next) return void windows.delete(id);
    window.shown = next.step;
    hub.send(window.sessionId, 'qr:code', next.code);
  }

  async function tick(): Promise<void> {
    await Promise.all([...windows].map(([id, window]) => look(id, window)));
  }

  return {
    start() {
      resume().catch((error) => log.error({ err: error }, 'open QR windows could not be read'));
      timer = setInterval(() => void tick(), TICK_MS);
      timer.unref();
    },
    follow,
    forget: (id) => void windows.delete(id),
    tick,
    close() {
      if (timer) clearInterval(timer);
      windows.clear();
    },
  };
}
