import { and, asc, eq, gte, inArray, isNotNull } from 'drizzle-orm';
import { attendanceEvents, students } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import type { Timeline } from './schemas.ts';
import type { RecordingRow } from './service.ts';

interface Stretch {
  startAt: Date;
  durationMs: number;
  gap: boolean;
}

/** Decisions about somebody; that a face was seen again, or that a session closed, is none. */
const DECISIONS = ['marked', 'qr-scanned', 'corrected', 'confirmed', 'rejected', 'excused', 'imported'];
const MOST_MARKS = 2000;
const MOST_GAPS = 500;
/** Two segments whose ends lie as close follow each other, whatever the clock says. */
const CLOSE_MS = 1000;

/**
 * Where a moment is in a recording, milliseconds from its first picture: in a break where that is over, null before the
 * first picture and after the last.
 */
export function offsetAt(segments: readonly Stretch[], atMs: number): number | null {
  let offset = 0;
  for (const [index, { startAt, durationMs }] of segments.entries()) {
    const start = startAt.getTime();
    if (atMs < start) return index === 0 ? null : offset;
    if (atMs < start + durationMs) return offset + (atMs - start);
    offset += durationMs;
  }
  return null;
}

/** Breaks of a recording, by where they are in it. */
export function gapsOf(segments: readonly Stretch[]): Timeline['gaps'] {
  const gaps: Timeline['gaps'] = [];
  let offsetMs = 0;
  let end: number | null = null;
  for (const { startAt, durationMs, gap } of segments) {
    const start = startAt.getTime();
    if (gap && end !== null && start - end > CLOSE_MS && gaps.length < MOST_GAPS)
      gaps.push({ offsetMs, from: new Date(end).toISOString(), to: startAt.toISOString() });
    offsetMs += durationMs;
    end = start + durationMs;
  }
  return gaps;
}

/** What was decided while it was recorded, where it can be seen. */
export async function readTimeline(
  tx: Tx,
  recording: RecordingRow,
  segments: readonly Stretch[],
): Promise<Timeline> {
  const first = segments[0];
  const rows = first
    ? await tx
        .select({
          at: attendanceEvents.at,
          type: attendanceEvents.type,
          method: attendanceEvents.method,
          status: attendanceEvents.status,
          streamId: attendanceEvents.streamId,
          studentId: students.id,
          name: students.name,
        })
        .from(attendanceEvents)
        .innerJoin(students, eq(students.id, attendanceEvents.studentId))
        .where(
          and(
            eq(attendanceEvents.sessionId, recording.sessionId),
            isNotNull(attendanceEvents.studentId),
            inArray(attendanceEvents.type, DECISIONS),
            gte(attendanceEvents.at, first.startAt),
          ),
        )
        .orderBy(asc(attendanceEvents.at), asc(attendanceEvents.seq))
        .limit(MOST_MARKS)
    : [];
  const marks = rows.flatMap(({ at, streamId, ...row }) => {
    const offset = offsetAt(segments, at.getTime());
    if (offset === null) return [];
    const sameCamera = streamId === recording.streamId;
    return [{ ...row, offsetMs: Math.round(offset), at: at.toISOString(), sameCamera }];
  });
  return { durationMs: recording.durationMs, gaps: gapsOf(segments), marks };
}
