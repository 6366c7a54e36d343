import { randomBytes } from 'node:crypto';
import { sql } from 'drizzle-orm';
import type { AppContext } from '../../server/context.ts';
import { newId } from '../../server/db/ids.ts';
import * as schema from '../../server/db/schema/index.ts';
import { hashPassword } from '../../server/features/auth/passwords.ts';
import { tenantCrypto } from '../../server/features/tenants/service.ts';
import { PASSWORD } from './server.ts';

export interface WholeStudent {
  id: string;
  userId: string;
  number: string;
  name: string;
  email: string;
  guardianEmail: string;
  sessionId: string;
  /** What stands in each of the student's files. */
  fileText: string;
}

/** A student with at least one row in every table that can hold something about them, and files of every kind. */
export async function makeWholeStudent(
  context: AppContext,
  tenantId: string,
  courseId: string,
  options: { mark: string; emotion?: boolean },
): Promise<WholeStudent> {
  const [id, userId, sessionId] = [newId(), newId(), newId()];
  const { mark } = options;
  const number = `N-${mark}`;
  const name = `Zeynep ${mark}`;
  const email = `${mark.toLowerCase()}@student.example`;
  const guardianEmail = `${mark.toLowerCase()}@guardian.example`;
  const fileText = `file of ${mark}`;
  const passwordHash = await hashPassword(PASSWORD);
  const now = new Date(context.clock.now());
  const later = new Date(now.getTime() + 3_600_000);

  await context.db.tenant(tenantId, async (tx) => {
    const crypto = await tenantCrypto(context, tx, tenantId);
    const own = { tenantId, studentId: id };
    const vector = new Float32Array(8).fill(0.25);
    const file = (kind: 'report' | 'excuse' | 'import' | 'export' | 'recording', studentId: string | null) =>
      context.storage.put(tx, tenantId, {
        kind,
        name: `${kind}.txt`,
        type: 'text/plain',
        content: Buffer.from(fileText),
        studentId,
      });
    const searchText = `${name} ${number} ${email}`.toLowerCase();
    await tx
      .insert(schema.students)
      .values({ id, tenantId, number, name, email, guardianName: `Veli ${mark}`, guardianEmail, searchText });
    await tx.insert(schema.users).values({
      ...{ id: userId, tenantId, email, name, role: 'student', locale: 'tr', passwordHash, studentId: id },
      totpSecret: crypto.seal(`totp:${userId}`, Buffer.from('secret of the second factor')),
    });
    await tx.insert(schema.enrolments).values({ ...own, courseId });
    const consent = { ...own, granted: true, recordedBy: userId };
    await tx
      .insert(schema.consents)
      .values([
        { id: newId(), ...consent, purpose: 'face', wording: 'face-1' },
        ...(options.emotion ? [{ id: newId(), ...consent, purpose: 'emotion' as const }] : []),
      ]);
    const templateId = newId();
    await tx.insert(schema.faceTemplates).values({
      ...{ id: templateId, ...own, kind: 'enrolment', embeddingModel: 'test' },
      embedding: crypto.sealVector(`face-template:${id}`, vector),
      thumbnail: crypto.seal(`face-thumbnail:${templateId}`, Buffer.from(`jpeg of ${mark}`)),
    });
    const proposal = newId();
    await tx.insert(schema.faceProposals).values({
      ...{ id: proposal, tenantId, courseId, photoId: newId(), embeddingModel: 'test', box: [0, 0, 9, 9] },
      ...{ quality: 0.5, facePx: 40, suggestedStudentId: id, expiresAt: later },
      embedding: crypto.sealVector(`face-proposal:${proposal}`, vector),
      thumbnail: crypto.seal(`face-proposal:${proposal}`, Buffer.from('jpeg')),
    });
    await tx.insert(schema.classSessions).values({
      ...{ id: sessionId, tenantId, courseId, status: 'closed', startsAt: now, openedAt: now, closedAt: now },
      policy: { id: 'default', emotion: options.emotion ? 'individual' : 'off', minClassSize: 5 },
      rules: { lateAfterMinutes: 15, minPresenceShare: 0, graceMinutes: 5 },
    });
    const inSession = { ...own, sessionId };
    const recordId = newId();
    await tx
      .insert(schema.attendanceRecords)
      .values({ id: recordId, ...inSession, status: 'present', method: 'face', note: `note on ${name}` });
    await tx.insert(schema.attendanceEvents).values({ id: newId(), ...inSession, type: 'marked', at: now });
    await tx.insert(schema.absenceTallies).values({
      ...{ tenantId, courseId, studentId: id, absences: 1, excused: 0, currentStreak: 0, longestStreak: 1 },
      ...{ longestFrom: '2026-03-02', longestUntil: '2026-03-02' },
    });
    await tx.insert(schema.studentWeeks).values({
      tenantId,
      studentId: id,
      week: '2026-03-02',
      came: [1, 1, 1, 1, 1, 1, 1],
      absent: [0, 0, 0, 0, 0, 0, 0],
      records: [1, 1, 1, 1, 1, 1, 1],
    });
    const cameraId = newId();
    await tx.insert(schema.cameras).values({
      ...{ id: cameraId, tenantId, name: `Camera ${cameraId}`, url: 'rtsp://10.0.0.9/1' },
      credentials: crypto.sealJson(`camera:${cameraId}`, { username: 'u', password: 'p' }),
      sampling: { mode: 'keyframes' },
    });
    const streamId = newId();
    await tx.insert(schema.streams).values({ id: streamId, tenantId, sessionId, cameraId });
    await tx.insert(schema.cameras).values({
      ...{ id: newId(), tenantId, sessionId, studentId: id, kind: 'publisher', name, url: '' },
      sampling: { mode: 'fps', fps: 2 },
    });
    const recordingId = newId();
    await tx.insert(schema.recordings).values({
      ...{
        id: recordingId,
        tenantId,
        sessionId,
        streamId,
        name: 'Camera',
        status: 'finished',
        startedAt: now,
        endedAt: now,
      },
      key: crypto.seal(`recording:${recordingId}`, randomBytes(16)),
    });
    const review = { ...inSession, streamId, confidence: 0.6, score: 0.5, margin: 0.1 };
    await tx.insert(schema.reviewItems).values({
      ...{ id: newId(), ...review, trackId: 1, firstSeenAt: now, askedAt: now, status: 'open' },
      embedding: crypto.sealVector(`review:${sessionId}`, vector),
    });
    await tx.insert(schema.engagementSamples).values({
      ...{ ...inSession, streamId, startAt: now, lengthMs: 10_000, framesSampled: 50, framesSeen: 40 },
      ...{ framesJudged: 30, framesAttentive: 20, eyesJudged: 30, eyesClosed: 1 },
    });
    if (options.emotion) {
      await tx.insert(schema.emotionHistory).values({
        ...{ id: newId(), ...inSession, startAt: now, lengthMs: 10_000, people: 1, samples: 3 },
        scores: [1, 0, 0, 0, 0, 0, 0],
      });
    }
    const document = await file('excuse', id);
    await tx.insert(schema.excuses).values({
      ...{ id: newId(), ...own, fromAt: now, untilAt: later, note: `${name} is ill`, status: 'open' },
      documentId: document.id,
    });
    await file('recording', id);
    const report = await file('report', null);
    await tx.insert(schema.reportJobs).values([
      {
        ...{
          id: newId(),
          tenantId,
          report: options.emotion ? 'emotions-course' : 'course',
          format: 'csv',
          params: {},
          locale: 'tr',
        },
        ...{ status: 'done', fileId: report.id },
      },
      {
        ...{ id: newId(), tenantId, report: 'student', format: 'pdf', params: { studentId: id } },
        ...{ locale: 'tr', status: 'failed' },
      },
    ]);
    await tx
      .insert(schema.contests)
      .values({ id: newId(), ...own, recordId, text: `I, ${name}, was there`, status: 'open' });
    const qrSessionId = newId();
    await tx.insert(schema.qrSessions).values({
      ...{ id: qrSessionId, tenantId, sessionId, rotateSeconds: 5, opensAt: now, closesAt: later },
      secret: crypto.seal(`qr:${qrSessionId}`, randomBytes(32)),
    });
    await tx.insert(schema.qrScans).values({
      ...{ id: newId(), ...own, qrSessionId, accepted: true, address: '10.1.2.3', at: now },
      deviceHash: randomBytes(32),
    });
    const notice = { tenantId, kind: 'attendance', locale: 'tr', status: 'sent' as const, dueAt: now };
    await tx.insert(schema.notifications).values([
      { id: newId(), ...notice, ...own, userId, channel: 'in-app', data: {}, dedupeKey: `a-${mark}` },
      {
        ...{ id: newId(), ...notice, channel: 'email' as const, address: guardianEmail, data: {} },
        dedupeKey: `b-${mark}`,
      },
      // To a teacher: a list with the student in it.
      {
        ...{ id: newId(), ...notice, channel: 'in-app' as const, data: { students: [{ name }] } },
        dedupeKey: `c-${mark}`,
      },
    ]);
    const webhookId = newId();
    await tx.insert(schema.webhooks).values({
      ...{ id: webhookId, tenantId, url: 'https://example.com', events: ['*'] },
      secret: crypto.seal(`webhook:${webhookId}`, randomBytes(32)),
    });
    await tx.insert(schema.webhookDeliveries).values({
      ...{ id: newId(), ...own, webhookId, type: 'attendance.changed', status: 'failed', dueAt: now },
      payload: { studentId: id, name },
    });
    const importFile = await file('import', null);
    const importId = newId();
    await tx
      .insert(schema.imports)
      .values({ id: importId, tenantId, format: 'csv', status: 'applied', fileId: importFile.id });
    const line = { tenantId, importId, file: 'students.csv', entity: 'student' as const };
    await tx.insert(schema.importLines).values([
      { ...line, seq: 1, line: 2, key: number, data: { name }, studentId: id },
      { ...line, seq: 2, line: 3, key: email, data: { guardianEmail } },
    ]);
    await tx.insert(schema.activationCodes).values({
      ...{ id: newId(), ...own, codeHash: randomBytes(32), hint: 'AB', role: 'student', expiresAt: later },
      label: name,
    });
    const account = { tenantId, userId };
    await tx
      .insert(schema.refreshTokens)
      .values({ id: newId(), ...account, familyId: newId(), tokenHash: randomBytes(32), expiresAt: later });
    await tx.insert(schema.backupCodes).values({ id: newId(), ...account, codeHash: randomBytes(32) });
    await tx.insert(schema.oneTimeTokens).values({
      ...{ id: newId(), ...account, purpose: 'password-reset', tokenHash: randomBytes(32), expiresAt: later },
      data: { email },
    });
    const providerId = newId();
    await tx.insert(schema.oidcProviders).values({
      ...{ id: providerId, tenantId, name: 'Campus', issuer: `https://${providerId}.example`, clientId: 'c' },
      clientSecret: crypto.seal(`oidc-provider:${providerId}`, Buffer.from('secret')),
    });
    await tx
      .insert(schema.userIdentities)
      .values({ id: newId(), ...account, providerId, subject: `subject of ${mark}` });
    const keyId = newId();
    await tx.insert(schema.idempotencyKeys).values({
      ...{ id: keyId, tenantId, callerId: userId, key: mark, requestHash: randomBytes(32), status: 201 },
      ...{ expiresAt: later, answer: crypto.sealJson(`idempotency:${keyId}`, { name }) },
    });
    await tx.insert(schema.deadLetters).values({
      ...{ id: newId(), tenantId, job: 'mail', data: { to: email }, error: `550 ${email}`, attempts: 5 },
      failedAt: now,
    });
    // Far from being due, or the server would carry it out.
    await tx.insert(schema.outbox).values({
      ...{ id: newId(), tenantId, type: 'mail.requested', payload: { kind: 'x', to: email, data: { name } } },
      dueAt: new Date('2100-01-01'),
    });
    await tx.execute(sql`select audit_append(
      ${newId()}::uuid, ${now.toISOString()}::timestamptz, ${userId}::uuid, 'user', 'POST /qr/scan', 'student',
      ${id}::uuid, '10.1.2.3', ${`Phone of ${mark}`}, 'r', '{}'::jsonb)`);
  });
  return { id, userId, number, name, email, guardianEmail, sessionId, fileText };
}
