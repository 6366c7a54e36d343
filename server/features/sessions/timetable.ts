import { DateTime } from 'luxon';

/** A weekly meeting in local wall time. */
export interface WeeklyMeeting {
  id: string;
  /** ISO: 1 Monday … 7 Sunday. */
  weekday: number;
  /** `HH:MM` or `HH:MM:SS`. */
  startsAt: string;
  endsAt: string;
  /** `YYYY-MM-DD`, both included. */
  validFrom: string | null;
  validUntil: string | null;
}

export interface Occurrence<Meeting> {
  meeting: Meeting;
  /** Local day, `YYYY-MM-DD`. */
  day: string;
  startsAt: Date;
  endsAt: Date;
}

/**
 * When weekly meetings happen from one local day to another, both included, by start. A wall time that exists twice is
 * the first one, and an end is the first such time after the start. A wall time that the change of the clocks leaves out
 * is taken with the offset before it (2:30 is 3:30 then, as calendars do); such a meeting keeps its planned length.
 */
export function occurrences<Meeting extends WeeklyMeeting>(
  meetings: readonly Meeting[],
  zone: string,
  fromDay: string,
  toDay: string,
): Occurrence<Meeting>[] {
  const found: Occurrence<Meeting>[] = [];
  const last = DateTime.fromISO(toDay, { zone: 'utc' });
  for (let day = DateTime.fromISO(fromDay, { zone: 'utc' }); day <= last; day = day.plus({ days: 1 })) {
    const local = day.toISODate()!;
    for (const meeting of meetings) {
      if (meeting.weekday !== day.weekday) continue;
      if (meeting.validFrom && local < meeting.validFrom) continue;
      if (meeting.validUntil && local > meeting.validUntil) continue;
      found.push({ meeting, day: local, ...timesOf(local, meeting, zone) });
    }
  }
  return found.sort(
    (a, b) => a.startsAt.getTime() - b.startsAt.getTime() || (a.meeting.id < b.meeting.id ? -1 : 1),
  );
}

function timesOf(day: string, meeting: WeeklyMeeting, zone: string): { startsAt: Date; endsAt: Date } {
  const start = wallTime(day, meeting.startsAt, zone);
  const end = wallTime(day, meeting.endsAt, zone);
  const startMs = start.instants[0]!;
  const plannedMs = minutesOf(meeting.endsAt) * 60_000 - minutesOf(meeting.startsAt) * 60_000;
  const endMs =
    start.exists && end.exists ? end.instants.find((instant) => instant > startMs) : startMs + plannedMs;
  return { startsAt: new Date(startMs), endsAt: new Date(endMs ?? startMs + plannedMs) };
}

/** The instants that a wall clock shows this time at, the earliest first; one that is moved where it never does. */
function wallTime(day: string, time: string, zone: string): { exists: boolean; instants: number[] } {
  const clock = time.slice(0, 5);
  const found = DateTime.fromISO(`${day}T${clock}`, { zone });
  const instants = [...new Set(found.getPossibleOffsets().map((candidate) => candidate.toMillis()))].sort(
    (a, b) => a - b,
  );
  if (found.toFormat('HH:mm') === clock) return { exists: true, instants };
  const before = DateTime.fromISO(day, { zone }).offset;
  const [year, month, date] = day.split('-').map(Number) as [number, number, number];
  return { exists: false, instants: [Date.UTC(year, month - 1, date, 0, minutesOf(clock) - before)] };
}

function minutesOf(time: string): number {
  const [hours, minutes] = time.split(':').map(Number) as [number, number];
  return hours * 60 + minutes;
}
