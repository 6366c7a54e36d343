import { and, desc, eq, inArray } from 'drizzle-orm';
import type { GalleryEntry } from '../../../pipeline/messages.ts';
import type { TenantCrypto } from '../../crypto.ts';
import { consents, enrolments, faceTemplates, students } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { templatePurpose } from './secrets.ts';

export interface RosterMember {
  studentId: string;
  name: string;
  number: string;
  /** Consent as it stands now, by purpose. */
  consents: { face: boolean; emotion: boolean };
}

/** The students of a course with their consents, by name. */
export async function loadRoster(tx: Tx, courseId: string): Promise<RosterMember[]> {
  const rows = await tx
    .select({ studentId: students.id, name: students.name, number: students.number })
    .from(enrolments)
    .innerJoin(students, eq(students.id, enrolments.studentId))
    .where(eq(enrolments.courseId, courseId))
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

/**
 * What the pipeline may compare faces with: enrolled students who agreed, their templates of the embedding space that
 * is in use, and the faces that a person said are not them.
 */
export async function loadGallery(
  tx: Tx,
  crypto: TenantCrypto,
  roster: readonly RosterMember[],
  embeddingModel: string,
): Promise<GalleryEntry[]> {
  const agreed = roster.filter((member) => member.consents.face).map((member) => member.studentId);
  if (agreed.length === 0) return [];
  const rows = await tx
    .select({
      studentId: faceTemplates.studentId,
      kind: faceTemplates.kind,
      embedding: faceTemplates.embedding,
    })
    .from(faceTemplates)
    .where(and(inArray(faceTemplates.studentId, agreed), eq(faceTemplates.embeddingModel, embeddingModel)));
  const gallery = new Map<string, GalleryEntry>();
  for (const row of rows) {
    const entry = gallery.get(row.studentId) ?? { studentId: row.studentId, templates: [], negatives: [] };
    const vector = crypto.openVector(templatePurpose(row.studentId), row.embedding);
    (row.kind === 'enrolment' ? entry.templates : entry.negatives).push(vector);
    gallery.set(row.studentId, entry);
  }
  return [...gallery.values()].filter((entry) => entry.templates.length > 0);
}
