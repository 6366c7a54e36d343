import { and, eq, inArray, notInArray, sql } from 'drizzle-orm';
import { newId } from '../../db/ids.ts';
import { courseMeetings, rooms } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { ApiError } from '../../errors.ts';
import type { Meeting, Meetings, NewMeeting, RoomClash } from './meeting-schemas.ts';

/** The weekly meetings of a course, Monday first, and rooms that another course has at the same time. */
export async function listMeetings(tx: Tx, courseId: string): Promise<Meetings> {
  const rows = await tx
    .select({
      id: courseMeetings.id,
      weekday: courseMeetings.weekday,
      startsAt: courseMeetings.startsAt,
      endsAt: courseMeetings.endsAt,
      roomId: courseMeetings.roomId,
      room: rooms.name,
      validFrom: courseMeetings.validFrom,
      validUntil: courseMeetings.validUntil,
    })
    .from(courseMeetings)
    .leftJoin(rooms, eq(rooms.id, courseMeetings.roomId))
    .where(eq(courseMeetings.courseId, courseId))
    .orderBy(courseMeetings.weekday, courseMeetings.startsAt, courseMeetings.id);
  const meetings = rows.map(
    (row): Meeting => ({
      ...row,
      startsAt: row.startsAt.slice(0, 5),
      endsAt: row.endsAt.slice(0, 5),
    }),
  );
  return { meetings, warnings: await roomClashes(tx, courseId) };
}

/**
 * The course meets then and at no other time. A meeting that comes with its id, or unchanged, stays the one that it
 * was: the sessions of the past refer to it. Throws `meetings-overlap`, `room-not-found`, and `invalid-request` for an
 * id that is not the course's.
 */
export async function setMeetings(
  tx: Tx,
  tenantId: string,
  courseId: string,
  given: readonly NewMeeting[],
): Promise<Meetings> {
  assertTimes(given);
  await assertRooms(tx, given);
  const before = await tx
    .select()
    .from(courseMeetings)
    .where(eq(courseMeetings.courseId, courseId))
    .for('update');
  const free = new Map(before.map((row) => [row.id, row]));
  for (const { id } of given) {
    if (id !== undefined && !free.delete(id)) {
      throw new ApiError('invalid-request', { message: `The course has no meeting ${id}.` });
    }
  }
  const rows = given.map((meeting) => {
    const values = {
      weekday: meeting.weekday,
      startsAt: meeting.startsAt,
      endsAt: meeting.endsAt,
      roomId: meeting.roomId ?? null,
      validFrom: meeting.validFrom ?? null,
      validUntil: meeting.validUntil ?? null,
    };
    let { id } = meeting;
    if (id === undefined) {
      const same = [...free.values()].find((row) => sameTimes(row, values));
      if (same) free.delete(same.id);
      id = same?.id ?? newId();
    }
    return { id, tenantId, courseId, ...values };
  });
  const kept = rows.map(({ id }) => id);
  await tx
    .delete(courseMeetings)
    .where(
      and(
        eq(courseMeetings.courseId, courseId),
        kept.length > 0 ? notInArray(courseMeetings.id, kept) : undefined,
      ),
    );
  if (rows.length > 0) {
    await tx
      .insert(courseMeetings)
      .values(rows)
      .onConflictDoUpdate({
        target: courseMeetings.id,
        set: {
          weekday: sql`excluded.weekday`,
          startsAt: sql`excluded.starts_at`,
          endsAt: sql`excluded.ends_at`,
          roomId: sql`excluded.room_id`,
          validFrom: sql`excluded.valid_from`,
          validUntil: sql`excluded.valid_until`,
        },
      });
  }
  return listMeetings(tx, courseId);
}

type Times = Pick<NewMeeting, 'weekday' | 'startsAt' | 'endsAt' | 'roomId' | 'validFrom' | 'validUntil'>;

function sameTimes(a: Times, b: Times): boolean {
  return (
    a.weekday === b.weekday &&
    a.startsAt.slice(0, 5) === b.startsAt.slice(0, 5) &&
    a.endsAt.slice(0, 5) === b.endsAt.slice(0, 5) &&
    a.roomId === b.roomId &&
    a.validFrom === b.validFrom &&
    a.validUntil === b.validUntil
  );
}

function assertTimes(meetings: readonly NewMeeting[]): void {
  for (const [index, meeting] of meetings.entries()) {
    const { startsAt, endsAt, validFrom, validUntil } = meeting;
    if (startsAt >= endsAt || (validFrom && validUntil && validFrom > validUntil)) {
      throw new ApiError('meetings-overlap', {
        message: 'A meeting ends after it starts, on the same day; its last day is not before its first.',
        details: { meeting: index },
      });
    }
    const other = meetings.findIndex((one, at) => at < index && overlap(one, meeting));
    if (other >= 0) throw new ApiError('meetings-overlap', { details: { meetings: [other, index] } });
  }
}

/** On one weekday, at one time, on at least one day. Texts of times and of days sort as they follow each other. */
function overlap(a: NewMeeting, b: NewMeeting): boolean {
  return (
    a.weekday === b.weekday &&
    a.startsAt < b.endsAt &&
    b.startsAt < a.endsAt &&
    (a.validFrom ?? '0') <= (b.validUntil ?? '9') &&
    (b.validFrom ?? '0') <= (a.validUntil ?? '9')
  );
}

async function assertRooms(tx: Tx, meetings: readonly NewMeeting[]): Promise<void> {
  const asked = [...new Set(meetings.flatMap(({ roomId }) => roomId ?? []))];
  if (asked.length === 0) return;
  const known = await tx.select({ id: rooms.id }).from(rooms).where(inArray(rooms.id, asked));
  const found = new Set(known.map(({ id }) => id));
  const missing = asked.filter((id) => !found.has(id));
  if (missing.length > 0) throw new ApiError('room-not-found', { details: { roomIds: missing } });
}

async function roomClashes(tx: Tx, courseId: string): Promise<RoomClash[]> {
  const rows = await tx.execute<RoomClash['details']>(sql`
    select m.id as "meetingId", m.room_id as "roomId", r.name as room, o.course_id as "courseId", c.code as course,
      o.weekday, to_char(o.starts_at, 'HH24:MI') as "startsAt", to_char(o.ends_at, 'HH24:MI') as "endsAt"
    from course_meetings m
    join course_meetings o on o.tenant_id = m.tenant_id and o.weekday = m.weekday and o.room_id = m.room_id
      and o.course_id <> m.course_id and o.starts_at < m.ends_at and m.starts_at < o.ends_at
      and coalesce(o.valid_from, '-infinity') <= coalesce(m.valid_until, 'infinity')
      and coalesce(m.valid_from, '-infinity') <= coalesce(o.valid_until, 'infinity')
    join rooms r on r.id = m.room_id
    join courses c on c.id = o.course_id and c.archived_at is null
    where m.course_id = ${courseId}
    order by m.weekday, m.starts_at, c.code limit 100`);
  return [...rows].map((details) => ({ code: 'room-clash', details }));
}
