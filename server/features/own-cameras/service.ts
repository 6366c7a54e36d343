import { and, desc, eq, sql } from 'drizzle-orm';
import type { AppContext } from '../../context.ts';
import { classSessions, courses } from '../../db/schema/index.ts';
import { ApiError } from '../../errors.ts';
import { type Page, pageWithTotal } from '../../http.ts';
import type { Caller } from '../auth/tokens.ts';
import { ofCaller, reachSession } from '../sessions/access.ts';
import type { RemoteClass } from './schemas.ts';

export async function ownCamerasOf(
  { db }: AppContext,
  caller: Caller,
  sessionId: string,
): Promise<{ allowed: boolean }> {
  const session = await db.read(caller.tenantId, (tx) => reachSession(tx, caller, sessionId));
  return { allowed: session.ownCameras };
}

/** Who publishes already goes on when it is switched off; nobody new comes. Throws `session-closed`. */
export async function allowOwnCameras(
  { db }: AppContext,
  caller: Caller,
  sessionId: string,
  allowed: boolean,
): Promise<{ allowed: boolean }> {
  return db.tenant(caller.tenantId, async (tx) => {
    await reachSession(tx, caller, sessionId);
    const changed = await tx
      .update(classSessions)
      .set({ ownCameras: allowed })
      .where(and(eq(classSessions.id, sessionId), eq(classSessions.status, 'open')))
      .returning({ id: classSessions.id });
    if (changed.length === 0) throw new ApiError('session-closed');
    return { allowed };
  });
}

/** Open sessions in the caller's reach that take students' own cameras, the newest first. */
export async function listRemoteClasses(
  { db }: AppContext,
  caller: Caller,
  page: Page,
): Promise<{ total: number; items: RemoteClass[] }> {
  return db.read(caller.tenantId, async (tx) => {
    const { total, rows } = await pageWithTotal(page, ({ skip, limit }) =>
      tx
        .select({
          sessionId: classSessions.id,
          openedAt: classSessions.openedAt,
          course: { id: courses.id, code: courses.code, name: courses.name },
          total: sql<number>`count(*) over ()::int`,
        })
        .from(classSessions)
        .innerJoin(courses, eq(courses.id, classSessions.courseId))
        .where(and(eq(classSessions.status, 'open'), eq(classSessions.ownCameras, true), ofCaller(caller)))
        .orderBy(desc(classSessions.openedAt), desc(classSessions.id))
        .offset(skip)
        .limit(limit),
    );
    return {
      total,
      items: rows.map(({ total: _, openedAt, ...row }) => ({ ...row, openedAt: openedAt.toISOString() })),
    };
  });
}
