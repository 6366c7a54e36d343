import { and, desc, eq, inArray } from 'drizzle-orm';
import type { GalleryEntry } from '../../../pipeline/messages.ts';
import type { TenantCrypto } from '../../crypto.ts';
import { faceTemplates } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import type { RosterMember } from './roster.ts';
import { templatePurpose } from './secrets.ts';

/** Negatives beyond this many say nothing new; the oldest are left out. */
const MAX_NEGATIVES = 20;

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
    .where(and(inArray(faceTemplates.studentId, agreed), eq(faceTemplates.embeddingModel, embeddingModel)))
    .orderBy(desc(faceTemplates.id));
  const gallery = new Map<string, GalleryEntry>();
  for (const row of rows) {
    const entry = gallery.get(row.studentId) ?? { studentId: row.studentId, templates: [], negatives: [] };
    const vector = crypto.openVector(templatePurpose(row.studentId), row.embedding);
    if (row.kind === 'enrolment') entry.templates.push(vector);
    else if (entry.negatives.length < MAX_NEGATIVES) entry.negatives.push(vector);
    gallery.set(row.studentId, entry);
  }
  return [...gallery.values()].filter((entry) => entry.templates.length > 0);
}
