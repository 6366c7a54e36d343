import { randomBytes } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { newId } from '../../server/db/ids.ts';
import * as schema from '../../server/db/schema/index.ts';
import { giveReceipt } from '../../server/features/privacy/erasure.ts';
import type { TestServer } from '../support/server.ts';
import { makeWholeStudent, type WholeStudent } from '../support/whole-student.ts';

/** One entity of every kind in an institution: ids by what the API calls them. */
export interface Entities {
  tenantId: string;
  whole: WholeStudent;
  /** By table. */
  ids: Record<string, string>;
}

/** Fills an institution with something of everything that a path or a body can name. */
export async function makeEntities(
  server: TestServer,
  tenantId: string,
  mark: string,
  options: { emotion?: boolean } = {},
): Promise<Entities> {
  const { context } = server;
  const [courseId, teacherId, roomId, meetingId, holidayId, keyId, userId] = Array.from({ length: 7 }, () =>
    newId(),
  ) as [string, string, string, string, string, string, string];
  const now = new Date(context.clock.now());
  const later = new Date(now.getTime() + 3_600_000);
  await context.db.tenant(tenantId, async (tx) => {
    await tx.insert(schema.courses).values({ id: courseId, tenantId, code: mark, name: `Course ${mark}` });
    await tx.insert(schema.users).values({
      id: userId,
      tenantId,
      email: `t-${mark}@x.example`,
      name: 'T',
      role: 'teacher',
      locale: 'en',
    });
    await tx
      .insert(schema.teachers)
      .values({ id: teacherId, tenantId, name: `Teacher ${mark}`, searchText: '' });
    await tx.insert(schema.rooms).values({ id: roomId, tenantId, name: `Room ${mark}` });
    await tx.insert(schema.courseMeetings).values({
      ...{ id: meetingId, tenantId, courseId, roomId, weekday: 1, startsAt: '09:00', endsAt: '10:00' },
    });
    await tx
      .insert(schema.holidays)
      .values({ id: holidayId, tenantId, day: '2027-01-01', name: `Day ${mark}` });
    await tx.insert(schema.apiKeys).values({
      ...{
        id: keyId,
        tenantId,
        name: mark,
        prefix: 'yk_',
        keyHash: randomBytes(32),
        scopes: ['students:read'],
      },
    });
    await tx.insert(schema.oneTimeTokens).values({
      ...{
        id: newId(),
        tenantId,
        userId,
        purpose: 'invitation',
        tokenHash: randomBytes(32),
        expiresAt: later,
      },
    });
  });
  const whole = await makeWholeStudent(context, tenantId, courseId, { mark, ...options });
  const ids: Record<string, string> = {
    ...{ courses: courseId, teachers: teacherId, rooms: roomId, course_meetings: meetingId },
    ...{
      holidays: holidayId,
      api_keys: keyId,
      users: userId,
      students: whole.id,
      class_sessions: whole.sessionId,
    },
    tenants: tenantId,
  };
  const read = async (table: string, where = 'true', column = 'id') => {
    const [row] = await context.db.tenant(tenantId, (tx) =>
      tx.execute<{ id: string }>(
        sql.raw(`select ${column}::text as id from ${table} where ${where} limit 1`),
      ),
    );
    return row!.id;
  };
  const one = async (table: string, where = 'true', column = 'id') => {
    ids[table] = await read(table, where, column);
  };
  const his = `student_id = '${whole.id}'`;
  await one('attendance_records', his);
  await one('face_templates', his);
  await one('review_items', his);
  await one('excuses', his);
  await one('contests', his);
  await one('notifications', his);
  await one('activation_codes', his);
  await one('webhook_deliveries', his);
  await context.db.tenant(tenantId, (tx) =>
    giveReceipt(
      tx,
      { tenantId, userId: null },
      { studentId: null, reason: 'retention', purpose: null, removed: { qrScans: 1 } },
    ),
  );
  await one('erasure_receipts');
  await one('qr_sessions');
  await one('webhooks');
  await one('imports');
  await one('oidc_providers');
  await one('report_jobs');
  await one('dead_letters');
  await one('cameras');
  await one('streams');
  await one('recordings');
  await one('face_proposals');
  ids.face_photos = await read('face_proposals', 'true', 'photo_id');
  await one('one_time_tokens', `purpose = 'invitation'`);
  await one('refresh_tokens', `user_id = '${whole.userId}'`, 'family_id');
  return { tenantId, whole, ids };
}

/** Which table the id at a place in a path, or in a body, is of. */
export function tableOf(path: string, parameter: string): string | null {
  if (parameter !== 'id') return BY_NAME[parameter] ?? null;
  const before = path.slice(0, path.indexOf('{id}')).replace(/\/$/, '');
  const found = Object.keys(BY_PATH)
    .filter((end) => before.endsWith(end))
    .sort((a, b) => b.length - a.length)[0];
  return found ? BY_PATH[found]! : null;
}

const BY_NAME: Record<string, string> = {
  studentId: 'students',
  studentIds: 'students',
  fromStudentId: 'students',
  toStudentId: 'students',
  instead: 'students',
  decidedStudentId: 'students',
  courseId: 'courses',
  courseIds: 'courses',
  teacherId: 'teachers',
  teacherIds: 'teachers',
  roomId: 'rooms',
  sessionId: 'class_sessions',
  cameraId: 'cameras',
  cameraIds: 'cameras',
  streamId: 'streams',
  recordingId: 'recordings',
  meetingId: 'course_meetings',
  templateId: 'face_templates',
  userId: 'users',
  actorId: 'users',
  subjectId: 'students',
  recordId: 'attendance_records',
  deliveryId: 'webhook_deliveries',
  photoId: 'face_photos',
  faceId: 'face_proposals',
};

const BY_PATH: Record<string, string> = {
  '/students': 'students',
  '/student': 'students',
  '/courses': 'courses',
  '/course': 'courses',
  '/teachers': 'teachers',
  '/rooms': 'rooms',
  '/holidays': 'holidays',
  '/privacy/receipts': 'erasure_receipts',
  '/imports': 'imports',
  '/cameras': 'cameras',
  '/recordings': 'recordings',
  '/streams': 'streams',
  '/sessions': 'class_sessions',
  '/qr/sessions': 'qr_sessions',
  '/auth/sessions': 'refresh_tokens',
  '/reviews': 'review_items',
  '/attendance': 'attendance_records',
  '/excuses': 'excuses',
  '/contests': 'contests',
  '/reports/exports': 'report_jobs',
  '/notifications': 'notifications',
  '/webhooks': 'webhooks',
  '/deliveries': 'webhook_deliveries',
  '/users': 'users',
  '/tenants': 'tenants',
  '/invitations': 'one_time_tokens',
  '/activation-codes': 'activation_codes',
  '/api-keys': 'api_keys',
  '/oidc-providers': 'oidc_providers',
  '/auth/oidc': 'oidc_providers',
  '/jobs/dead': 'dead_letters',
  '/transfers': 'attendance_records',
};
