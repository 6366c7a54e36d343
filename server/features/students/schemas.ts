import { type Static, Type } from 'typebox';
import { CONSENT_PURPOSES } from '../../db/schema/index.ts';
import { Instant, ListOf, Nullable, OneOf, PageQuery, Uuid } from '../../http.ts';

export const Consents = Type.Object({
  face: Type.Boolean({ description: 'May be enrolled and recognised by face.' }),
  emotion: Type.Boolean({ description: 'May have emotion inferred, where the policy allows it at all.' }),
});

export const Student = Type.Object(
  {
    id: Uuid('The student.'),
    number: Type.String({ description: 'The institution’s own number; unique in it.' }),
    name: Type.String(),
    email: Nullable(Type.String()),
    faceTemplates: Type.Integer({ description: 'Enrolment photos that the student is recognised by.' }),
    consents: Consents,
  },
  { title: 'Student' },
);
export type Student = Static<typeof Student>;

const fields = {
  number: Type.String({ minLength: 1, maxLength: 64, pattern: '\\S' }),
  name: Type.String({ minLength: 1, maxLength: 200, pattern: '\\S' }),
  email: Nullable(Type.String({ format: 'email', maxLength: 320 })),
};

export const NewStudent = Type.Object(
  {
    number: fields.number,
    name: fields.name,
    email: Type.Optional(fields.email),
    consents: Type.Optional(
      Type.Partial(Consents, {
        description: 'Consent given already, on paper for instance; nothing is assumed.',
      }),
    ),
  },
  { title: 'NewStudent' },
);
export type NewStudent = Static<typeof NewStudent>;

export const StudentPatch = Type.Object(
  {
    number: Type.Optional(fields.number),
    name: Type.Optional(fields.name),
    email: Type.Optional(fields.email),
  },
  { title: 'StudentPatch', minProperties: 1 },
);
export type StudentPatch = Static<typeof StudentPatch>;

export const StudentList = ListOf(Student, 'StudentList');

export const StudentQuery = Type.Object({
  search: Type.Optional(
    Type.String({
      maxLength: 200,
      description: 'Words in name, number or e-mail; case and diacritics do not count.',
    }),
  ),
  courseId: Type.Optional(Uuid('Only students enrolled in this course.')),
  ...PageQuery,
});
export type StudentQuery = Static<typeof StudentQuery>;

export const ConsentBody = Type.Object({ purpose: OneOf(CONSENT_PURPOSES), granted: Type.Boolean() });

export const ConsentAnswer = Type.Object(
  {
    consents: Consents,
    erased: Type.Record(Type.String(), Type.Integer(), {
      description: 'Rows that a withdrawal removed, by table; empty otherwise.',
    }),
  },
  { title: 'ConsentAnswer' },
);

export const FaceTemplate = Type.Object(
  {
    id: Uuid('The template.'),
    quality: Type.Number({ description: '0 to 1, from size, sharpness, pose and the detector’s score.' }),
    facePx: Type.Integer({ description: 'Size of the face in the photo, pixels.' }),
    createdAt: Instant('When it was enrolled.'),
    current: Type.Boolean({
      description: 'Made by the model that runs now. One that is not is never matched: enrol a photo again.',
    }),
  },
  { title: 'FaceTemplate' },
);
export type FaceTemplate = Static<typeof FaceTemplate>;

export const FaceTemplates = Type.Object({ templates: Type.Array(FaceTemplate) }, { title: 'FaceTemplates' });

export const TemplateParams = Type.Object({ id: Uuid('The student.'), templateId: Uuid('The template.') });
