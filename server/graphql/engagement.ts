import { sql } from 'drizzle-orm';
import type { Tx } from '../db/tenancy.ts';
import { classMeasure, mergeCounts, type StudentMeasure } from '../features/engagement/measures.ts';

export interface SessionEngagement {
  attention: number | null;
  coverage: number;
  present: number;
  band: string | null;
  students: StudentMeasure[];
}

interface Totals extends Record<string, unknown> {
  sessionId: string;
  studentId: string;
  lengthMs: number;
  framesSampled: number;
  framesSeen: number;
  framesJudged: number;
  framesAttentive: number;
  eyesJudged: number;
  eyesClosed: number;
}

/** Of whole sessions, in one statement; sessions without a sample are left out. Formulas: docs/engagement.md. */
export async function engagementOf(
  tx: Tx,
  sessionIds: readonly string[],
): Promise<Map<string, SessionEngagement>> {
  const rows = await tx.execute<Totals>(sql`
    select session_id as "sessionId", student_id as "studentId",
      sum(length_ms)::int as "lengthMs", sum(frames_sampled)::int as "framesSampled",
      sum(frames_seen)::int as "framesSeen", sum(frames_judged)::int as "framesJudged",
      sum(frames_attentive)::int as "framesAttentive", sum(eyes_judged)::int as "eyesJudged",
      sum(eyes_closed)::int as "eyesClosed"
    from engagement_samples
    where session_id in (
      select value::uuid from jsonb_array_elements_text(${JSON.stringify(sessionIds)}::text::jsonb))
    group by session_id, student_id, stream_id`);
  const sessions = new Map<string, Map<string, Totals[]>>();
  for (const row of rows) {
    const students = sessions.get(row.sessionId) ?? new Map<string, Totals[]>();
    sessions.set(row.sessionId, students);
    const views = students.get(row.studentId);
    if (views) views.push(row);
    else students.set(row.studentId, [row]);
  }
  return new Map(
    [...sessions].map(([sessionId, students]) => {
      const measures = [...students.values()].map((views) =>
        mergeCounts(
          views.map((view) => ({ ...view, lastSeenAtMs: 0 })),
          Math.max(...views.map((view) => view.lengthMs)),
        ),
      );
      const { attention, coverage, present, band } = classMeasure(measures, 0);
      return [sessionId, { attention, coverage, present, band, students: measures }];
    }),
  );
}
