import { and, eq, type SQL } from 'drizzle-orm';
import { classSessions } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { ApiError, type ErrorCode } from '../../errors.ts';
import type { Caller } from '../auth/tokens.ts';
import { courseScope } from '../courses/access.ts';
import type { SessionRow } from './queries.ts';

type Who = Pick<Caller, 'role' | 'userId' | 'studentId'>;

/** The session that the caller may reach: teachers those of their courses. Throws `code`. */
export async function reachSession(
  tx: Tx,
  caller: Who,
  sessionId: string,
  code: ErrorCode = 'session-not-found',
): Promise<SessionRow> {
  const [row] = await tx
    .select()
    .from(classSessions)
    .where(and(eq(classSessions.id, sessionId), ofCaller(caller)));
  if (!row) throw new ApiError(code);
  return row;
}

/** For the `where` of a query about sessions. */
export const ofCaller = (caller: Who): SQL | undefined =>
  courseScope(caller, classSessions.courseId) ?? undefined;
