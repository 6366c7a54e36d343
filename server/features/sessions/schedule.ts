import { and, eq, gte, inArray, isNull, lte, or, sql } from 'drizzle-orm';
import { DateTime } from 'luxon';
import type { Static } from 'typebox';
import { classSessions, courseMeetings, courses, holidays, rooms } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { ApiError } from '../../errors.ts';
import type { Caller } from '../auth/tokens.ts';
import { courseScope } from '../courses/access.ts';
import { currentTenant } from '../tenants/service.ts';
import type { ScheduleSchema } from './schemas.ts';
import { type Occurrence, occurrences, type WeeklyMeeting } from './timetable.ts';

export interface ScheduledMeeting extends WeeklyMeeting {
  course: { id: string; code: string; name: string; opens: 'manual' | 'schedule' | 'camera' };
  room: { id: string; name: string } | null;
}

export interface Planned extends Occurrence<ScheduledMeeting> {
  /** Name of the day off. */
  holiday: string | null;
  /** What came of it: a session that somebody opened for it, or that the schedule or a camera did. */
  session: { id: string; status: 'open' | 'closed'; openedHow: 'manual' | 'schedule' | 'camera' } | null;
}

/** A session that is opened by hand this long before a meeting is that meeting. */
const EARLY_MS = 15 * 60_000;

export interface PlanFilter {
  /** Local days, both included. */
  from: string;
  to: string;
  caller?: Pick<Caller, 'role' | 'userId' | 'studentId'>;
  courseId?: string;
  roomId?: string;
  /** Leave out courses that only a person opens. */
  automatic?: boolean;
}

/** What the timetable of an institution says, and what came of it; by start. */
export async function plan(tx: Tx, zone: string, filter: PlanFilter): Promise<Planned[]> {
  const scope = filter.caller ? courseScope(filter.caller, courseMeetings.courseId) : null;
  const meetings = await tx
    .select({
      id: courseMeetings.id,
      weekday: courseMeetings.weekday,
      startsAt: courseMeetings.startsAt,
      endsAt: courseMeetings.endsAt,
      validFrom: courseMeetings.validFrom,
      validUntil: courseMeetings.validUntil,
      course: { id: courses.id, code: courses.code, name: courses.name, opens: courses.opens },
      room: { id: rooms.id, name: rooms.name },
    })
    .from(courseMeetings)
    .innerJoin(courses, eq(courses.id, courseMeetings.courseId))
    .leftJoin(rooms, eq(rooms.id, courseMeetings.roomId))
    .where(
      and(
        scope ?? undefined,
        inArray(courseMeetings.weekday, weekdaysOf(filter)),
        or(sql`${courseMeetings.validFrom} is null`, lte(courseMeetings.validFrom, filter.to)),
        or(sql`${courseMeetings.validUntil} is null`, gte(courseMeetings.validUntil, filter.from)),
        filter.courseId ? eq(courseMeetings.courseId, filter.courseId) : undefined,
        filter.roomId ? eq(courseMeetings.roomId, filter.roomId) : undefined,
        isNull(courses.archivedAt),
        filter.automatic ? inArray(courses.opens, ['schedule', 'camera']) : undefined,
      ),
    )
    .orderBy(courseMeetings.id);
  const planned = occurrences<ScheduledMeeting>(meetings, zone, filter.from, filter.to);
  if (planned.length === 0) return [];
  const off = new Map(
    (
      await tx
        .select({ day: holidays.day, name: holidays.name })
        .from(holidays)
        .where(and(gte(holidays.day, filter.from), lte(holidays.day, filter.to)))
    ).map(({ day, name }) => [day, name]),
  );
  const held = await sessionsOf(tx, planned);
  return planned.map((entry) => ({
    ...entry,
    holiday: off.get(entry.day) ?? null,
    session: heldFor(entry, held),
  }));
}

function weekdaysOf({ from, to }: PlanFilter): number[] {
  const first = DateTime.fromISO(from, { zone: 'utc' });
  const days = Math.min(6, Math.round(DateTime.fromISO(to, { zone: 'utc' }).diff(first, 'days').days));
  return Array.from({ length: Math.max(0, days) + 1 }, (_, i) => first.plus({ days: i }).weekday);
}

interface Held {
  id: string;
  status: 'open' | 'closed';
  openedHow: 'manual' | 'schedule' | 'camera';
  meetingId: string | null;
  startsAt: Date;
}

async function sessionsOf(tx: Tx, planned: readonly Occurrence<ScheduledMeeting>[]): Promise<Held[]> {
  const first = planned[0]!.startsAt.getTime() - EARLY_MS;
  const last = Math.max(...planned.map(({ endsAt }) => endsAt.getTime()));
  return tx
    .select({
      id: classSessions.id,
      status: classSessions.status,
      openedHow: classSessions.openedHow,
      meetingId: classSessions.meetingId,
      startsAt: classSessions.startsAt,
    })
    .from(classSessions)
    .where(
      and(
        inArray(classSessions.meetingId, [...new Set(planned.map(({ meeting }) => meeting.id))]),
        gte(classSessions.startsAt, new Date(first)),
        lte(classSessions.startsAt, new Date(last)),
      ),
    )
    .orderBy(classSessions.startsAt);
}

function heldFor(entry: Occurrence<ScheduledMeeting>, held: readonly Held[]): Planned['session'] {
  const own = held.filter(
    ({ meetingId, startsAt }) =>
      meetingId === entry.meeting.id &&
      startsAt.getTime() >= entry.startsAt.getTime() - EARLY_MS &&
      startsAt < entry.endsAt,
  );
  const found = own.find(({ status }) => status === 'open') ?? own.at(-1);
  return found ? { id: found.id, status: found.status, openedHow: found.openedHow } : null;
}

/** The meeting that a session of a course opened for this start is; null: it is out of the timetable. */
export async function meetingAt(
  tx: Tx,
  tenantId: string,
  courseId: string,
  startsAt: Date,
): Promise<{ meetingId: string; roomId: string | null } | null> {
  const { timezone } = await currentTenant(tx, tenantId);
  const local = DateTime.fromJSDate(startsAt, { zone: timezone });
  const planned = await plan(tx, timezone, {
    from: local.toISODate()!,
    to: local.plus({ milliseconds: EARLY_MS }).toISODate()!,
    courseId,
  });
  const at = startsAt.getTime();
  const found = planned.findLast(
    (entry) => entry.startsAt.getTime() - EARLY_MS <= at && at < entry.endsAt.getTime(),
  );
  if (!found) return null;
  // A second session of the same start has to be out of the timetable.
  const [taken] = await tx
    .select({ id: classSessions.id })
    .from(classSessions)
    .where(and(eq(classSessions.meetingId, found.meeting.id), eq(classSessions.startsAt, startsAt)));
  return taken ? null : { meetingId: found.meeting.id, roomId: found.meeting.room?.id ?? null };
}

const MOST_DAYS = 62;

/** The timetable as the API shows it. Throws `range-invalid`. */
export async function readSchedule(
  tx: Tx,
  caller: Caller,
  query: { from?: string; to?: string; courseId?: string; roomId?: string },
  now: number,
): Promise<Static<typeof ScheduleSchema>> {
  const { timezone } = await currentTenant(tx, caller.tenantId);
  const from = query.from ?? DateTime.fromMillis(now, { zone: timezone }).toISODate()!;
  const first = DateTime.fromISO(from, { zone: 'utc' });
  const to = query.to ?? first.plus({ days: 6 }).toISODate()!;
  const days = DateTime.fromISO(to, { zone: 'utc' }).diff(first, 'days').days + 1;
  // Also where a date is beyond those that can be reckoned with.
  if (!(days >= 1 && days <= MOST_DAYS))
    throw new ApiError('range-invalid', { details: { most: MOST_DAYS } });
  const { courseId, roomId } = query;
  const planned = await plan(tx, timezone, {
    from,
    to,
    caller,
    ...(courseId ? { courseId } : {}),
    ...(roomId ? { roomId } : {}),
  });
  return {
    timezone,
    from,
    to,
    items: planned.map(({ meeting, day, startsAt, endsAt, holiday, session }) => {
      const { opens, ...course } = meeting.course;
      return {
        meetingId: meeting.id,
        course,
        room: meeting.room,
        day,
        startsAt: startsAt.toISOString(),
        endsAt: endsAt.toISOString(),
        opens,
        state: stateOf({ endsAt, holiday, session }, now),
        holiday,
        sessionId: session?.id ?? null,
      };
    }),
  };
}

function stateOf({ endsAt, holiday, session }: Pick<Planned, 'endsAt' | 'holiday' | 'session'>, now: number) {
  if (session) return session.status === 'open' ? 'open' : 'held';
  if (holiday !== null) return 'holiday';
  return endsAt.getTime() <= now ? 'missed' : 'planned';
}
