import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { policy } from '../../../config/policies.ts';
import { startTestServer, type TestServer } from '../../../tests/support/server.ts';
import { makeWholeStudent, type WholeStudent } from '../../../tests/support/whole-student.ts';

const DAY = 86_400_000;
// 22:30 UTC is half past one of the next day in Istanbul.
const START = Date.UTC(2026, 2, 1, 22, 30);
const clock = { at: START, now: () => clock.at };
const { retentionDays } = policy('default');

let server: TestServer;
let tenantId = '';
let whole: WholeStudent;
beforeAll(async () => {
  server = await startTestServer({ students: 0, env: { POLICY: 'default' }, overrides: { clock } });
  tenantId = server.seeded!.tenantId;
  whole = await makeWholeStudent(server.context, tenantId, server.seeded!.courseId, {
    ...{ mark: 'Agedx', emotion: true },
  });
  // Rows get the database's time where the clock is not asked.
  await run(`update face_templates set created_at = '2026-03-01T22:30:00Z'`);
  await run(`update enrolments set created_at = '2026-03-01T22:30:00Z'`);
  await run(`update notifications set created_at = '2026-03-01T22:30:00Z'`);
  await run(`update webhook_deliveries set created_at = '2026-03-01T22:30:00Z'`);
});
afterAll(() => server?.close());

const run = <T extends Record<string, unknown>>(text: string) =>
  server.context.db.tenant(tenantId, (tx) => tx.execute<T>(sql.raw(text)));
const count = async (table: string) =>
  (await run<{ n: number }>(`select count(*)::int as n from ${table}`))[0]!.n;
const purgeAt = async (at: number) => {
  clock.at = at;
  const { removed, failed } = await server.context.retention.run(tenantId);
  expect(failed).toEqual({});
  return removed;
};
/** The last moment of the local day that is the last on which a thing of the start is kept. */
const lastMoment = (days: number) => START + days * DAY + (24 - 1.5) * 3_600_000 - 1000;

describe('what is removed by age', () => {
  it('is nothing while the clock is set back, nor twice when it is right again', async () => {
    const tables = ['attendance_records', 'qr_scans', 'notifications', 'face_templates', 'audit_log'];
    const there = await Promise.all(tables.map(count));
    for (const days of [1, 400, 4000]) {
      const removed = await purgeAt(START - days * DAY);
      expect(Object.values(removed).every((rows) => rows === 0)).toBe(true);
    }
    expect(await Promise.all(tables.map(count))).toEqual(there);
    clock.at = START;
  });

  it('leaves everything on the first day', async () => {
    const removed = await purgeAt(START + 3_600_000);
    expect(removed).toMatchObject({ attendance: 0, engagement: 0, emotion: 0, 'qr-scans': 0, excuses: 0 });
  });

  it.each([
    [retentionDays.qrScans, { qr_scans: 'qr-scans' }],
    [retentionDays.messages, { webhook_deliveries: 'messages' }],
    [
      retentionDays.engagement,
      { excuses: 'excuses', engagement_samples: 'engagement', emotion_history: 'emotion' },
    ],
    [retentionDays.attendance, { attendance_records: 'attendance', attendance_events: 'attendance' }],
  ])('keeps to the end of the last of %i local days, and no longer: %j', async (days, tables) => {
    const there = new Map<string, number>();
    for (const table of Object.keys(tables)) there.set(table, await count(table));
    await purgeAt(lastMoment(days));
    for (const [table, rows] of there) {
      expect(rows, table).toBeGreaterThan(0);
      expect(await count(table), table).toBe(rows);
    }
    const removed = await purgeAt(lastMoment(days) + 2000);
    const again = await purgeAt(lastMoment(days) + 4000);
    for (const [table, name] of Object.entries(tables)) {
      expect(removed[name], table).toBeGreaterThan(0);
      expect(await count(table), table).toBe(0);
      expect(again[name], table).toBe(0);
    }
  });

  it('leaves a receipt with counts', async () => {
    const receipts = await run<{ removed: Record<string, number>; student_id: string | null }>(
      `select removed, student_id from erasure_receipts where reason = 'retention'`,
    );
    const of = (name: string) => receipts.filter(({ removed }) => name in removed);
    expect(of('attendanceRecords')).toHaveLength(1);
    expect(of('qrScans')).toHaveLength(1);
    expect(of('excuses')[0]!.removed.files).toBe(1);
    expect(of('engagementSamples')[0]!.student_id).toBeNull();
  });

  it('removes templates some time after the student was last in a course', async () => {
    const days = retentionDays.faceTemplatesAfterLastEnrolment;
    const until = clock.at + 10 * DAY;
    const day = new Date(until).toISOString().slice(0, 10);
    const { courseId } = server.seeded!;
    expect(await count('face_templates')).toBe(1);
    await run(`insert into course_meetings (id, tenant_id, course_id, weekday, starts_at, ends_at, valid_until)
      values (gen_random_uuid(), '${tenantId}', '${courseId}', 1, '09:00', '10:00', '${day}')`);
    await purgeAt(until + (days - 1) * DAY);
    expect(await count('face_templates')).toBe(1);
    await purgeAt(until + (days + 2) * DAY);
    expect(await count('face_templates')).toBe(0);
    const [receipt] = await run(
      `select purpose, removed from erasure_receipts where student_id = '${whole.id}' and reason = 'retention'`,
    );
    expect(receipt).toEqual({ purpose: 'face', removed: { faceTemplates: 1 } });
  });

  it('cuts the audit log at a signed checkpoint', async () => {
    const before = await count('audit_log');
    const removed = await purgeAt(START + (retentionDays.auditLog + 2) * DAY);
    expect(removed['audit-log']).toBeGreaterThan(0);
    expect(await count('audit_log')).toBeLessThan(before);
    // The administrator's token has long expired: asked inside.
    const { verifyChain } = await import('../audit/verify.ts');
    expect(await verifyChain(server.context, tenantId)).toMatchObject({ ok: true });
  });
});
