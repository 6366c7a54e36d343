import { asc, count, desc, eq, type SQL, sql } from 'drizzle-orm';
import { policy } from '../../../config/policies.ts';
import { classSessions, reviewItems, students } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { tallies } from '../reports/tallies.ts';
import type { ClassSession, Review } from './schemas.ts';

export type SessionRow = typeof classSessions.$inferSelect;
export type ReviewRow = typeof reviewItems.$inferSelect;

export const SESSION_SORTS = ['startsAt', '-startsAt', 'openedAt', '-openedAt'] as const;
export type SessionSort = (typeof SESSION_SORTS)[number];

const ORDERS: Record<SessionSort, SQL[]> = {
  startsAt: [asc(classSessions.startsAt), asc(classSessions.id)],
  '-startsAt': [desc(classSessions.startsAt), desc(classSessions.id)],
  openedAt: [asc(classSessions.openedAt), asc(classSessions.id)],
  '-openedAt': [desc(classSessions.openedAt), desc(classSessions.id)],
};

export interface LoadedSession {
  row: SessionRow;
  view: ClassSession;
}

/** Sessions with their cameras and counts as they are on disk, the newest first. */
export async function loadSessions(
  tx: Tx,
  where: SQL | undefined,
  page: { skip: number; limit: number } = { skip: 0, limit: 200 },
  sort: SessionSort = '-openedAt',
): Promise<LoadedSession[]> {
  // The page first: with the courses beside it all sessions would be read to find the newest.
  const rows = await tx
    .select()
    .from(classSessions)
    .where(where)
    .orderBy(...ORDERS[sort])
    .offset(page.skip)
    .limit(page.limit);
  if (rows.length === 0) return [];
  const surroundings = await surroundingsOf(
    tx,
    rows.map(({ id }) => id),
  );
  return rows.map((row) => {
    const { courseCode, courseName, roomName, cameras, ...counts } = surroundings.get(row.id)!;
    return {
      row,
      view: {
        id: row.id,
        course: { id: row.courseId, code: courseCode, name: courseName },
        room: row.roomId === null || roomName === null ? null : { id: row.roomId, name: roomName },
        meetingId: row.meetingId,
        openedHow: row.openedHow,
        day: row.day,
        rules: row.rules,
        status: row.status,
        startsAt: row.startsAt.toISOString(),
        endsAt: row.endsAt?.toISOString() ?? null,
        openedAt: row.openedAt.toISOString(),
        closedAt: row.closedAt?.toISOString() ?? null,
        cameras,
        recording: recordingOf(row, null),
        policy: { id: row.policy.id, name: policy(row.policy.id).name, emotion: row.policy.emotion },
        counts,
      },
    };
  });
}

type Counts = ClassSession['counts'];

interface Surroundings extends Counts {
  courseCode: string;
  courseName: string;
  roomName: string | null;
  cameras: ClassSession['cameras'];
}

/** What belongs to sessions in other tables, in one question. */
async function surroundingsOf(tx: Tx, ids: readonly string[]): Promise<Map<string, Surroundings>> {
  const found = await tx.execute<Record<string, unknown> & { id: string } & Surroundings>(sql`
    select s.id, c.code as "courseCode", c.name as "courseName", r.name as "roomName",
      coalesce(n.present, 0) as present, coalesce(n.late, 0) as late, coalesce(n.excused, 0) as excused,
      coalesce(n.absent, 0) as absent, coalesce(n.pending, 0) as pending,
      (select count(*)::int from review_items i where i.session_id = s.id and i.status = 'open') as review,
      coalesce((
        select json_agg(json_build_object('streamId', t.id, 'cameraId', t.camera_id, 'name', k.name, 'state', t.state,
          'reason', t.reason) order by t.id)
        from streams t join cameras k on k.id = t.camera_id where t.session_id = s.id
      ), '[]') as cameras
    from class_sessions s
    join courses c on c.id = s.course_id
    left join rooms r on r.id = s.room_id
    left join lateral (${tallies((t) => sql`${t}.session_id = s.id`)}) n on true
    where s.id = any(${`{${ids.join(',')}}`}::uuid[])`);
  return new Map(found.map(({ id, ...surroundings }) => [id, surroundings]));
}

/** The visible sign of a recording. */
export const recordingOf = (row: SessionRow, problem: string | null): ClassSession['recording'] =>
  row.recordingSince === null ? null : { since: row.recordingSince.toISOString(), problem };

export const NO_COUNTS: ClassSession['counts'] = {
  present: 0,
  late: 0,
  excused: 0,
  absent: 0,
  pending: 0,
  review: 0,
};

export async function countSessions(tx: Tx, where: SQL | undefined): Promise<number> {
  const [row] = await tx.select({ n: count() }).from(classSessions).where(where);
  return row?.n ?? 0;
}

export async function findSession(tx: Tx, id: string): Promise<LoadedSession | null> {
  return (await loadSessions(tx, eq(classSessions.id, id)))[0] ?? null;
}

export async function loadReviews(
  tx: Tx,
  where: SQL | undefined,
  page: { skip: number; limit: number } = { skip: 0, limit: 500 },
): Promise<{ row: ReviewRow; name: string }[]> {
  return tx
    .select({ row: reviewItems, name: students.name })
    .from(reviewItems)
    .innerJoin(students, eq(students.id, reviewItems.studentId))
    .innerJoin(classSessions, eq(classSessions.id, reviewItems.sessionId))
    .where(where)
    .orderBy(asc(reviewItems.askedAt), asc(reviewItems.id))
    .offset(page.skip)
    .limit(page.limit);
}

export async function countReviews(tx: Tx, where: SQL | undefined): Promise<number> {
  const [row] = await tx
    .select({ n: count() })
    .from(reviewItems)
    .innerJoin(classSessions, eq(classSessions.id, reviewItems.sessionId))
    .where(where);
  return row?.n ?? 0;
}

export function toReview(row: ReviewRow, studentName: string, hasFace: boolean): Review {
  return {
    id: row.id,
    sessionId: row.sessionId,
    streamId: row.streamId,
    trackId: row.trackId,
    studentId: row.studentId,
    studentName,
    confidence: row.confidence,
    askedAt: row.askedAt.toISOString(),
    status: row.status,
    hasFace,
  };
}
