import { and, asc, count, eq, gt, inArray, lt, sql } from 'drizzle-orm';
import type { PhotoFace, PhotoMatch, WorkerFailure } from '../../../pipeline/messages.ts';
import type { AppContext } from '../../context.ts';
import { newId } from '../../db/ids.ts';
import { faceProposals, faceTemplates } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { ApiError, isErrorCode } from '../../errors.ts';
import type { Caller } from '../auth/tokens.ts';
import { assertCourse } from '../courses/access.ts';
import { loadGallery } from '../sessions/gallery.ts';
import { loadRoster } from '../sessions/roster.ts';
import { templatePurpose } from '../sessions/secrets.ts';
import { tenantCrypto } from '../tenants/service.ts';
import type { EnrolPhoto, FreshEnrolPhoto, PhotoNamed, PhotoNames } from './class-photo-schemas.ts';
import {
  assertDifferent,
  assertNobodyElse,
  holdConsents,
  MOST_TEMPLATES,
  thumbnailPurpose,
} from './faces.ts';

/** Faces that nobody named are forgotten after this time. */
const KEPT_MS = 3_600_000;
const PICTURE_WIDTH = 1600;

const proposalPurpose = (faceId: string) => `face-proposal:${faceId}`;

type Row = typeof faceProposals.$inferSelect;

/**
 * Finds the faces on a photo of a course's class, to be named by a person. Those that can make a template are kept
 * encrypted for an hour; the photo is not. Who is enrolled by face already is suggested. Throws `course-not-found`, the
 * photo's problem, `pipeline-busy`, `pipeline-unavailable`.
 */
export async function proposeFaces(
  context: AppContext,
  caller: Caller,
  courseId: string,
  photo: Buffer,
): Promise<FreshEnrolPhoto> {
  const info = context.supervisor.info();
  if (!info) throw new ApiError('pipeline-unavailable');
  const { tenantId } = caller;
  const gallery = await context.db.tenant(tenantId, async (tx) => {
    await assertCourse(tx, caller, courseId);
    const crypto = await tenantCrypto(context, tx, tenantId);
    return loadGallery(tx, crypto, await loadRoster(tx, courseId), info.embeddingModel);
  });
  const read = await context.supervisor.photoFaces(photo, { gallery, pictureWidth: PICTURE_WIDTH });
  if (!read.ok) throw photoError(read);
  const now = context.clock.now();
  const photoId = newId();
  const expiresAt = new Date(now + KEPT_MS);
  const usable = read.faces.filter(({ problem }) => problem === null);
  const kept = usable.map((face) => ({ id: newId(), face }));
  await context.db.tenant(tenantId, async (tx) => {
    await tx.delete(faceProposals).where(lt(faceProposals.expiresAt, new Date(now)));
    if (kept.length === 0) return;
    const crypto = await tenantCrypto(context, tx, tenantId);
    await tx.insert(faceProposals).values(
      kept.map(({ id, face }) => ({
        ...{ id, tenantId, courseId, photoId, expiresAt },
        embeddingModel: info.embeddingModel,
        embedding: crypto.sealVector(proposalPurpose(id), face.embedding),
        thumbnail: crypto.seal(proposalPurpose(id), Buffer.from(face.thumbnail)),
        box: boxOf(face),
        quality: face.quality,
        facePx: Math.round(face.facePx),
        suggestedStudentId: face.match?.studentId ?? null,
        createdBy: caller.userId,
        createdAt: new Date(now),
      })),
    );
  });
  return {
    photoId,
    courseId,
    expiresAt: expiresAt.toISOString(),
    faces: kept.map(({ id, face }) => ({
      id,
      box: boxOf(face),
      quality: face.quality,
      facePx: Math.round(face.facePx),
      suggestion: suggestionOf(face.match),
    })),
    rejected: read.faces.flatMap((face) =>
      face.problem === null ? [] : { box: boxOf(face), problem: face.problem },
    ),
    width: read.width,
    height: read.height,
    picture: Buffer.from(read.picture ?? []).toString('base64'),
  };
}

/** What is left to be named. Throws `course-not-found`, `class-photo-not-found`. */
export async function readProposals(
  context: AppContext,
  tx: Tx,
  caller: Caller,
  courseId: string,
  photoId: string,
): Promise<EnrolPhoto> {
  const rows = await held(context, tx, caller, courseId, photoId);
  return {
    photoId,
    courseId,
    expiresAt: rows[0]!.expiresAt.toISOString(),
    faces: rows.map(({ id, box, quality, facePx, suggestedStudentId }) => ({
      ...{ id, box, quality, facePx },
      // How certain it was is not kept; a person has to look either way.
      suggestion: suggestedStudentId === null ? null : { studentId: suggestedStudentId, verdict: 'review' },
    })),
  };
}

/** The face as JPEG. Throws `course-not-found`, `class-photo-not-found`. */
export async function readProposedFace(
  context: AppContext,
  tx: Tx,
  caller: Caller,
  at: { id: string; photoId: string; faceId: string },
): Promise<Buffer> {
  const rows = await held(context, tx, caller, at.id, at.photoId);
  const row = rows.find(({ id }) => id === at.faceId);
  if (!row) throw new ApiError('class-photo-not-found');
  return (await tenantCrypto(context, tx, caller.tenantId)).open(proposalPurpose(row.id), row.thumbnail);
}

/**
 * Makes templates of the faces that were named, all or none. Throws `course-not-found`, `class-photo-not-found`,
 * `enrolment-not-found`, `consent-missing`, `too-many-templates`, `face-of-another-student`, each with whose or which in
 * the details; `invalid-request` where a face or a student is named twice; `pipeline-unavailable`.
 */
export async function nameFaces(
  context: AppContext,
  caller: Caller,
  courseId: string,
  photoId: string,
  { names }: PhotoNames,
): Promise<PhotoNamed> {
  const studentOf = new Map(names.map(({ faceId, studentId }) => [faceId, studentId]));
  const studentIds = [...new Set(studentOf.values())];
  if (studentOf.size < names.length || studentIds.length < names.length) {
    throw new ApiError('invalid-request', { message: 'A face and a student are each named once.' });
  }
  const { tenantId } = caller;
  const left = await context.db.tenant(tenantId, async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`faces ${tenantId}`}, 0))`);
    const rows = await held(context, tx, caller, courseId, photoId);
    const info = context.supervisor.info();
    if (!info) throw new ApiError('pipeline-unavailable');
    const named = rows.filter(({ id }) => studentOf.has(id));
    // A face of another model cannot be compared with anybody any more.
    if (named.length < names.length || named.some((row) => row.embeddingModel !== info.embeddingModel)) {
      throw new ApiError('class-photo-not-found');
    }
    await holdConsents(tx, studentIds);
    await assertNameable(tx, courseId, studentIds);
    const crypto = await tenantCrypto(context, tx, tenantId);
    const faces = named.map((row) => ({
      row,
      faceId: row.id,
      studentId: studentOf.get(row.id)!,
      vector: crypto.openVector(proposalPurpose(row.id), row.embedding),
    }));
    const asked = { model: info.embeddingModel, threshold: info.duplicateThreshold, faces };
    assertDifferent(asked);
    await assertNobodyElse(tx, crypto, asked);
    await tx.insert(faceTemplates).values(
      faces.map(({ row, studentId, vector }) => {
        const id = newId();
        return {
          ...{ id, tenantId, studentId, kind: 'enrolment' as const },
          embeddingModel: row.embeddingModel,
          embedding: crypto.sealVector(templatePurpose(studentId), vector),
          thumbnail: crypto.seal(thumbnailPurpose(id), crypto.open(proposalPurpose(row.id), row.thumbnail)),
          quality: row.quality,
          facePx: row.facePx,
          createdBy: caller.userId,
        };
      }),
    );
    await tx.delete(faceProposals).where(
      inArray(
        faceProposals.id,
        named.map(({ id }) => id),
      ),
    );
    return rows.length - named.length;
  });
  for (const studentId of studentIds) context.events.emit('gallery:changed', { tenantId, studentId });
  return { enrolled: names.length, left };
}

/** Forgets the faces that nobody has named. Throws `course-not-found`, `class-photo-not-found`. */
export async function forgetFaces(
  context: AppContext,
  caller: Caller,
  courseId: string,
  photoId: string,
): Promise<void> {
  await context.db.tenant(caller.tenantId, async (tx) => {
    await held(context, tx, caller, courseId, photoId);
    await tx.delete(faceProposals).where(eq(faceProposals.photoId, photoId));
  });
}

/** From left to right. */
async function held(
  context: AppContext,
  tx: Tx,
  caller: Caller,
  courseId: string,
  photoId: string,
): Promise<Row[]> {
  await assertCourse(tx, caller, courseId);
  const rows = await tx
    .select()
    .from(faceProposals)
    .where(
      and(
        eq(faceProposals.photoId, photoId),
        eq(faceProposals.courseId, courseId),
        gt(faceProposals.expiresAt, new Date(context.clock.now())),
      ),
    )
    .orderBy(asc(sql`(${faceProposals.box} -> 0)::float8`), asc(faceProposals.id));
  if (rows.length === 0) throw new ApiError('class-photo-not-found');
  return rows;
}

/** All are of the course, have agreed, and have room for a template more. */
async function assertNameable(tx: Tx, courseId: string, studentIds: string[]): Promise<void> {
  const roster = new Map((await loadRoster(tx, courseId)).map((member) => [member.studentId, member]));
  const counts = await tx
    .select({ studentId: faceTemplates.studentId, n: count() })
    .from(faceTemplates)
    .where(and(inArray(faceTemplates.studentId, studentIds), eq(faceTemplates.kind, 'enrolment')))
    .groupBy(faceTemplates.studentId);
  const full = new Set(counts.filter(({ n }) => n >= MOST_TEMPLATES).map(({ studentId }) => studentId));
  const refuse = (code: 'enrolment-not-found' | 'consent-missing' | 'too-many-templates', who: string[]) => {
    if (who.length > 0) throw new ApiError(code, { details: { studentIds: who } });
  };
  refuse(
    'enrolment-not-found',
    studentIds.filter((id) => !roster.has(id)),
  );
  refuse(
    'consent-missing',
    studentIds.filter((id) => !roster.get(id)!.consents.face),
  );
  refuse(
    'too-many-templates',
    studentIds.filter((id) => full.has(id)),
  );
}

const boxOf = ({ box: [x, y, w, h] }: PhotoFace): [number, number, number, number] => [x, y, w, h];

const suggestionOf = (match: PhotoMatch | null) =>
  match === null ? null : { studentId: match.studentId, verdict: match.verdict };

function photoError(failure: WorkerFailure): ApiError {
  if (failure.code === 'busy') return new ApiError('pipeline-busy', { retryAfter: 5 });
  if (failure.code !== 'internal' && isErrorCode(failure.code)) return new ApiError(failure.code);
  return new ApiError('pipeline-unavailable', { cause: failure });
}
