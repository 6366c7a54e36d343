import { sql } from 'drizzle-orm';
import type { AppContext } from '../../context.ts';
import { newId } from '../../db/ids.ts';
import { notifications } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { publishAll } from '../../jobs/outbox.ts';
import { notifiedTenant } from './notify.ts';

/**
 * Announces `absence.warning` for those who were absent from a session and have reached the threshold of its course:
 * once a student, course and number of absences, also where a mark goes back and forth. One query for the session.
 */
export async function warnOfAbsences(
  context: AppContext,
  tx: Tx,
  tenantId: string,
  given: { sessionId: string; courseId: string; studentId?: string },
): Promise<void> {
  const { sessionId, courseId, studentId } = given;
  const { settings, locale } = await notifiedTenant(tx, tenantId);
  const general = settings.warnings.enabled ? settings.warnings.absences : null;
  const reached = await tx.execute<{ studentId: string; absences: number; threshold: number }>(sql`
    select r.student_id as "studentId", count(*)::int as absences, min(t.threshold)::int as threshold
    from attendance_records r
    join class_sessions s on s.id = r.session_id and s.status = 'closed'
    cross join (select coalesce(c.warn_after_absences, ${general}::integer) as threshold
      from courses c where c.id = ${courseId}) t
    where r.course_id = ${courseId} and r.status = 'absent' and r.student_id in (
      select a.student_id from attendance_records a where a.session_id = ${sessionId} and a.status = 'absent'
        ${studentId === undefined ? sql`` : sql`and a.student_id = ${studentId}`})
    group by r.student_id having count(*) >= min(t.threshold)`);
  if (reached.length === 0) return;
  const now = new Date(context.clock.now());
  // A row that nobody is shown: it remembers that the warning was given.
  const first = await tx
    .insert(notifications)
    .values(
      reached.map((row) => ({
        id: newId(),
        tenantId,
        studentId: row.studentId,
        channel: 'in-app' as const,
        kind: 'absence-warning',
        locale,
        data: { courseId, absences: row.absences },
        status: 'sent' as const,
        dedupeKey: `warned:${courseId}:${row.studentId}:${row.absences}`,
        dueAt: now,
        sentAt: now,
        createdAt: now,
      })),
    )
    .onConflictDoNothing({ target: [notifications.tenantId, notifications.dedupeKey] })
    .returning({ studentId: notifications.studentId });
  const fresh = new Set(first.map((row) => row.studentId));
  await publishAll(
    tx,
    tenantId,
    reached
      .filter((row) => fresh.has(row.studentId))
      .map((row) => ({
        type: 'absence.warning' as const,
        payload: {
          studentId: row.studentId,
          courseId,
          absences: row.absences,
          threshold: row.threshold,
        },
      })),
  );
}
