import { type Static, Type } from 'typebox';
import { Instant, Nullable, OneOf, Uuid } from '../../http.ts';

const FACE = {
  id: '0198b000-2222-7ccc-9e02-3a0a5c2d3e11',
  box: [412, 208, 96, 96] as [number, number, number, number],
  quality: 0.82,
  facePx: 96,
  suggestion: { studentId: '0198b000-2222-7ccc-9e02-3a0a5c2d3e04', verdict: 'review' },
};
const PHOTO = {
  photoId: '0198b000-2222-7ccc-9e02-3a0a5c2d3e10',
  courseId: '0198b111-2222-7ccc-9e02-3a0a5c2d3e04',
  expiresAt: '2026-09-14T08:30:00.000Z',
  faces: [FACE, { ...FACE, id: '0198b000-2222-7ccc-9e02-3a0a5c2d3e12', suggestion: null }],
};

const Box = Type.Tuple([Type.Number(), Type.Number(), Type.Number(), Type.Number()], {
  description: 'x, y of the top left corner, width and height, in pixels of the photo.',
});

const ProposedFace = Type.Object(
  {
    id: Uuid('The face; what a name is given to.'),
    box: Box,
    quality: Type.Number({ description: '0 to 1, from size, sharpness, pose and the detector’s score.' }),
    facePx: Type.Integer({ description: 'Size of the face, pixels.' }),
    suggestion: Nullable(
      Type.Object({
        studentId: Uuid('A student of the course who is enrolled by face already.'),
        verdict: OneOf(['sure', 'review'], 'How certain it is.'),
      }),
    ),
  },
  { title: 'ProposedFace', examples: [FACE] },
);

const shape = {
  photoId: Uuid('The photo, which itself is not kept.'),
  courseId: Uuid('The course.'),
  expiresAt: Instant('Faces that nobody has named are forgotten then.'),
  faces: Type.Array(ProposedFace, { description: 'Faces that can be named, from left to right.' }),
};

/** What is left to be named of a photo. */
export const EnrolPhoto = Type.Object(shape, { title: 'EnrolPhoto', examples: [PHOTO] });
export type EnrolPhoto = Static<typeof EnrolPhoto>;

export const FreshEnrolPhoto = Type.Object(
  {
    ...shape,
    rejected: Type.Array(
      Type.Object({
        box: Box,
        problem: OneOf(['face-too-small', 'face-too-blurred', 'face-turned-away']),
      }),
      { description: 'Faces that make no template; those students need another photo.' },
    ),
    width: Type.Integer(),
    height: Type.Integer(),
    picture: Type.String({
      contentEncoding: 'base64',
      description: 'The photo, upright, as JPEG in base64, at most 1600 px wide. Told only now.',
    }),
  },
  {
    title: 'FreshEnrolPhoto',
    examples: [
      {
        ...PHOTO,
        rejected: [{ box: [20, 300, 24, 24], problem: 'face-too-small' }],
        width: 1920,
        height: 1080,
        picture: '/9j/4AAQSkZJRg==',
      },
    ],
  },
);
export type FreshEnrolPhoto = Static<typeof FreshEnrolPhoto>;

export const PhotoNames = Type.Object(
  {
    names: Type.Array(
      Type.Object({ faceId: Uuid('A face of the photo.'), studentId: Uuid('Whose it is.') }),
      { minItems: 1, maxItems: 120 },
    ),
  },
  {
    title: 'PhotoNames',
    examples: [{ names: [{ faceId: FACE.id, studentId: '0198b000-2222-7ccc-9e02-3a0a5c2d3e04' }] }],
  },
);
export type PhotoNames = Static<typeof PhotoNames>;

export const PhotoNamed = Type.Object(
  {
    enrolled: Type.Integer({ description: 'Templates that were made.' }),
    left: Type.Integer({ description: 'Faces of the photo that nobody has named yet.' }),
  },
  { title: 'PhotoNamed', examples: [{ enrolled: 24, left: 2 }] },
);
export type PhotoNamed = Static<typeof PhotoNamed>;

export const CoursePhotoParams = Type.Object({ id: Uuid('The course.') });
export const PhotoParams = Type.Object({ id: Uuid('The course.'), photoId: Uuid('The photo.') });
export const PhotoFaceParams = Type.Object({
  id: Uuid('The course.'),
  photoId: Uuid('The photo.'),
  faceId: Uuid('The face.'),
});
