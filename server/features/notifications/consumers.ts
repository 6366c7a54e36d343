import { sql } from 'drizzle-orm';
import type { AppContext } from '../../context.ts';
import { newId } from '../../db/ids.ts';
import type { Tx } from '../../db/tenancy.ts';
import { languageOf } from '../../mail/format.ts';
import { isMessageKind } from '../../mail/kinds.ts';
import { warnOfAbsences } from './absence-warnings.ts';
import { noticesOfChange, noticesOfSession } from './attendance-notices.ts';
import { insertRows, type Notice, notifiedTenant, notify } from './notify.ts';
import { administrators, distinct, studentRecipients, teachersOf, userRecipient } from './recipients.ts';

/** Turns what happened into notifications. Each event comes once, in the transaction that removes it. */
export function consumeEvents(context: AppContext): void {
  const { outbox } = context;

  outbox.on('session.closed', async (tx, { tenantId, payload }) => {
    await noticesOfSession(context, tx, tenantId, payload.sessionId);
    await warnOfAbsences(context, tx, tenantId, payload);
  });

  outbox.on('attendance.changed', async (tx, { tenantId, payload }) => {
    const { status, previousStatus, corrected } = payload;
    if (status === previousStatus) return;
    // What closing makes of those who were never seen is told by `session.closed`.
    if (previousStatus === 'pending' && !corrected) return;
    await noticesOfChange(context, tx, tenantId, payload);
    if (status === 'absent') await warnOfAbsences(context, tx, tenantId, payload);
  });

  outbox.on('absence.warning', async (tx, { tenantId, payload }) => {
    const { studentId, courseId, absences, threshold } = payload;
    const tenant = await notifiedTenant(tx, tenantId);
    const [course] = await tx.execute<{ name: string }>(sql`select name from courses where id = ${courseId}`);
    if (!course) return;
    const { students, guardians } = tenant.settings.notifications;
    const people = (await studentRecipients(tx, [studentId])).filter(({ reader }) =>
      reader === 'guardian' ? guardians : students,
    );
    const teachers = await teachersOf(tx, sql`${courseId}::uuid`);
    await notify(
      context,
      tx,
      tenant,
      [...people, ...teachers].map((recipient) => ({
        kind: 'absence-warning' as const,
        recipient,
        studentId,
        data: {
          reader: readerOf(recipient.reader),
          course: course.name,
          absences,
          threshold,
        },
        key: `${courseId}:${studentId}:${absences}`,
      })),
    );
  });

  outbox.on('camera.down', async (tx, event) => {
    const found = await cameraOf(tx, event.payload);
    if (!found) return;
    const { camera, course, recipients } = found;
    const data = { camera, course, reason: event.payload.reason, since: event.at.toISOString() };
    const tenant = await notifiedTenant(tx, event.tenantId);
    await notify(
      context,
      tx,
      tenant,
      recipients.map((recipient) => ({ kind: 'camera-down' as const, recipient, data, key: event.id })),
    );
  });

  outbox.on('camera.up', async (tx, event) => {
    const found = await cameraOf(tx, event.payload);
    if (!found) return;
    const { camera, course, recipients } = found;
    const tenant = await notifiedTenant(tx, event.tenantId);
    await notify(
      context,
      tx,
      tenant,
      recipients.map((recipient) => ({
        kind: 'camera-up' as const,
        recipient,
        data: { camera, course },
        key: event.id,
      })),
    );
  });

  outbox.on('excuse.opened', async (tx, { tenantId, payload: { excuseId, studentId } }) => {
    const excuse = await excuseOf(tx, excuseId);
    if (!excuse) return;
    const { from, until, courseId } = excuse;
    const courses =
      courseId === null
        ? sql`select e.course_id from enrolments e where e.student_id = ${studentId}`
        : sql`${courseId}::uuid`;
    const staff = distinct([...(await administrators(tx)), ...(await teachersOf(tx, courses))]);
    await notify(
      context,
      tx,
      await notifiedTenant(tx, tenantId),
      staff.map((recipient) => ({
        kind: 'excuse-opened' as const,
        recipient,
        studentId,
        data: { from, until },
        key: excuseId,
      })),
    );
  });

  outbox.on('excuse.decided', async (tx, { id, tenantId, payload }) => {
    const excuse = await excuseOf(tx, payload.excuseId);
    if (!excuse || payload.status === 'open') return;
    const { from, until } = excuse;
    const recipients = await studentRecipients(tx, [payload.studentId]);
    await notify(
      context,
      tx,
      await notifiedTenant(tx, tenantId),
      recipients.map((recipient) => ({
        kind: 'excuse-decided' as const,
        recipient,
        data: {
          own: recipient.reader === 'student',
          from,
          until,
          accepted: payload.status === 'accepted',
        },
        // An excuse can be decided anew.
        key: id,
      })),
    );
  });

  outbox.on('contest.opened', async (tx, { tenantId, payload: { contestId, recordId, studentId } }) => {
    const mark = await markOf(tx, recordId);
    if (!mark) return;
    const teachers = await teachersOf(tx, sql`${mark.courseId}::uuid`);
    const staff = distinct([...(await administrators(tx)), ...teachers]);
    await notify(
      context,
      tx,
      await notifiedTenant(tx, tenantId),
      staff.map((recipient) => ({
        kind: 'contest-opened' as const,
        recipient,
        studentId,
        data: { course: mark.course, startsAt: mark.startsAt },
        key: contestId,
      })),
    );
  });

  outbox.on('contest.decided', async (tx, { id, tenantId, payload }) => {
    const mark = await markOf(tx, payload.recordId);
    if (!mark || payload.status === 'open') return;
    const recipients = (await studentRecipients(tx, [payload.studentId])).filter(
      ({ reader }) => reader === 'student',
    );
    await notify(
      context,
      tx,
      await notifiedTenant(tx, tenantId),
      recipients.map((recipient) => ({
        kind: 'contest-decided' as const,
        recipient,
        data: {
          course: mark.course,
          startsAt: mark.startsAt,
          accepted: payload.status === 'accepted',
        },
        key: id,
      })),
    );
  });

  outbox.on('report.ready', async (tx, { tenantId, payload: { reportJobId, requestedBy } }) => {
    if (requestedBy === null) return;
    const recipient = await userRecipient(tx, requestedBy);
    const [job] = await tx.execute<{ report: string }>(
      sql`select report from report_jobs where id = ${reportJobId}`,
    );
    if (!recipient || !job) return;
    const notice: Notice<'report-ready'> = {
      kind: 'report-ready',
      recipient,
      data: { report: job.report, link: null },
      key: reportJobId,
    };
    await notify(context, tx, await notifiedTenant(tx, tenantId), [notice]);
  });

  outbox.on('mail.requested', async (tx, { id, tenantId, payload }) => {
    const { kind, to, locale, data } = payload;
    if (!isMessageKind(kind)) throw new Error(`There is no mail of the kind ${kind}.`);
    const tenant = await notifiedTenant(tx, tenantId);
    const now = new Date(context.clock.now());
    await insertRows(tx, tenantId, [
      {
        id: newId(),
        tenantId,
        channel: 'email',
        kind,
        locale: languageOf(locale, tenant.locale),
        address: to,
        data,
        status: 'queued',
        dedupeKey: `mail:${id}`,
        dueAt: now,
        createdAt: now,
      },
    ]);
  });
}

function readerOf(reader: string): 'student' | 'guardian' | 'teacher' {
  return reader === 'student' || reader === 'guardian' ? reader : 'teacher';
}

async function cameraOf(tx: Tx, { cameraId, sessionId }: { cameraId: string; sessionId: string | null }) {
  const [found] = await tx.execute<{ camera: string; course: string | null; courseId: string | null }>(sql`
    select k.name as camera, c.name as course, c.id as "courseId" from cameras k
    left join class_sessions s on s.id = ${sessionId}::uuid left join courses c on c.id = s.course_id
    where k.id = ${cameraId}`);
  if (!found) return null;
  const teachers = found.courseId === null ? [] : await teachersOf(tx, sql`${found.courseId}::uuid`);
  return { ...found, recipients: distinct([...(await administrators(tx)), ...teachers]) };
}

async function excuseOf(tx: Tx, excuseId: string) {
  const [row] = await tx.execute<{ from: string; until: string; courseId: string | null }>(sql`
    select from_at as "from", until_at as "until", course_id as "courseId" from excuses where id = ${excuseId}`);
  if (!row) return null;
  const { courseId } = row;
  return { courseId, from: new Date(row.from).toISOString(), until: new Date(row.until).toISOString() };
}

async function markOf(tx: Tx, recordId: string) {
  const [row] = await tx.execute<{ course: string; courseId: string; startsAt: string }>(sql`
    select c.name as course, c.id as "courseId", s.starts_at as "startsAt"
    from attendance_records r join class_sessions s on s.id = r.session_id join courses c on c.id = s.course_id
    where r.id = ${recordId}`);
  return row ? { ...row, startsAt: new Date(row.startsAt).toISOString() } : null;
}
