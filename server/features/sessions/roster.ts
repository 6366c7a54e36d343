import { and, desc, eq, inArray, isNull } from 'drizzle-orm';
import { consents, enrolments, students } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';

export interface RosterMember {
  studentId: string;
  name: string;
  number: string;
  /** Consent as it stands now, by purpose. */
  consents: { face: boolean; emotion: boolean };
}

/** The students of a course with their consents, by name; archived ones are left out. */
export async function loadRoster(tx: Tx, courseId: string): Promise<RosterMember[]> {
  const rows = await tx
    .select({ studentId: students.id, name: students.name, number: students.number })
    .from(enrolments)
    .innerJoin(students, eq(students.id, enrolments.studentId))
    .where(and(eq(enrolments.courseId, courseId), isNull(students.archivedAt)))
    .orderBy(students.name, students.number);
  const granted = await loadConsents(
    tx,
    rows.map((row) => row.studentId),
  );
  return rows.map((row) => ({
    ...row,
    consents: granted.get(row.studentId) ?? { face: false, emotion: false },
  }));
}

async function loadConsents(
  tx: Tx,
  studentIds: string[],
): Promise<Map<string, { face: boolean; emotion: boolean }>> {
  const found = new Map<string, { face: boolean; emotion: boolean }>();
  if (studentIds.length === 0) return found;
  const rows = await tx
    .selectDistinctOn([consents.studentId, consents.purpose])
    .from(consents)
    .where(inArray(consents.studentId, studentIds))
    .orderBy(consents.studentId, consents.purpose, desc(consents.id));
  for (const row of rows) {
    const entry = found.get(row.studentId) ?? { face: false, emotion: false };
    entry[row.purpose] = row.granted;
    found.set(row.studentId, entry);
  }
  return found;
}
