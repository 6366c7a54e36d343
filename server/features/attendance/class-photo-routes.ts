import multipart from '@fastify/multipart';
import type { FastifyRequest } from 'fastify';
import type { AppContext } from '../../context.ts';
import { ApiError } from '../../errors.ts';
import { type App, failures } from '../../http.ts';
import { type ClassPhotoRequest, recogniseClass } from './class-photo.ts';
import { ClassPhotoResult } from './class-photo-schemas.ts';
import { tell } from './qr-marks.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Attendance from a photo of the class. */
export async function classPhotoRoutes(app: App, context: AppContext): Promise<void> {
  const { photoBytes } = context.config.limits;
  await app.register(multipart, {
    limits: { fileSize: photoBytes, files: 1, fields: 10, fieldSize: 1000, parts: 11 },
  });

  app.post(
    '/attendance/face',
    {
      config: { audit: 'biometric' },
      bodyLimit: photoBytes + 100_000,
      schema: {
        tags: ['attendance'],
        summary: 'Who is on a photo of the class',
        description:
          'multipart/form-data: `photo`, and `courseId` or `sessionId`. With `apply=true` those who are recognised for ' +
          'certain are marked in the open session, with `annotated=true` the answer has the picture with boxes and ' +
          'names. Only students who agreed to face recognition are found. The photo is never stored.',
        consumes: ['multipart/form-data'],
        response: {
          200: ClassPhotoResult,
          ...failures(
            'invalid-request',
            'course-not-found',
            'session-not-found',
            'no-open-session',
            'session-closed',
            'photo-missing',
            'not-a-photo',
            'photo-too-large',
            'pipeline-busy',
            'pipeline-unavailable',
          ),
        },
      },
    },
    async (request) => {
      const { result, changes } = await recogniseClass(context, request.caller, await readForm(request));
      tell(context, changes);
      return result;
    },
  );
}

async function readForm(request: FastifyRequest): Promise<ClassPhotoRequest> {
  if (!request.isMultipart()) throw new ApiError('unsupported-media-type');
  let photo: Buffer | null = null;
  const fields = new Map<string, string>();
  for await (const part of request.parts()) {
    if (part.type === 'field') fields.set(part.fieldname, String(part.value));
    else {
      // Every file has to be read, or the request never ends.
      const bytes = await part.toBuffer();
      if (part.fieldname === 'photo' && bytes.length > 0) photo = bytes;
    }
  }
  if (!photo) throw new ApiError('photo-missing');
  const id = (name: string): string | null => {
    const value = fields.get(name) || null;
    if (value !== null && !UUID.test(value)) {
      throw new ApiError('invalid-request', { message: `${name} is not an id.` });
    }
    return value;
  };
  return {
    photo,
    courseId: id('courseId'),
    sessionId: id('sessionId'),
    apply: fields.get('apply') === 'true',
    annotated: fields.get('annotated') === 'true',
  };
}
