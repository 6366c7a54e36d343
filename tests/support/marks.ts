import { sql } from 'drizzle-orm';
import type { AppContext } from '../../server/context.ts';
import { newId } from '../../server/db/ids.ts';

export type MarkLetter = 'p' | 'l' | 'e' | 'a' | '?';
const STATUS = { p: 'present', l: 'late', e: 'excused', a: 'absent', '?': 'pending' } as const;

/**
 * Writes sessions with their records as the server would have left them: a day, or an instant with its zone, and a
 * letter for each student (`p`resent, `l`ate, `e`xcused, `a`bsent, `?` pending, ` ` no record). `?` leaves it open.
 * Resolves with the sessions' ids.
 */
export async function writeMarks(
  context: AppContext,
  given: {
    tenantId: string;
    courseId: string;
    studentIds: readonly string[];
    meetings: readonly (readonly [at: string, letters: string])[];
    emotion?: 'off' | 'class' | 'individual';
  },
): Promise<string[]> {
  const { tenantId, courseId, studentIds } = given;
  const policy = JSON.stringify({ id: 'default', emotion: given.emotion ?? 'off', minClassSize: 5 });
  return context.db.tenant(tenantId, async (tx) => {
    const made: string[] = [];
    for (const [at, letters] of given.meetings) {
      const sessionId = newId();
      made.push(sessionId);
      const startsAt = at.length === 10 ? `${at}T09:00:00Z` : at;
      const status = letters.includes('?') ? 'open' : 'closed';
      await tx.execute(sql`
        insert into class_sessions (id, tenant_id, course_id, status, starts_at, opened_at, policy, rules)
        values (${sessionId}, ${tenantId}, ${courseId}, ${status}, ${startsAt}::timestamptz, ${startsAt}::timestamptz,
          ${policy}::text::jsonb, '{"lateAfterMinutes":15,"minPresenceShare":0,"graceMinutes":5}')`);
      const rows = [...letters].flatMap((letter, index) => {
        const studentId = studentIds[index];
        if (letter === ' ' || studentId === undefined) return [];
        const method = letter === 'p' || letter === 'l' ? 'face' : null;
        return [{ id: newId(), studentId, status: STATUS[letter as MarkLetter], method }];
      });
      await tx.execute(sql`
        insert into attendance_records (id, tenant_id, session_id, student_id, status, method)
        select v.id, ${tenantId}, ${sessionId}, v."studentId", v.status, v.method
        from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) as v(
          id uuid, "studentId" uuid, status text, method text)`);
    }
    return made;
  });
}
