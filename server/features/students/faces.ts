import { and, asc, eq, gt, inArray, ne, sql } from 'drizzle-orm';
import type { PhotoResult, WorkerFailure } from '../../../pipeline/messages.ts';
import type { AppContext } from '../../context.ts';
import type { TenantCrypto } from '../../crypto.ts';
import { newId } from '../../db/ids.ts';
import { faceTemplates, students } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { ApiError, isErrorCode } from '../../errors.ts';
import type { Caller } from '../auth/tokens.ts';
import { templatePurpose } from '../sessions/secrets.ts';
import { tenantCrypto } from '../tenants/service.ts';
import type { FaceTemplate } from './schemas.ts';
import { getStudent } from './service.ts';
import { cosine } from './similar.ts';

/** More photos of one face cost time at every match and add nothing. */
export const MOST_TEMPLATES = 10;

export const thumbnailPurpose = (templateId: string) => `face-thumbnail:${templateId}`;

/** Throws `student-not-found`, `consent-missing`, `too-many-templates`; before the photos are read. */
export async function assertEnrollable(tx: Tx, studentId: string, photos: number): Promise<void> {
  const student = await getStudent(tx, studentId);
  if (!student.consents.face) throw new ApiError('consent-missing');
  if (student.faceTemplates + photos > MOST_TEMPLATES) {
    throw new ApiError('too-many-templates', {
      details: { most: MOST_TEMPLATES, enrolled: student.faceTemplates },
    });
  }
}

/**
 * Enrols a student's face from photos, all of them or none. Each goes through the pipeline's photo check; a face that
 * another student is enrolled with is refused. Throws the photo's problem with its number in `details.photo`.
 */
export async function enrolFaces(
  context: AppContext,
  caller: Caller,
  studentId: string,
  photos: Buffer[],
): Promise<FaceTemplate[]> {
  const { tenantId } = caller;
  const info = context.supervisor.info();
  if (!info) throw new ApiError('pipeline-unavailable');
  const read: PhotoResult[] = [];
  for (const [index, photo] of photos.entries()) {
    const result = await context.supervisor.photo(photo);
    if (!result.ok) throw photoError(result, index, photos.length);
    read.push(result);
  }
  const templates = await context.db.tenant(tenantId, async (tx) => {
    // Two students enrolled with one face at the same moment: the second waits here and then sees the first.
    await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`faces ${tenantId}`}, 0))`);
    await holdConsents(tx, [studentId]);
    await assertEnrollable(tx, studentId, read.length);
    const crypto = await tenantCrypto(context, tx, tenantId);
    await assertNobodyElse(tx, crypto, {
      model: info.embeddingModel,
      threshold: info.duplicateThreshold,
      faces: read.map(({ face }) => ({ studentId, vector: face.embedding })),
    });
    const rows = read.map(({ face, thumbnail }) => {
      const id = newId();
      return {
        id,
        tenantId,
        studentId,
        kind: 'enrolment' as const,
        embeddingModel: info.embeddingModel,
        embedding: crypto.sealVector(templatePurpose(studentId), face.embedding),
        thumbnail: crypto.seal(thumbnailPurpose(id), thumbnail),
        quality: face.quality,
        facePx: Math.round(face.facePx),
        createdBy: caller.userId,
      };
    });
    return tx.insert(faceTemplates).values(rows).returning();
  });
  context.events.emit('gallery:changed', { tenantId, studentId });
  return templates.map((row) => toTemplate(row, info.embeddingModel));
}

export async function listFaces(context: AppContext, tx: Tx, studentId: string): Promise<FaceTemplate[]> {
  await getStudent(tx, studentId);
  const { thumbnail: _, embedding: __, ...columns } = faceTemplateColumns;
  const rows = await tx
    .select(columns)
    .from(faceTemplates)
    .where(and(eq(faceTemplates.studentId, studentId), eq(faceTemplates.kind, 'enrolment')))
    .orderBy(asc(faceTemplates.id));
  return rows.map((row) => toTemplate(row, context.supervisor.info()?.embeddingModel ?? null));
}

/** The face as JPEG. Throws `template-not-found`. */
export async function readThumbnail(
  context: AppContext,
  tx: Tx,
  tenantId: string,
  studentId: string,
  templateId: string,
): Promise<Buffer> {
  const [row] = await tx
    .select({ thumbnail: faceTemplates.thumbnail })
    .from(faceTemplates)
    .where(and(eq(faceTemplates.id, templateId), eq(faceTemplates.studentId, studentId)));
  if (!row?.thumbnail) throw new ApiError('template-not-found');
  return (await tenantCrypto(context, tx, tenantId)).open(thumbnailPurpose(templateId), row.thumbnail);
}

const faceTemplateColumns = {
  id: faceTemplates.id,
  quality: faceTemplates.quality,
  facePx: faceTemplates.facePx,
  createdAt: faceTemplates.createdAt,
  embeddingModel: faceTemplates.embeddingModel,
  embedding: faceTemplates.embedding,
  thumbnail: faceTemplates.thumbnail,
};

const PAGE = 2000;

/** Whoever withdraws their consent waits until the transaction ends, or has been waited for. */
export async function holdConsents(tx: Tx, studentIds: readonly string[]): Promise<void> {
  await tx
    .select({ id: students.id })
    .from(students)
    .where(inArray(students.id, [...studentIds]))
    .orderBy(asc(students.id))
    .for('share');
}

interface AskedFaces {
  model: string;
  /** Cosine from which two faces are one person's. */
  threshold: number;
  /** `faceId` is told in the details of a refusal. */
  faces: readonly { studentId: string; vector: Float32Array; faceId?: string }[];
}

/** Throws `face-of-another-student` where one person would be enrolled as two. */
export function assertDifferent({ threshold, faces }: AskedFaces): void {
  for (const [at, face] of faces.entries()) {
    const other = faces.findIndex(
      (one, i) => i < at && one.studentId !== face.studentId && cosine(one.vector, face.vector) >= threshold,
    );
    if (other >= 0) {
      throw new ApiError('face-of-another-student', {
        details: { ...which(faces, at), studentId: faces[other]!.studentId },
      });
    }
  }
}

/** Throws `face-of-another-student`; whose it is stays untold unless the caller may see the student anyway: staff may. */
export async function assertNobodyElse(tx: Tx, crypto: TenantCrypto, asked: AskedFaces): Promise<void> {
  const studentIds = [...new Set(asked.faces.map(({ studentId }) => studentId))];
  for (let after = '00000000-0000-0000-0000-000000000000'; ; ) {
    const page = await tx
      .select({
        id: faceTemplates.id,
        studentId: faceTemplates.studentId,
        embedding: faceTemplates.embedding,
      })
      .from(faceTemplates)
      .where(
        and(
          gt(faceTemplates.id, after),
          eq(faceTemplates.kind, 'enrolment'),
          eq(faceTemplates.embeddingModel, asked.model),
          studentIds.length === 1 ? ne(faceTemplates.studentId, studentIds[0]!) : undefined,
        ),
      )
      .orderBy(asc(faceTemplates.id))
      .limit(PAGE);
    for (const row of page) {
      const vector = crypto.openVector(templatePurpose(row.studentId), row.embedding);
      const photo = asked.faces.findIndex(
        (face) => face.studentId !== row.studentId && cosine(face.vector, vector) >= asked.threshold,
      );
      if (photo >= 0) {
        throw new ApiError('face-of-another-student', {
          details: { ...which(asked.faces, photo), studentId: row.studentId },
        });
      }
    }
    const last = page.at(-1);
    if (!last || page.length < PAGE) return;
    after = last.id;
  }
}

function which(faces: AskedFaces['faces'], photo: number): { photo: number; faceId?: string } {
  const { faceId } = faces[photo]!;
  return faceId === undefined ? { photo } : { photo, faceId };
}

function photoError(failure: WorkerFailure, index: number, photos: number): ApiError {
  if (failure.code === 'busy') return new ApiError('pipeline-busy', { retryAfter: 5 });
  if (failure.code !== 'internal' && isErrorCode(failure.code)) {
    return new ApiError(failure.code, { details: { photo: index, photos } });
  }
  return new ApiError('pipeline-unavailable', { cause: failure });
}

function toTemplate(
  row: { id: string; quality: number | null; facePx: number | null; createdAt: Date; embeddingModel: string },
  model: string | null,
): FaceTemplate {
  return {
    id: row.id,
    quality: row.quality ?? 0,
    facePx: row.facePx ?? 0,
    createdAt: row.createdAt.toISOString(),
    current: model === null || row.embeddingModel === model,
  };
}
