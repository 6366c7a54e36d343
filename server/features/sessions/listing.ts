import { and, eq, gte, lte, sql } from 'drizzle-orm';
import type { AppContext } from '../../context.ts';
import { classSessions, reviewItems } from '../../db/schema/index.ts';
import type { Page } from '../../http.ts';
import type { Caller } from '../auth/tokens.ts';
import { ofCaller } from './access.ts';
import type { Live } from './live.ts';
import { countReviews, countSessions, loadReviews, loadSessions, toReview } from './queries.ts';
import type { ClassSession, ListSessions, Review } from './schemas.ts';

/** The caller's sessions. Those in memory answer for themselves: their cameras' states are newer than the disk. */
export async function listSessions(
  context: AppContext,
  live: Live,
  caller: Caller,
  query: ListSessions,
): Promise<{ total: number; items: ClassSession[] }> {
  return context.db.read(caller.tenantId, async (tx) => {
    const { teacherId } = query;
    const where = and(
      ofCaller(caller),
      query.status ? eq(classSessions.status, query.status) : undefined,
      query.courseId ? eq(classSessions.courseId, query.courseId) : undefined,
      query.roomId ? eq(classSessions.roomId, query.roomId) : undefined,
      query.from ? gte(classSessions.day, query.from) : undefined,
      query.to ? lte(classSessions.day, query.to) : undefined,
      teacherId
        ? sql`${classSessions.courseId} in (
            select ct.course_id from course_teachers ct where ct.teacher_id = ${teacherId})`
        : undefined,
    );
    const [total, loaded] = await Promise.all([
      countSessions(tx, where),
      loadSessions(tx, where, query, query.sort),
    ]);
    return {
      total,
      items: loaded.map(({ row, view }) => live.find(row.id)?.view() ?? view),
    };
  });
}

/** Open questions over all open sessions of the caller, the oldest first. */
export async function reviewQueue(
  context: AppContext,
  live: Live,
  caller: Caller,
  query: Page & { courseId?: string },
): Promise<{ total: number; items: Review[] }> {
  return context.db.tenant(caller.tenantId, async (tx) => {
    const where = and(
      ofCaller(caller),
      eq(classSessions.status, 'open'),
      eq(reviewItems.status, 'open'),
      query.courseId ? eq(classSessions.courseId, query.courseId) : undefined,
    );
    const rows = await loadReviews(tx, where, query);
    return {
      total: await countReviews(tx, where),
      items: rows.map(({ row, name }) => toReview(row, name, live.reviews.face(row.id) !== null)),
    };
  });
}
