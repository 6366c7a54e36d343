import { type Static, Type } from 'typebox';
import { Nullable, Uuid } from '../../http.ts';

const Box = Type.Tuple([Type.Number(), Type.Number(), Type.Number(), Type.Number()], {
  description:
    'x, y of the top left corner, width and height: pixels of the photo as `width` and `height` have it.',
});

const Somebody = Type.Object({
  studentId: Uuid('The student.'),
  name: Type.String(),
  number: Type.String(),
  confidence: Type.Number({
    minimum: 0,
    maximum: 1,
    description: '0.8 and more: sure; 0.5: worth a glance.',
  }),
  box: Box,
});

const AYBUKE = {
  studentId: '0198b000-2222-7ccc-9e02-3a0a5c2d3e04',
  name: 'Aybüke Çelik',
  number: '2026-0142',
  confidence: 0.93,
  box: [412, 208, 96, 96] as [number, number, number, number],
};

export const ClassPhotoResult = Type.Object(
  {
    courseId: Uuid('The course.'),
    sessionId: Nullable(Uuid('The session that was asked for, or that students were marked in.')),
    faces: Type.Integer({ description: 'Faces on the photo.' }),
    present: Type.Array(Somebody, { description: 'Recognised for certain.' }),
    review: Type.Array(Somebody, {
      description: 'Nearly sure: a person has to look. Marked by hand where it is right.',
    }),
    unknown: Type.Integer({ description: 'Faces of nobody who may be recognised in this course.' }),
    marked: Type.Integer({ description: 'Students whose mark `apply` changed.' }),
    width: Type.Integer(),
    height: Type.Integer(),
    picture: Nullable(
      Type.String({
        contentEncoding: 'base64',
        description: 'JPEG in base64 with boxes and names, where `annotated` was asked for.',
      }),
    ),
  },
  {
    title: 'ClassPhotoResult',
    examples: [
      {
        courseId: '0198b111-2222-7ccc-9e02-3a0a5c2d3e04',
        sessionId: null,
        faces: 3,
        present: [AYBUKE],
        review: [{ ...AYBUKE, name: 'Deniz Işık', number: '2026-0143', confidence: 0.61 }],
        unknown: 1,
        marked: 0,
        width: 1920,
        height: 1080,
        picture: null,
      },
    ],
  },
);
export type ClassPhotoResult = Static<typeof ClassPhotoResult>;
