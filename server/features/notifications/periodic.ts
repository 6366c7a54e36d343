import { sql } from 'drizzle-orm';
import type { AppContext } from '../../context.ts';
import { periodOf, previousPeriod } from '../reports/periods.ts';
import { weeklyTeacherReport } from '../reports/weekly.ts';
import { type Notice, notifiedTenant, notify } from './notify.ts';
import { administrators, teachersOf } from './recipients.ts';

const LOOK_AFTER = 20;

/** The week's figures to every teacher, in the zone and at the time of the institution's settings. */
export function scheduleReports(context: AppContext): void {
  context.schedule.daily(
    'notifications.weekly-report',
    { at: ({ reports }) => reports.weeklyAt, weekday: ({ reports }) => reports.weeklyDay },
    async ({ tenantId, day, signal }) => ({ told: await weeklyReports(context, tenantId, day, signal) }),
  );
  context.schedule.daily(
    'notifications.daily-report',
    { at: ({ reports }) => reports.dailyAt },
    async ({ tenantId, day }) => ({ told: await dailyReport(context, tenantId, day) }),
  );
}

/** On a Sunday the week that ends with it, on any other day the one before. */
export async function weeklyReports(
  context: AppContext,
  tenantId: string,
  day: string,
  signal?: AbortSignal,
): Promise<number> {
  const here = periodOf('week', day);
  const week = here.until === day ? here : previousPeriod('week', here);
  const ids = await context.db.tenant(tenantId, (tx) =>
    tx.execute<{ id: string }>(sql`
      select distinct ct.teacher_id as id from course_teachers ct
      join class_sessions s on s.course_id = ct.course_id
      where s.status = 'closed' and s.day between ${week.from}::date and ${week.until}::date`),
  );
  let told = 0;
  // A transaction each: with many teachers none of them holds up the others, and a second run tells nobody twice.
  for (const { id: teacherId } of ids) {
    signal?.throwIfAborted();
    told += await context.db.tenant(tenantId, async (tx) => {
      const tenant = await notifiedTenant(tx, tenantId);
      const recipients = await teachersOf(
        tx,
        sql`select own.course_id from course_teachers own where own.teacher_id = ${teacherId}`,
        teacherId,
      );
      const { warnings, absences } = tenant.settings.warnings.enabled
        ? { warnings: true, absences: tenant.settings.warnings.absences }
        : { warnings: false, absences: null };
      const report = await weeklyTeacherReport(tx, { teacherId, week, threshold: absences });
      const data: Notice<'weekly-report'>['data'] = {
        from: week.from,
        until: week.until,
        courses: report.courses.map((course) => ({
          course: `${course.code} ${course.name}`,
          sessions: course.sessions,
          present: course.present,
          late: course.late,
          excused: course.excused,
          absent: course.absent,
          rate: course.rate,
          trend: course.trend,
        })),
        lookAfter: warnings
          ? report.warnings.slice(0, LOOK_AFTER).map((item) => ({
              studentId: item.studentId,
              course: item.courseName,
              absences: item.absences,
              streak: item.currentStreak,
            }))
          : [],
      };
      return notify(
        context,
        tx,
        tenant,
        recipients.map((recipient) => ({ kind: 'weekly-report' as const, recipient, data, key: week.from })),
      );
    });
  }
  return told;
}

/** The day in figures to the administrators; a day without classes is not told. */
export async function dailyReport(context: AppContext, tenantId: string, day: string): Promise<number> {
  return context.db.tenant(tenantId, async (tx) => {
    const [row] = await tx.execute<Record<string, number>>(sql`
      select count(distinct r.session_id)::int as sessions,
        count(*) filter (where r.status = 'present')::int as present,
        count(*) filter (where r.status = 'late')::int as late,
        count(*) filter (where r.status = 'excused')::int as excused,
        count(*) filter (where r.status = 'absent')::int as absent,
        (select count(*)::int from excuses e where e.status = 'open') as "openExcuses",
        (select count(*)::int from contests c where c.status = 'open') as "openContests",
        (select count(*)::int from streams t join class_sessions o on o.id = t.session_id
          where t.down_since is not null and t.ended_at is null and o.status = 'open') as "camerasDown"
      from attendance_records r where r.day = ${day}::date`);
    const { sessions = 0, present = 0, late = 0, excused = 0, absent = 0 } = row ?? {};
    if (sessions === 0) return 0;
    const judged = present + late + absent;
    const data: Notice<'daily-report'>['data'] = {
      day,
      sessions,
      present,
      late,
      excused,
      absent,
      rate: judged === 0 ? null : (present + late) / judged,
      openExcuses: row?.openExcuses ?? 0,
      openContests: row?.openContests ?? 0,
      camerasDown: row?.camerasDown ?? 0,
    };
    const tenant = await notifiedTenant(tx, tenantId);
    const recipients = await administrators(tx);
    return notify(
      context,
      tx,
      tenant,
      recipients.map((recipient) => ({ kind: 'daily-report' as const, recipient, data, key: day })),
    );
  });
}
