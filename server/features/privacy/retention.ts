import { type SQL, sql } from 'drizzle-orm';
import { DateTime } from 'luxon';
import type { AppContext } from '../../context.ts';
import { recordings } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import type { PurgeContext } from '../../jobs/retention.ts';
import { checkpointHead, purgeAudit } from '../audit/verify.ts';
import { removeRecordings } from '../recordings/files.ts';
import { currentTenant } from '../tenants/service.ts';
import { giveReceipt, type Removed } from './erasure.ts';

/**
 * What is removed by age, by the policy of the institution's jurisdiction. Ages are counted in local days: what happened
 * on the last day that is kept stays until that day is over. Each purge leaves a receipt with counts.
 */
export function registerRetention(context: AppContext): void {
  const { retention } = context;
  retention.register('attendance', async (tx, given) => {
    const cut = await cutoff(tx, given, given.policy.retentionDays.attendance);
    const old = sql`select id from class_sessions where day < ${cut.day}::date and status = 'closed'`;
    return receipted(tx, given, {
      attendanceRecords: await remove(tx, sql`delete from attendance_records where session_id in (${old})`),
      attendanceEvents: await remove(tx, sql`delete from attendance_events where session_id in (${old})`),
      // Streams, reviews, QR windows and samples go with their session.
      classSessions: await remove(tx, sql`delete from class_sessions where id in (${old})`),
    });
  });
  retention.register('engagement', async (tx, given) => {
    const cut = await cutoff(tx, given, given.policy.retentionDays.engagement);
    return receipted(tx, given, {
      engagementSamples: await remove(tx, sql`delete from engagement_samples where start_at < ${cut.at}`),
    });
  });
  retention.register('emotion', async (tx, given) => {
    const cut = await cutoff(tx, given, given.policy.retentionDays.emotion);
    return receipted(tx, given, {
      emotionHistory: await remove(tx, sql`delete from emotion_history where start_at < ${cut.at}`),
    });
  });
  retention.register('face-templates', purgeTemplates);
  retention.register('excuses', async (tx, given) => {
    const cut = await cutoff(tx, given, given.policy.retentionDays.excuses);
    const documents = await tx.execute<{ id: string }>(
      sql`select document_id::text as id from excuses where until_at < ${cut.at} and document_id is not null`,
    );
    return receipted(tx, given, {
      excuses: await remove(tx, sql`delete from excuses where until_at < ${cut.at}`),
      files: await context.storage.remove(
        tx,
        given.tenantId,
        documents.map(({ id }) => id),
      ),
    });
  });
  retention.register('recordings', async (tx, given) => {
    const cut = await cutoff(tx, given, given.policy.retentionDays.recordings);
    const old = sql`${recordings.startedAt} < ${cut.at} and ${recordings.status} = 'finished'`;
    return receipted(tx, given, { recordings: await removeRecordings(tx, given.tenantId, old) });
  });
  retention.register('qr-scans', async (tx, given) => {
    const cut = await cutoff(tx, given, given.policy.retentionDays.qrScans);
    return receipted(tx, given, {
      qrScans: await remove(tx, sql`delete from qr_scans where at < ${cut.at}`),
    });
  });
  retention.register('messages', async (tx, given) => {
    const cut = await cutoff(tx, given, given.policy.retentionDays.messages);
    return receipted(tx, given, {
      notifications: await remove(
        tx,
        sql`delete from notifications where created_at < ${cut.at} and status <> 'queued'`,
      ),
      webhookDeliveries: await remove(
        tx,
        sql`delete from webhook_deliveries where created_at < ${cut.at} and status <> 'queued'`,
      ),
    });
  });
  retention.register('audit-log', async (tx, given) => {
    const cut = await cutoff(tx, given, given.policy.retentionDays.auditLog);
    const removed = await purgeAudit(context, tx, given.tenantId, cut.date);
    await receipted(tx, given, { auditLog: removed });
    await checkpointHead(context, tx, given.tenantId);
    return removed;
  });
}

/**
 * Templates of students who are in no course any more: not enrolled, or only in courses whose timetable is over, and not
 * seen in a session since. A receipt for each student.
 */
async function purgeTemplates(tx: Tx, given: PurgeContext): Promise<number> {
  const cut = await cutoff(tx, given, given.policy.retentionDays.faceTemplatesAfterLastEnrolment);
  const gone = await tx.execute<{ student_id: string; n: number }>(sql`
    with over as (
      select t.student_id from face_templates t join students s on s.id = t.student_id
      where t.kind = 'enrolment'
      group by t.student_id, s.archived_at
      having max(t.created_at) < ${cut.at}
        and coalesce(s.archived_at, '-infinity') < ${cut.at}
        and not exists (
          select 1 from attendance_records r where r.student_id = t.student_id and r.day >= ${cut.day}::date)
        and (s.archived_at is not null or not exists (
          select 1 from enrolments e where e.student_id = t.student_id and (
            e.created_at >= ${cut.at}
            or not exists (select 1 from course_meetings m where m.course_id = e.course_id)
            or exists (
              select 1 from course_meetings m
              where m.course_id = e.course_id and coalesce(m.valid_until, 'infinity') >= ${cut.day}::date))))
    ), removed as (
      delete from face_templates t using over where t.student_id = over.student_id returning t.student_id
    )
    select student_id::text, count(*)::int as n from removed group by student_id`);
  for (const { student_id: studentId, n } of gone) {
    const receipt = { reason: 'retention', purpose: 'face', removed: { faceTemplates: n } } as const;
    await giveReceipt(tx, { tenantId: given.tenantId, userId: null }, { studentId, ...receipt });
  }
  const faces = await remove(
    tx,
    sql`update review_items set embedding = null where embedding is not null and asked_at < ${cut.at}`,
  );
  const proposals = await remove(
    tx,
    sql`delete from face_proposals where expires_at < ${given.now.toISOString()}::timestamptz`,
  );
  await receipted(tx, given, { reviewItems: faces, faceProposals: proposals });
  return gone.reduce((sum, { n }) => sum + n, 0) + faces + proposals;
}

/** The first local day that is kept, and its start; `days` 0: nothing is kept. */
async function cutoff(
  tx: Tx,
  { tenantId, now }: PurgeContext,
  days: number,
): Promise<{ day: string; at: SQL; date: Date }> {
  const { timezone } = await currentTenant(tx, tenantId);
  const local = DateTime.fromJSDate(now, { zone: timezone });
  const from = days === 0 ? local : local.startOf('day').minus({ days });
  const day = days === 0 ? local.plus({ days: 1 }).toISODate()! : from.toISODate()!;
  const date = from.toJSDate();
  return { day, at: sql`${date.toISOString()}::timestamptz`, date };
}

async function remove(tx: Tx, statement: SQL): Promise<number> {
  return (await tx.execute(statement)).count;
}

/** The counts that are not zero, as a receipt of nobody in particular. */
async function receipted(tx: Tx, given: PurgeContext, counts: Removed): Promise<number> {
  const removed = Object.fromEntries(Object.entries(counts).filter(([, rows]) => rows > 0));
  const total = Object.values(removed).reduce((sum, rows) => sum + rows, 0);
  if (total > 0) {
    const receipt = { studentId: null, reason: 'retention', purpose: null, removed } as const;
    await giveReceipt(tx, { tenantId: given.tenantId, userId: null }, receipt);
  }
  return total;
}
