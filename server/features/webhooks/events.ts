import { and, eq, sql } from 'drizzle-orm';
import type { AppContext } from '../../context.ts';
import { newId } from '../../db/ids.ts';
import { students, tenants, webhookDeliveries, webhooks } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { enqueue, type OutboxType } from '../../jobs/outbox.ts';
import { tenantSettings } from '../tenants/settings.ts';

export const WEBHOOK_JOB = 'webhooks.deliver';

/** What other systems can be told. Payloads hold ids and statuses, never what a face or a mood looks like. */
export const WEBHOOK_EVENTS = [
  'session.opened',
  'session.closed',
  'attendance.changed',
  'absence.warning',
  'camera.down',
  'camera.up',
  'excuse.opened',
  'excuse.decided',
  'contest.opened',
  'contest.decided',
  'consent.changed',
  'student.erased',
  'recording.started',
  'recording.ended',
  'recording.failed',
  'report.ready',
] as const satisfies readonly OutboxType[];
export type WebhookEvent = (typeof WEBHOOK_EVENTS)[number];

/** Turns every event that a webhook asks for into a delivery, in the transaction that removes the event. */
export function consumeForWebhooks(context: AppContext): void {
  for (const type of WEBHOOK_EVENTS) {
    context.outbox.on(type, async (tx, event) => {
      const wanted = sql`(${webhooks.events} ? ${type} or ${webhooks.events} ? '*')`;
      const receivers = await tx
        .select({ id: webhooks.id })
        .from(webhooks)
        .where(and(eq(webhooks.enabled, true), wanted));
      if (receivers.length === 0) return;
      const { data, studentId } = await dataOf(tx, event.tenantId, type, event.payload as object);
      const now = new Date(context.clock.now());
      await tx.insert(webhookDeliveries).values(
        receivers.map(({ id: webhookId }) => ({
          id: newId(),
          tenantId: event.tenantId,
          webhookId,
          type,
          studentId,
          payload: { type, timestamp: event.at.toISOString(), data },
          status: 'queued' as const,
          dueAt: now,
          createdAt: now,
        })),
      );
      await enqueue(tx, event.tenantId, WEBHOOK_JOB, {});
    });
  }
}

/** The event's own payload; of a student also the number that the institution knows them by. */
async function dataOf(
  tx: Tx,
  tenantId: string,
  type: WebhookEvent,
  payload: object,
): Promise<{ data: Record<string, unknown>; studentId: string | null }> {
  const { studentId } = payload as { studentId?: string };
  if (studentId === undefined) return { data: { ...payload }, studentId: null };
  // Who has been erased has no number any more, and the delivery is of nobody.
  if (type === 'student.erased') return { data: { ...payload }, studentId: null };
  const [student] = await tx
    .select({ number: students.number, name: students.name })
    .from(students)
    .where(eq(students.id, studentId));
  if (!student) return { data: { ...payload }, studentId };
  const [tenant] = await tx
    .select({ settings: tenants.settings })
    .from(tenants)
    .where(eq(tenants.id, tenantId));
  const named = tenant !== undefined && tenantSettings(tenant).webhooks.studentNames;
  return {
    studentId,
    data: { ...payload, studentNumber: student.number, ...(named ? { studentName: student.name } : {}) },
  };
}
