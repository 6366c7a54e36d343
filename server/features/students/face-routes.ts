import multipart from '@fastify/multipart';
import type { FastifyRequest } from 'fastify';
import type { AppContext } from '../../context.ts';
import { ApiError } from '../../errors.ts';
import { type App, failures, IdParams, Jpeg, NoContent } from '../../http.ts';
import { EVERYONE } from '../../plugins/auth.ts';
import { eraseTemplate } from '../privacy/erasure.ts';
import { assertEnrollable, enrolFaces, listFaces, readThumbnail } from './faces.ts';
import { FaceTemplates, TemplateParams } from './schemas.ts';
import { assertStudent } from './service.ts';

const tags = ['students'];
const PHOTO_PROBLEMS = [
  'not-a-photo',
  'photo-too-large',
  'no-face',
  'several-faces',
  'face-too-small',
  'face-too-blurred',
  'face-turned-away',
] as const;

export async function faceRoutes(app: App, context: AppContext): Promise<void> {
  const { photoBytes, photosPerRequest } = context.config.limits;
  await app.register(multipart, {
    limits: {
      fileSize: photoBytes,
      files: photosPerRequest,
      fields: 10,
      fieldSize: 1000,
      parts: photosPerRequest + 10,
    },
  });

  app.post(
    '/students/:id/face',
    {
      bodyLimit: photoBytes * photosPerRequest,
      schema: {
        tags,
        summary: 'Enrol a student’s face from photos',
        description:
          'multipart/form-data with one or more files in the field `photo`: snapshots and portraits, upright or rotated by ' +
          'EXIF. Needs the student’s consent to `face`. All photos are enrolled or none; a photo’s problem comes with its ' +
          'number in `details.photo`. What is kept of a photo is a small picture of the face, encrypted, without metadata.',
        consumes: ['multipart/form-data'],
        params: IdParams,
        response: {
          201: FaceTemplates,
          ...failures(
            'student-not-found',
            'consent-missing',
            'photo-missing',
            'too-many-photos',
            'too-many-templates',
            ...PHOTO_PROBLEMS,
            'face-of-another-student',
            'pipeline-busy',
            'pipeline-unavailable',
          ),
        },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      // Refused before 20 MB are read.
      await context.db.tenant(request.caller.tenantId, async (tx) => {
        await assertStudent(tx, request.caller, id);
        await assertEnrollable(tx, id, 1);
      });
      const photos = await readPhotos(request);
      const templates = await enrolFaces(context, request.caller, id, photos);
      return reply.code(201).send({ templates });
    },
  );

  app.get(
    '/students/:id/face',
    {
      config: { roles: EVERYONE, audit: 'biometric' },
      schema: {
        tags,
        summary: 'Face templates of a student, without the faces',
        description:
          'Oldest first. Embeddings never leave the server; faces are at `…/{templateId}/thumbnail`.',
        params: IdParams,
        response: { 200: FaceTemplates, ...failures('student-not-found') },
      },
    },
    async ({ caller, params }) => {
      const templates = await context.db.tenant(caller.tenantId, async (tx) => {
        await assertStudent(tx, caller, params.id);
        return listFaces(context, tx, params.id);
      });
      return { templates };
    },
  );

  app.delete(
    '/students/:id/face/:templateId',
    {
      schema: {
        tags,
        summary: 'Erase one face template and its picture',
        description: 'At once and for good; a receipt stays. Open sessions no longer compare with it.',
        params: TemplateParams,
        response: { 204: NoContent, ...failures('student-not-found', 'template-not-found') },
      },
    },
    async ({ caller, params }, reply) => {
      await context.db.tenant(caller.tenantId, (tx) => assertStudent(tx, caller, params.id));
      await eraseTemplate(context, caller, params.id, params.templateId);
      return reply.code(204).send(null);
    },
  );

  app.get(
    '/students/:id/face/:templateId/thumbnail',
    {
      config: { roles: EVERYONE, audit: 'biometric' },
      schema: {
        tags,
        summary: 'The face that a template was made from',
        description: 'JPEG, at most 480 px wide. Who looked is written to the audit log.',
        produces: ['image/jpeg'],
        params: TemplateParams,
        response: { 200: Jpeg, ...failures('student-not-found', 'template-not-found') },
      },
    },
    async ({ caller, params }, reply) => {
      const { tenantId } = caller;
      const jpeg = await context.db.tenant(tenantId, async (tx) => {
        await assertStudent(tx, caller, params.id);
        return readThumbnail(context, tx, tenantId, params.id, params.templateId);
      });
      return reply.type('image/jpeg').header('cache-control', 'private, no-store').send(jpeg);
    },
  );
}

async function readPhotos(request: FastifyRequest): Promise<Buffer[]> {
  if (!request.isMultipart()) throw new ApiError('unsupported-media-type');
  const photos: Buffer[] = [];
  for await (const part of request.parts()) {
    if (part.type !== 'file') continue;
    // Every file has to be read, or the request never ends.
    const bytes = await part.toBuffer();
    if (part.fieldname === 'photo' && bytes.length > 0) photos.push(bytes);
  }
  if (photos.length === 0) throw new ApiError('photo-missing');
  return photos;
}
