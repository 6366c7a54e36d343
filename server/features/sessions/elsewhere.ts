import { inArray } from 'drizzle-orm';
import type { AppContext } from '../../context.ts';
import { reviewItems } from '../../db/schema/index.ts';
import { listRecords } from '../attendance/records.ts';
import type { LiveSession } from './live-session.ts';
import { findSession, loadReviews, toReview } from './queries.ts';

/** Another server has written to a session that runs here: what is on disk is taken over and shown. */
export async function refreshSession(
  context: AppContext,
  session: LiveSession,
  onClosed: (closedAt: Date) => void,
): Promise<void> {
  const asked = session.openReviews().map(({ id }) => id);
  const stored = await context.db.tenant(session.tenantId, async (tx) => {
    const found = await findSession(tx, session.id);
    if (!found) return null;
    const reviews = asked.length > 0 ? await loadReviews(tx, inArray(reviewItems.id, asked)) : [];
    return {
      row: found.row,
      records: (await listRecords(tx, session.id)).map(({ row }) => row),
      reviews: reviews.map(({ row, name }) => toReview(row, name, false)),
    };
  });
  if (!stored) return;
  session.refresh(stored);
  if (stored.row.status === 'closed') onClosed(stored.row.closedAt ?? new Date(context.clock.now()));
}

const ASK_MS = 8000;
const LOOK_MS = 100;

/**
 * Asks the server that runs a session to close it, because it holds what is not written yet. False: nobody else runs
 * it, or whoever does has not closed it in time.
 */
export async function closedElsewhere(
  context: AppContext,
  by: { tenantId: string; userId: string | null },
  sessionId: string,
): Promise<boolean> {
  const { leases, peers } = context.cluster;
  const { tenantId, userId } = by;
  if (!(await leases.elsewhere(sessionId))) return false;
  peers.tell('close', { tenantId, sessionId, userId });
  for (const end = performance.now() + ASK_MS; performance.now() < end; ) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    const status = await context.db.tenant(
      tenantId,
      async (tx) => (await findSession(tx, sessionId))?.row.status,
    );
    if (status !== 'open') return true;
    if (!(await leases.elsewhere(sessionId))) return false;
  }
  return false;
}
