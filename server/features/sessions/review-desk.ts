import type { IdentityDecision } from '../../../pipeline/messages.ts';
import type { AppContext } from '../../context.ts';
import { isPermanent } from '../attendance/permanent.ts';
import type { LiveSession } from './live-session.ts';
import { toReview } from './queries.ts';
import { insertReview, retireReviews } from './reviews.ts';

/**
 * The questions of open sessions: asked after they are on disk, taken back when the student is marked anyway. The
 * pictures of the faces are in memory only, a bounded number of them.
 */
export interface ReviewDesk {
  ask(session: LiveSession, decision: IdentityDecision): Promise<void>;
  retire(session: LiveSession, studentId: string): Promise<void>;
  face(reviewId: string): Uint8Array | null;
  dropFace(reviewId: string): void;
  forget(sessionId: string): void;
}

const MAX_FACES = 500;
const MAX_ASKING = 200;
const RETRY_MS = 1000;

export function createReviewDesk(context: AppContext): ReviewDesk {
  const { db, log, supervisor } = context;
  const faces = new Map<string, { sessionId: string; jpeg: Uint8Array }>();
  const closed = new Set<string>();
  let asking = 0;

  async function persist(session: LiveSession, decision: IdentityDecision) {
    const model = supervisor.info()?.embeddingModel ?? '';
    for (;;) {
      try {
        return await db.tenant(session.tenantId, (tx) =>
          insertReview(tx, context, session.tenantId, session.id, decision, model),
        );
      } catch (error) {
        if (isPermanent(error) || closed.has(session.id)) throw error;
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS).unref());
        if (session.isDecided(decision.studentId)) return null;
      }
    }
  }

  return {
    async ask(session, decision) {
      // While the database is away questions wait; the pipeline asks again for a face that it still sees.
      if (asking >= MAX_ASKING) return;
      asking++;
      try {
        const row = await persist(session, decision);
        if (!row) return;
        if (decision.face) {
          faces.set(row.id, { sessionId: session.id, jpeg: decision.face });
          const [oldest] = faces.keys();
          if (faces.size > MAX_FACES && oldest) faces.delete(oldest);
        }
        const name = session.person(decision.studentId)?.name ?? '';
        session.asked(toReview(row, name, decision.face !== null));
        if (session.isDecided(decision.studentId)) await this.retire(session, decision.studentId);
      } catch (error) {
        log.error({ err: error, sessionId: session.id }, 'a question could not be kept');
      } finally {
        asking--;
      }
    },
    async retire(session, studentId) {
      const open = session.openReviews().filter((review) => review.studentId === studentId);
      if (open.length === 0) return;
      try {
        const rows = await db.tenant(session.tenantId, (tx) =>
          retireReviews(
            tx,
            open.map((review) => review.id),
            new Date(context.clock.now()),
          ),
        );
        const retired = new Set(rows.map((row) => row.id));
        for (const review of session.openReviews()) {
          // One that is not there any more went with the student's consent.
          if (!retired.has(review.id) && !open.some((asked) => asked.id === review.id)) continue;
          faces.delete(review.id);
          session.settled({ ...review, status: 'obsolete', hasFace: false });
        }
      } catch (error) {
        // It stays on the teacher's list, who can still answer it.
        log.warn({ err: error }, 'questions could not be taken back');
      }
    },
    face: (reviewId) => faces.get(reviewId)?.jpeg ?? null,
    dropFace: (reviewId) => faces.delete(reviewId),
    forget(sessionId) {
      closed.add(sessionId);
      for (const [id, face] of faces) if (face.sessionId === sessionId) faces.delete(id);
    },
  };
}
