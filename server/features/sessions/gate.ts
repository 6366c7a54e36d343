import { and, inArray } from 'drizzle-orm';
import { LRUCache } from 'lru-cache';
import type { AppContext } from '../../context.ts';
import { classSessions } from '../../db/schema/index.ts';
import { ApiError } from '../../errors.ts';
import { STAFF } from '../../plugins/auth.ts';
import type { HubGate, LiveUser } from '../../realtime/hub.ts';
import { ofCaller } from './access.ts';
import type { Live } from './live.ts';
import { sessionOf, snapshotOf } from './service.ts';

/** What the sockets may do: the same token and the same rights as the HTTP routes. */
export function liveGate(context: AppContext, live: Live): HubGate {
  /** Streams of sessions that another server runs, by session, as they were when a socket joined. */
  const elsewhere = new LRUCache<string, string[]>({ max: 2000 });
  return {
    authenticate: (token) => context.tokens.verify(token),
    async join(user, sessionId) {
      if (!STAFF.includes(user.role)) return { refusal: refusalOf(new ApiError('forbidden')) };
      try {
        const { view } = await sessionOf(context, live, user, sessionId);
        elsewhere.set(
          sessionId,
          view.cameras.map(({ streamId }) => streamId),
        );
      } catch (error) {
        if (error instanceof ApiError) return { refusal: refusalOf(error) };
        throw error;
      }
      return { snapshot: () => snapshot(user, sessionId) };
    },
    async recheck(token, sessionIds) {
      const user = await context.tokens.verify(token);
      // Of teachers alone the reach changes while their token is good.
      if (sessionIds.length === 0 || user.role !== 'teacher') return new Set(sessionIds);
      const rows = await context.db.tenant(user.tenantId, (tx) =>
        tx
          .select({ id: classSessions.id })
          .from(classSessions)
          .where(and(inArray(classSessions.id, [...sessionIds]), ofCaller(user))),
      );
      return new Set(rows.map(({ id }) => id));
    },
    streamIsOf: (sessionId, streamId) =>
      live
        .find(sessionId)
        ?.specs()
        .some((spec) => spec.streamId === streamId) ??
      elsewhere.get(sessionId)?.includes(streamId) ??
      false,
    // Who has just joined over there has the picture from the disk; streams and metrics are known here.
    joinedElsewhere(sessionId) {
      const held = live.find(sessionId);
      if (held) context.hub.send(sessionId, 'session:snapshot', held.snapshot());
    },
    watch: (streamId, pictureWidth) => context.supervisor.watch(streamId, pictureWidth),
  };

  /** Of an open session without a turn of the event loop in between: nothing can be announced before it is taken. */
  function snapshot(user: LiveUser, sessionId: string) {
    const held = live.find(sessionId);
    return held?.tenantId === user.tenantId ? held.snapshot() : snapshotOf(context, live, user, sessionId);
  }
}

function refusalOf(error: ApiError): { code: string; message: string } {
  return { code: error.code, message: error.message };
}
