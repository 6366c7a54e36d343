import { and, eq } from 'drizzle-orm';
import type { BoxPx, PhotoFace, PhotoFacesResult, WorkerFailure } from '../../../pipeline/messages.ts';
import type { AppContext } from '../../context.ts';
import { newId } from '../../db/ids.ts';
import { classSessions } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { ApiError, isErrorCode } from '../../errors.ts';
import type { Caller } from '../auth/tokens.ts';
import { assertCourse } from '../courses/access.ts';
import { reachSession } from '../sessions/access.ts';
import { loadGallery } from '../sessions/gallery.ts';
import { loadRoster, type RosterMember } from '../sessions/roster.ts';
import { tenantCrypto } from '../tenants/service.ts';
import { annotate } from './annotate.ts';
import type { ClassPhotoResult } from './class-photo-schemas.ts';
import { appendEvents, type RecordChange } from './ledger.ts';

const PICTURE_WIDTH = 1600;

export interface ClassPhotoRequest {
  photo: Buffer;
  courseId: string | null;
  sessionId: string | null;
  /** Mark those who are recognised for certain in the open session. */
  apply: boolean;
  annotated: boolean;
}

/**
 * Who of a course is on a photo of the class. Only students who agreed to face recognition can be found; the photo is
 * held in memory for as long as it takes and never stored. Throws `course-not-found`, `session-not-found`,
 * `no-open-session`, `session-closed`, the photo's problem, `pipeline-busy`, `pipeline-unavailable`.
 */
export async function recogniseClass(
  context: AppContext,
  caller: Caller,
  request: ClassPhotoRequest,
): Promise<{ result: ClassPhotoResult; changes: RecordChange[] }> {
  const info = context.supervisor.info();
  if (!info) throw new ApiError('pipeline-unavailable');
  const { tenantId } = caller;
  const { courseId, sessionId, roster, gallery } = await context.db.tenant(tenantId, async (tx) => {
    const where = await placeOf(tx, caller, request);
    const members = await loadRoster(tx, where.courseId);
    const crypto = await tenantCrypto(context, tx, tenantId);
    return {
      ...where,
      roster: members,
      gallery: await loadGallery(tx, crypto, members, info.embeddingModel),
    };
  });
  const read = await context.supervisor.photoFaces(request.photo, {
    gallery,
    pictureWidth: request.annotated ? PICTURE_WIDTH : null,
  });
  if (!read.ok) throw photoError(read);
  const people = new Map(roster.map((member) => [member.studentId, member]));
  const changes =
    request.apply && sessionId
      ? await context.db.tenant(tenantId, (tx) => mark(tx, context, caller, sessionId, read))
      : [];
  const named = (verdict: 'sure' | 'review') =>
    read.faces.flatMap((face) => (face.match?.verdict === verdict ? somebody(face, people) : []));
  const present = named('sure');
  const review = named('review');
  return {
    changes,
    result: {
      courseId,
      sessionId,
      faces: read.found,
      present,
      review,
      unknown: read.found - present.length - review.length,
      marked: changes.filter(({ before, after }) => before.status !== after.status).length,
      width: read.width,
      height: read.height,
      picture: read.picture ? (await drawn(read, read.picture, people)).toString('base64') : null,
    },
  };
}

/** The course, and the session that is asked for or, to mark in, the one that is open. */
async function placeOf(
  tx: Tx,
  caller: Caller,
  request: ClassPhotoRequest,
): Promise<{ courseId: string; sessionId: string | null }> {
  if (request.sessionId) {
    const session = await reachSession(tx, caller, request.sessionId);
    if (request.courseId && request.courseId !== session.courseId) throw new ApiError('course-not-found');
    if (request.apply && session.status === 'closed') throw new ApiError('session-closed');
    return { courseId: session.courseId, sessionId: session.id };
  }
  const { courseId } = request;
  if (!courseId) throw new ApiError('invalid-request', { message: 'Give courseId or sessionId.' });
  await assertCourse(tx, caller, courseId);
  if (!request.apply) return { courseId, sessionId: null };
  const [open] = await tx
    .select({ id: classSessions.id })
    .from(classSessions)
    .where(and(eq(classSessions.courseId, courseId), eq(classSessions.status, 'open')));
  if (!open) throw new ApiError('no-open-session');
  return { courseId, sessionId: open.id };
}

/** The photo stands for a stream and each of its faces for a track, so that a wrong one can be taken back alone. */
async function mark(
  tx: Tx,
  context: AppContext,
  caller: Caller,
  sessionId: string,
  read: PhotoFacesResult,
): Promise<RecordChange[]> {
  const session = await reachSession(tx, caller, sessionId);
  if (session.status === 'closed') throw new ApiError('session-closed');
  const photoId = newId();
  const at = new Date(context.clock.now());
  return appendEvents(
    tx,
    caller.tenantId,
    read.faces.flatMap(({ match }, index) =>
      match?.verdict === 'sure'
        ? [
            {
              id: newId(),
              sessionId,
              studentId: match.studentId,
              type: 'marked',
              method: 'face' as const,
              confidence: match.confidence,
              at,
              streamId: photoId,
              trackId: index + 1,
              actorId: caller.userId,
              data: { photo: true, score: match.score, margin: match.margin },
            },
          ]
        : [],
    ),
  );
}

function somebody(face: PhotoFace, people: Map<string, RosterMember>): ClassPhotoResult['present'] {
  const person = face.match && people.get(face.match.studentId);
  if (!face.match || !person) return [];
  const { studentId, confidence } = face.match;
  const [x, y, w, h] = face.box;
  return [{ studentId, name: person.name, number: person.number, confidence, box: [x, y, w, h] }];
}

function drawn(
  read: PhotoFacesResult,
  picture: Uint8Array,
  people: Map<string, RosterMember>,
): Promise<Buffer> {
  // The picture may be smaller than the photo that the boxes are measured in.
  const scale = Math.min(1, PICTURE_WIDTH / read.width);
  return annotate(
    picture,
    read.faces.map(({ box, match }) => {
      const name = match ? (people.get(match.studentId)?.name ?? null) : null;
      return {
        box: box.map((value) => value * scale) as unknown as BoxPx,
        kind: match?.verdict ?? 'unknown',
        label: name === null ? null : match?.verdict === 'review' ? `${name} ?` : name,
      };
    }),
  );
}

function photoError(failure: WorkerFailure): ApiError {
  if (failure.code === 'busy') return new ApiError('pipeline-busy', { retryAfter: 5 });
  if (failure.code !== 'internal' && isErrorCode(failure.code)) return new ApiError(failure.code);
  return new ApiError('pipeline-unavailable', { cause: failure });
}
