import { newId } from '../db/ids.ts';
import { outbox } from '../db/schema/index.ts';
import type { Tx } from '../db/tenancy.ts';

/**
 * What other parts of the server, and other systems, may want to know. Written in the transaction that made it so: it
 * happens if and only if that transaction commits. Payloads name ids, never biometric data.
 */
export interface OutboxEvents {
  'session.opened': { sessionId: string; courseId: string };
  'session.closed': { sessionId: string; courseId: string };
  /** A record got a decision, by a machine or a person, in an open session or later. */
  'attendance.changed': {
    recordId: string;
    sessionId: string;
    courseId: string;
    studentId: string;
    status: string;
    previousStatus: string;
    method: string | null;
    corrected: boolean;
  };
  'absence.warning': { studentId: string; courseId: string; absences: number; threshold: number };
  'camera.down': { cameraId: string; sessionId: string | null; reason: string };
  'camera.up': { cameraId: string; sessionId: string | null };
  'excuse.opened': { excuseId: string; studentId: string };
  'excuse.decided': { excuseId: string; studentId: string; status: string };
  'contest.opened': { contestId: string; recordId: string; studentId: string };
  'contest.decided': { contestId: string; recordId: string; studentId: string; status: string };
  'consent.changed': { studentId: string; purpose: string; granted: boolean };
  'student.erased': { studentId: string };
  /** A camera of a session is recorded from now on; it goes on through restarts and lost cameras. */
  'recording.started': { recordingId: string; sessionId: string; streamId: string };
  /** No more is begun of it. It is there to be played unless nothing was ever written: then it is gone. */
  'recording.ended': { recordingId: string; sessionId: string; streamId: string };
  /** It runs and cannot be written; it goes on by itself when it can. Cameras that are away are `camera.down`. */
  'recording.failed': { recordingId: string; sessionId: string; streamId: string; reason: string };
  'report.ready': { reportJobId: string; requestedBy: string | null };
  /** An e-mail that is no notification: an invitation, a link to reset a password. */
  'mail.requested': { kind: string; to: string; locale: string; data: Record<string, unknown> };
}
export type OutboxType = keyof OutboxEvents;

/** What a row of the type `job:NAME` holds. */
export interface JobPayload {
  data: Record<string, unknown>;
  key?: string;
}

/** Announces an event in the caller's transaction. */
export async function publish<Type extends OutboxType>(
  tx: Tx,
  tenantId: string,
  type: Type,
  payload: OutboxEvents[Type],
): Promise<void> {
  await tx.insert(outbox).values({ id: newId(), tenantId, type, payload });
}

/** Many events in one statement. */
export async function publishAll(
  tx: Tx,
  tenantId: string,
  events: readonly { [Type in OutboxType]: { type: Type; payload: OutboxEvents[Type] } }[OutboxType][],
): Promise<void> {
  if (events.length === 0) return;
  await tx.insert(outbox).values(events.map((event) => ({ id: newId(), tenantId, ...event })));
}

/**
 * Adds a job to the queue once the caller's transaction has committed. Jobs with the same name and `key` that are
 * waiting or running are one.
 */
export async function enqueue(
  tx: Tx,
  tenantId: string,
  job: string,
  data: Record<string, unknown>,
  options: { dueAt?: Date; key?: string } = {},
): Promise<void> {
  const payload: JobPayload = { data, ...(options.key === undefined ? {} : { key: options.key }) };
  await tx.insert(outbox).values({
    id: newId(),
    tenantId,
    type: `job:${job}`,
    payload: { ...payload },
    ...(options.dueAt ? { dueAt: options.dueAt } : {}),
  });
}
