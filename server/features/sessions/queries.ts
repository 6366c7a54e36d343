import { and, asc, count, desc, eq, inArray, type SQL, sql } from 'drizzle-orm';
import { policy } from '../../../config/policies.ts';
import {
  ATTENDANCE_STATUSES,
  type AttendanceStatus,
  cameras,
  classSessions,
  courses,
  reviewItems,
  rooms,
  streams,
  students,
} from '../../db/schema/index.ts';
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
  const found = await tx
    .select()
    .from(classSessions)
    .where(where)
    .orderBy(...ORDERS[sort])
    .offset(page.skip)
    .limit(page.limit);
  const ids = found.map(({ id }) => id);
  if (ids.length === 0) return [];
  const courseIds = [...new Set(found.map(({ courseId }) => courseId))];
  const roomIds = [...new Set(found.flatMap(({ roomId }) => roomId ?? []))];
  const [courseRows, roomRows, taking, statuses, reviews] = await Promise.all([
    tx
      .select({ id: courses.id, code: courses.code, name: courses.name })
      .from(courses)
      .where(inArray(courses.id, courseIds)),
    roomIds.length === 0
      ? []
      : tx.select({ id: rooms.id, name: rooms.name }).from(rooms).where(inArray(rooms.id, roomIds)),
    tx
      .select({
        sessionId: streams.sessionId,
        streamId: streams.id,
        cameraId: streams.cameraId,
        name: cameras.name,
        state: streams.state,
        reason: streams.reason,
      })
      .from(streams)
      .innerJoin(cameras, eq(cameras.id, streams.cameraId))
      .where(inArray(streams.sessionId, ids))
      .orderBy(streams.id),
    tx.execute<{ sessionId: string } & Record<AttendanceStatus, number>>(sql`
      select session_id as "sessionId", present, late, excused, absent, pending
      from (${tallies((t) => inArray(sql`${t}.session_id`, ids))}) c`),
    tx
      .select({ sessionId: reviewItems.sessionId, n: count() })
      .from(reviewItems)
      .where(and(inArray(reviewItems.sessionId, ids), eq(reviewItems.status, 'open')))
      .groupBy(reviewItems.sessionId),
  ]);
  const rows = found.map((row) => ({
    row,
    // A session's course is never removed before it.
    course: courseRows.find(({ id }) => id === row.courseId)!,
    room: roomRows.find(({ id }) => id === row.roomId) ?? null,
  }));
  return rows.map(({ row, course, room }) => {
    const counts: ClassSession['counts'] = { ...NO_COUNTS };
    const counted = statuses.find((entry) => entry.sessionId === row.id);
    for (const status of ATTENDANCE_STATUSES) counts[status] = counted?.[status] ?? 0;
    counts.review = reviews.find((entry) => entry.sessionId === row.id)?.n ?? 0;
    return {
      row,
      view: {
        id: row.id,
        course,
        room,
        meetingId: row.meetingId,
        openedHow: row.openedHow,
        day: row.day,
        rules: row.rules,
        status: row.status,
        startsAt: row.startsAt.toISOString(),
        endsAt: row.endsAt?.toISOString() ?? null,
        openedAt: row.openedAt.toISOString(),
        closedAt: row.closedAt?.toISOString() ?? null,
        cameras: taking
          .filter((entry) => entry.sessionId === row.id)
          .map(({ streamId, cameraId, name, state, reason }) => ({
            streamId,
            cameraId,
            name,
            state: state as ClassSession['cameras'][number]['state'],
            reason,
          })),
        recording: recordingOf(row, null),
        policy: { id: row.policy.id, name: policy(row.policy.id).name, emotion: row.policy.emotion },
        counts,
      },
    };
  });
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
