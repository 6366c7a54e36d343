import { eq } from 'drizzle-orm';
import type { AppContext } from '../../context.ts';
import { streams } from '../../db/schema/index.ts';
import { ApiError } from '../../errors.ts';
import { STAFF } from '../../plugins/auth.ts';
import type { Caller } from '../auth/tokens.ts';
import { reachSession } from '../sessions/access.ts';

/** Who watches what. */
export interface Seat {
  tenantId: string;
  sessionId: string;
  streamId: string;
  /** Twice does no harm. */
  leave(): void;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * Lets a caller watch a stream of an open session that they may reach, and counts them until they leave. Throws
 * `forbidden`, `webrtc-unavailable`, `stream-not-found`, `session-closed`, `session-elsewhere`, `viewers-full`.
 */
export async function takeSeat(context: AppContext, caller: Caller, streamId: string): Promise<Seat> {
  const { tenantId } = caller;
  const sessionId = await reachStream(context, caller, streamId);
  return { tenantId, sessionId, streamId, leave: context.viewers.admit(tenantId) };
}

/**
 * The open session on this server that a stream belongs to, if the caller may watch it. Throws what `takeSeat` throws,
 * but for `viewers-full`.
 */
export async function reachStream(context: AppContext, caller: Caller, streamId: string): Promise<string> {
  if (!STAFF.includes(caller.role)) throw new ApiError('forbidden');
  if (!UUID.test(streamId)) throw new ApiError('stream-not-found');
  const sessionId = await context.db.tenant(caller.tenantId, async (tx) => {
    const [stream] = await tx
      .select({ sessionId: streams.sessionId })
      .from(streams)
      .where(eq(streams.id, streamId));
    if (!stream) throw new ApiError('stream-not-found');
    const session = await reachSession(tx, caller, stream.sessionId, 'stream-not-found');
    if (session.status !== 'open') throw new ApiError('session-closed');
    return session.id;
  });
  const reason = context.sfu.reason();
  if (reason !== null) throw new ApiError('webrtc-unavailable', { details: { reason } });
  if (context.live.ofStream(streamId)?.id !== sessionId) throw new ApiError('session-elsewhere');
  return sessionId;
}
