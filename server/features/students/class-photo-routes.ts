import multipart from '@fastify/multipart';
import type { FastifyRequest } from 'fastify';
import type { AppContext } from '../../context.ts';
import { ApiError } from '../../errors.ts';
import { type App, failures, Jpeg, NoContent } from '../../http.ts';
import { assertCourse } from '../courses/access.ts';
import { forgetFaces, nameFaces, proposeFaces, readProposals, readProposedFace } from './class-photo.ts';
import {
  CoursePhotoParams,
  EnrolPhoto,
  FreshEnrolPhoto,
  PhotoFaceParams,
  PhotoNamed,
  PhotoNames,
  PhotoParams,
} from './class-photo-schemas.ts';

const tags = ['students'];
const GONE = ['course-not-found', 'class-photo-not-found'] as const;

/** A class is enrolled at once: the faces of a photo are found, a person names them. */
export async function enrolPhotoRoutes(app: App, context: AppContext): Promise<void> {
  const { photoBytes } = context.config.limits;
  await app.register(multipart, {
    limits: { fileSize: photoBytes, files: 1, fields: 10, fieldSize: 1000, parts: 11 },
  });

  app.post(
    '/courses/:id/enrol-photos',
    {
      config: { audit: 'biometric' },
      bodyLimit: photoBytes + 100_000,
      schema: {
        tags,
        summary: 'Find the faces on a photo of the class, to name them',
        description:
          'multipart/form-data with one file in the field `photo`, of people who agreed to be photographed for this. Faces ' +
          'that can be recognised by later are kept encrypted for an hour, the photo is not kept at all. Students who are ' +
          'enrolled by face already are suggested. Names are given with `POST …/{photoId}/names`.',
        consumes: ['multipart/form-data'],
        params: CoursePhotoParams,
        response: {
          201: FreshEnrolPhoto,
          ...failures(
            'course-not-found',
            'photo-missing',
            'not-a-photo',
            'photo-too-large',
            'pipeline-busy',
            'pipeline-unavailable',
          ),
        },
      },
    },
    async (request, reply) => {
      const { caller, params } = request;
      // Refused before megabytes are read.
      await context.db.tenant(caller.tenantId, (tx) => assertCourse(tx, caller, params.id));
      const photo = await readPhoto(request);
      return reply.code(201).send(await proposeFaces(context, caller, params.id, photo));
    },
  );

  app.get(
    '/courses/:id/enrol-photos/:photoId',
    {
      config: { audit: 'biometric' },
      schema: {
        tags,
        summary: 'Faces of a photo that nobody has named yet',
        description: 'From left to right. The faces themselves are at `…/faces/{faceId}`.',
        params: PhotoParams,
        response: { 200: EnrolPhoto, ...failures(...GONE) },
      },
    },
    async ({ caller, params }) =>
      context.db.tenant(caller.tenantId, (tx) =>
        readProposals(context, tx, caller, params.id, params.photoId),
      ),
  );

  app.get(
    '/courses/:id/enrol-photos/:photoId/faces/:faceId',
    {
      config: { audit: 'biometric' },
      schema: {
        tags,
        summary: 'A face that nobody has named yet',
        description: 'JPEG, at most 480 px wide. Who looked is written to the audit log.',
        produces: ['image/jpeg'],
        params: PhotoFaceParams,
        response: { 200: Jpeg, ...failures(...GONE) },
      },
    },
    async ({ caller, params }, reply) => {
      const jpeg = await context.db.tenant(caller.tenantId, (tx) =>
        readProposedFace(context, tx, caller, params),
      );
      return reply.type('image/jpeg').header('cache-control', 'private, no-store').send(jpeg);
    },
  );

  app.post(
    '/courses/:id/enrol-photos/:photoId/names',
    {
      schema: {
        tags,
        summary: 'Say whose faces they are',
        description:
          'Enrols them, all or none: each student is of the course and has agreed to `face`; a face that another student is ' +
          'enrolled with is refused. Whom it concerns is in the details. What is not named stays to be named.',
        params: PhotoParams,
        body: PhotoNames,
        response: {
          200: PhotoNamed,
          ...failures(
            ...GONE,
            'invalid-request',
            'enrolment-not-found',
            'consent-missing',
            'too-many-templates',
            'face-of-another-student',
            'pipeline-unavailable',
          ),
        },
      },
    },
    async ({ caller, params, body }) => nameFaces(context, caller, params.id, params.photoId, body),
  );

  app.delete(
    '/courses/:id/enrol-photos/:photoId',
    {
      schema: {
        tags,
        summary: 'Forget the faces that nobody has named',
        description: 'At once; otherwise it happens an hour after the photo. Templates that were made stay.',
        params: PhotoParams,
        response: { 204: NoContent, ...failures(...GONE) },
      },
    },
    async ({ caller, params }, reply) => {
      await forgetFaces(context, caller, params.id, params.photoId);
      return reply.code(204).send(null);
    },
  );
}

async function readPhoto(request: FastifyRequest): Promise<Buffer> {
  if (!request.isMultipart()) throw new ApiError('unsupported-media-type');
  let photo: Buffer | null = null;
  for await (const part of request.parts()) {
    if (part.type !== 'file') continue;
    // Every file has to be read, or the request never ends.
    const bytes = await part.toBuffer();
    if (part.fieldname === 'photo' && bytes.length > 0) photo = bytes;
  }
  if (!photo) throw new ApiError('photo-missing');
  return photo;
}
