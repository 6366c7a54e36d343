import { and, asc, count, desc, eq, sql } from 'drizzle-orm';
import { qrScans, students } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import type { QrScanList, QrScanQuery } from './schemas.ts';

/** Attempts on a window, the newest first where nothing else is asked for. */
export async function listScans(tx: Tx, qrSessionId: string, query: QrScanQuery): Promise<QrScanList> {
  const where = and(
    eq(qrScans.qrSessionId, qrSessionId),
    query.accepted === undefined ? undefined : eq(qrScans.accepted, query.accepted),
  );
  const [counted] = await tx.select({ total: count() }).from(qrScans).where(where);
  const order = {
    at: asc(qrScans.at),
    '-at': desc(qrScans.at),
    student: asc(students.name),
    '-student': desc(students.name),
  };
  const rows = await tx
    .select({
      scan: qrScans,
      name: students.name,
      number: students.number,
      sharedDevice: sql<boolean>`exists (
        select 1 from qr_scans other join qr_sessions theirs on theirs.id = other.qr_session_id
        join qr_sessions mine on mine.session_id = theirs.session_id
        where mine.id = ${qrScans.qrSessionId} and other.device_hash = ${qrScans.deviceHash}
          and other.student_id <> ${qrScans.studentId})`,
    })
    .from(qrScans)
    .innerJoin(students, eq(students.id, qrScans.studentId))
    .where(where)
    .orderBy(order[query.sort ?? '-at'], asc(qrScans.id))
    .offset(query.skip)
    .limit(query.limit);
  return {
    total: counted?.total ?? 0,
    skip: query.skip,
    limit: query.limit,
    items: rows.map(({ scan, name, number, sharedDevice }) => ({
      id: scan.id,
      studentId: scan.studentId,
      studentName: name,
      studentNumber: number,
      accepted: scan.accepted,
      reason: scan.reason,
      sharedDevice,
      distanceM: scan.distanceM === null ? null : Math.round(scan.distanceM * 10) / 10,
      address: scan.address,
      at: scan.at.toISOString(),
    })),
  };
}
