import { createHmac } from 'node:crypto';
import { and, count, eq, isNull, ne, sql } from 'drizzle-orm';
import type { AppContext } from '../../context.ts';
import { newId } from '../../db/ids.ts';
import {
  attendanceRecords,
  classSessions,
  enrolments,
  qrScans,
  qrSessions,
  students,
} from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { ApiError, type ErrorCode } from '../../errors.ts';
import type { RecordChange } from '../attendance/ledger.ts';
import { markByQr, tell } from '../attendance/qr-marks.ts';
import { findRecord, toRecord } from '../attendance/records.ts';
import type { AttendanceRecord } from '../attendance/schemas.ts';
import type { Caller } from '../auth/tokens.ts';
import { currentTenant, tenantCrypto } from '../tenants/service.ts';
import { tenantSettings } from '../tenants/settings.ts';
import { isAuthentic, readCode } from './code.ts';
import { distanceM, isWithin } from './place.ts';
import type { Scan } from './schemas.ts';
import { type QrRow, secretPurpose, takesCodes } from './service.ts';
import { isShown, type Steps } from './steps.ts';

/** Refused attempts of one student that are kept of a window; what comes after them says nothing new. */
const MAX_REFUSED_KEPT = 50;

interface Attempt {
  row: QrRow;
  sessionOpen: boolean;
  courseId: string;
  studentId: string;
  deviceHash: Buffer;
  address: string;
  distance: number | null;
  at: Date;
}

type Outcome = { record: AttendanceRecord; changes: RecordChange[] } | { refused: ErrorCode };

/**
 * A student's scan. The same student may send it again, any number of times and at once: it is taken once, and every
 * one gets the record. Refused attempts are kept with their reason.
 */
export async function scanCode(
  context: AppContext,
  steps: Steps,
  caller: Caller,
  scan: Scan,
  address: string,
): Promise<AttendanceRecord> {
  const { tenantId, studentId } = caller;
  if (studentId === null) throw new ApiError('qr-not-enrolled');
  const parts = readCode(scan.code);
  if (!parts) throw new ApiError('qr-code-invalid');
  const outcome = await context.db.tenant(tenantId, async (tx): Promise<Outcome> => {
    const [found] = await tx
      .select({ row: qrSessions, status: classSessions.status, courseId: classSessions.courseId })
      .from(qrSessions)
      .innerJoin(classSessions, eq(classSessions.id, qrSessions.sessionId))
      .where(eq(qrSessions.id, parts.qrSessionId))
      // Closing the session waits for the scans under way, and those after it find it closed.
      .for('share', { of: classSessions });
    // Of another institution, or of none.
    if (!found) throw new ApiError('qr-code-invalid');
    const { row } = found;
    const attempt: Attempt = {
      row,
      sessionOpen: found.status === 'open',
      courseId: found.courseId,
      studentId,
      deviceHash: deviceHash(context, tenantId, scan.deviceId),
      address,
      distance: distanceOf(row, scan),
      at: new Date(context.clock.now()),
    };
    const tenant = await currentTenant(tx, tenantId);
    const crypto = await tenantCrypto(context, tx, tenantId);
    const secret = crypto.open(secretPurpose(row.id), row.secret);
    if (!isAuthentic(secret, parts)) return refuse(tx, attempt, 'qr-code-invalid');
    const known = await acceptedRecord(tx, attempt);
    if (known) return { record: known, changes: [] };
    const step = steps.current(row, attempt.at.getTime());
    const refusal = await refusalOf(tx, attempt, parts.step, step, scan);
    if (refusal) return refuse(tx, attempt, refusal);
    const shared = await isDeviceShared(tx, attempt);
    if (shared && tenantSettings(tenant).qr.sharedDevice === 'refuse') {
      return refuse(tx, attempt, 'qr-device-shared');
    }
    return accept(context, tx, attempt, shared ? 'qr-device-shared' : null);
  });
  if ('refused' in outcome) throw new ApiError(outcome.refused);
  tell(context, outcome.changes);
  return outcome.record;
}

/** The first reason to refuse, in an order that tells a stranger nothing about the session. */
async function refusalOf(
  tx: Tx,
  attempt: Attempt,
  scanned: number,
  current: number,
  scan: Scan,
): Promise<ErrorCode | null> {
  const { row, distance } = attempt;
  const [enrolled] = await tx
    .select({ studentId: enrolments.studentId })
    .from(enrolments)
    .innerJoin(students, eq(students.id, enrolments.studentId))
    .where(
      and(
        eq(enrolments.courseId, attempt.courseId),
        eq(enrolments.studentId, attempt.studentId),
        isNull(students.archivedAt),
      ),
    );
  if (!enrolled) return 'qr-not-enrolled';
  if (!attempt.sessionOpen || !takesCodes(row, current, attempt.at.getTime())) return 'qr-closed';
  // A later step was signed by a server whose clock is ahead of the highest step on disk: that cannot be.
  if (scanned > current) return 'qr-code-invalid';
  if (!isShown(scanned, current)) return 'qr-code-expired';
  if (row.latitude === null) return null;
  if (distance === null) return 'qr-place-required';
  return isWithin(distance, row.radiusM ?? 0, scan.place?.accuracyM ?? 0) ? null : 'qr-too-far';
}

async function accept(
  context: AppContext,
  tx: Tx,
  attempt: Attempt,
  reason: ErrorCode | null,
): Promise<Outcome> {
  const { row, studentId } = attempt;
  const id = newId();
  // The unique index lets one of many at once through; the others wait for it here.
  const inserted = await tx
    .insert(qrScans)
    .values({ ...columns(attempt), id, accepted: true, reason })
    .onConflictDoNothing()
    .returning({ id: qrScans.id });
  if (inserted.length === 0) {
    const record = await acceptedRecord(tx, attempt);
    if (!record) throw new ApiError('record-not-found');
    return { record, changes: [] };
  }
  return markByQr(tx, context, {
    tenantId: row.tenantId,
    sessionId: row.sessionId,
    studentId,
    at: attempt.at,
    qrScanId: id,
  });
}

async function refuse(tx: Tx, attempt: Attempt, reason: ErrorCode): Promise<Outcome> {
  const [kept] = await tx
    .select({ n: count() })
    .from(qrScans)
    .where(and(eq(qrScans.qrSessionId, attempt.row.id), eq(qrScans.studentId, attempt.studentId)));
  if ((kept?.n ?? 0) < MAX_REFUSED_KEPT) {
    await tx.insert(qrScans).values({ ...columns(attempt), id: newId(), accepted: false, reason });
  }
  return { refused: reason };
}

function columns(attempt: Attempt) {
  return {
    tenantId: attempt.row.tenantId,
    qrSessionId: attempt.row.id,
    studentId: attempt.studentId,
    deviceHash: attempt.deviceHash,
    address: attempt.address,
    distanceM: attempt.distance,
    at: attempt.at,
  };
}

/** The student's record where a scan of this window was accepted before. */
async function acceptedRecord(tx: Tx, { row, studentId }: Attempt): Promise<AttendanceRecord | null> {
  const [scan] = await tx
    .select({ recordId: attendanceRecords.id })
    .from(qrScans)
    .innerJoin(
      attendanceRecords,
      and(eq(attendanceRecords.sessionId, row.sessionId), eq(attendanceRecords.studentId, qrScans.studentId)),
    )
    .where(and(eq(qrScans.qrSessionId, row.id), eq(qrScans.studentId, studentId), qrScans.accepted));
  const found = scan ? await findRecord(tx, scan.recordId) : null;
  return found ? toRecord(found.row, found.person) : null;
}

/** Whether another student was marked from this device in the session, in this window or in one before. */
async function isDeviceShared(tx: Tx, { row, studentId, deviceHash }: Attempt): Promise<boolean> {
  // Two students who send from one device in the same moment take turns.
  const lock = deviceHash.readBigInt64BE(0);
  await tx.execute(sql`select pg_advisory_xact_lock(${lock.toString()}::bigint)`);
  const [other] = await tx
    .select({ id: qrScans.id })
    .from(qrScans)
    .innerJoin(qrSessions, eq(qrSessions.id, qrScans.qrSessionId))
    .where(
      and(
        eq(qrSessions.sessionId, row.sessionId),
        eq(qrScans.deviceHash, deviceHash),
        ne(qrScans.studentId, studentId),
        qrScans.accepted,
      ),
    )
    .limit(1);
  return other !== undefined;
}

/** Of one institution only, so that devices cannot be followed from one to another. */
function deviceHash(context: AppContext, tenantId: string, deviceId: string): Buffer {
  const key = context.crypto.derive('qr-devices');
  return createHmac('sha256', key).update(`${tenantId}\0${deviceId}`).digest();
}

function distanceOf(row: QrRow, scan: Scan): number | null {
  const { latitude, longitude } = row;
  return latitude === null || longitude === null || !scan.place
    ? null
    : distanceM({ latitude, longitude }, scan.place);
}
