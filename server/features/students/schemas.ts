import { type Static, Type } from 'typebox';
import { CONSENT_PURPOSES } from '../../db/schema/index.ts';
import { Instant, ListOf, Nullable, OneOf, PageQuery, Uuid } from '../../http.ts';

/** Languages that messages to students and guardians are written in. */
export const STUDENT_LOCALES = ['tr', 'en', 'ru', 'ky'] as const;

export const Consents = Type.Object({
  face: Type.Boolean({ description: 'May be enrolled and recognised by face.' }),
  emotion: Type.Boolean({ description: 'May have emotion inferred, where the policy allows it at all.' }),
});

const exampleStudent = {
  id: '0192f0c4-5d1e-7a3b-9c55-0d8f2b6a1a01',
  number: '20260017',
  name: 'Çağla Işık',
  email: 'cagla@okul.example',
  department: 'Matematik',
  guardianName: 'Deniz Işık',
  guardianEmail: 'deniz@ev.example',
  locale: 'tr',
  preferences: {},
  externalId: null,
  archived: false,
  createdAt: '2026-09-14T07:30:00.000Z',
  faceTemplates: 3,
  consents: { face: true, emotion: false },
};

export const Student = Type.Object(
  {
    id: Uuid('The student.'),
    number: Type.String({ description: 'The institution’s own number; unique in it.' }),
    name: Type.String(),
    email: Nullable(Type.String()),
    department: Nullable(Type.String()),
    guardianName: Nullable(Type.String()),
    guardianEmail: Nullable(
      Type.String({ description: 'Who is written to besides the student, or instead of a minor.' }),
    ),
    locale: Nullable(
      Type.String({ description: 'Language of what is written to the student: tr, en, ru, ky.' }),
    ),
    preferences: Type.Record(Type.String(), Type.Unknown(), {
      description: 'What the student chose: notifications, quiet hours.',
    }),
    externalId: Nullable(
      Type.String({ description: 'Id in the system that the student was imported from.' }),
    ),
    archived: Type.Boolean({ description: 'On no list, recognised nowhere, in no new session.' }),
    createdAt: Instant('When the student was added.'),
    faceTemplates: Type.Integer({ description: 'Enrolment photos that the student is recognised by.' }),
    consents: Consents,
  },
  { title: 'Student', examples: [exampleStudent] },
);
export type Student = Static<typeof Student>;

const fields = {
  number: Type.String({ minLength: 1, maxLength: 64, pattern: '\\S' }),
  name: Type.String({ minLength: 1, maxLength: 200, pattern: '\\S' }),
  email: Nullable(Type.String({ format: 'email', maxLength: 320 })),
  department: Nullable(Type.String({ maxLength: 200 })),
  guardianName: Nullable(Type.String({ maxLength: 200 })),
  guardianEmail: Nullable(Type.String({ format: 'email', maxLength: 320 })),
  locale: Nullable(OneOf(STUDENT_LOCALES)),
  preferences: Type.Record(Type.String({ maxLength: 64 }), Type.Unknown(), {
    maxProperties: 50,
    description: 'Replaces the preferences that were kept.',
  }),
  externalId: Nullable(Type.String({ minLength: 1, maxLength: 200 })),
};

const optional = {
  email: Type.Optional(fields.email),
  department: Type.Optional(fields.department),
  guardianName: Type.Optional(fields.guardianName),
  guardianEmail: Type.Optional(fields.guardianEmail),
  locale: Type.Optional(fields.locale),
  preferences: Type.Optional(fields.preferences),
  externalId: Type.Optional(fields.externalId),
};

export const NewStudent = Type.Object(
  {
    number: fields.number,
    name: fields.name,
    ...optional,
    consents: Type.Optional(
      Type.Partial(Consents, {
        description: 'Consent given already, on paper for instance; nothing is assumed.',
      }),
    ),
  },
  {
    title: 'NewStudent',
    examples: [
      {
        number: '20260017',
        name: 'Çağla Işık',
        email: 'cagla@okul.example',
        department: 'Matematik',
        consents: { face: true },
      },
    ],
  },
);
export type NewStudent = Static<typeof NewStudent>;

export const StudentPatch = Type.Object(
  { number: Type.Optional(fields.number), name: Type.Optional(fields.name), ...optional },
  { title: 'StudentPatch', minProperties: 1, examples: [{ department: 'Fizik', locale: 'tr' }] },
);
export type StudentPatch = Static<typeof StudentPatch>;

export const StudentList = ListOf(Student, 'StudentList');
Object.assign(StudentList, { examples: [{ total: 1, skip: 0, limit: 50, items: [exampleStudent] }] });

export const STUDENT_SORTS = [
  ...(['name', '-name', 'number', '-number'] as const),
  ...(['department', '-department', 'createdAt', '-createdAt'] as const),
] as const;

export const StudentQuery = Type.Object({
  search: Type.Optional(
    Type.String({
      maxLength: 200,
      description: 'Words in name, number or e-mail; case and diacritics do not count.',
    }),
  ),
  courseId: Type.Optional(Uuid('Only students enrolled in this course.')),
  department: Type.Optional(Type.String({ maxLength: 200 })),
  hasFace: Type.Optional(Type.Boolean({ description: 'With, or without, a face enrolled.' })),
  consent: Type.Optional(OneOf(CONSENT_PURPOSES, 'Only those who consent to this.')),
  archived: Type.Optional(Type.Boolean({ description: 'Only archived ones; without, those who are not.' })),
  sort: Type.Optional(OneOf(STUDENT_SORTS)),
  ...PageQuery,
});
export type StudentQuery = Static<typeof StudentQuery>;

export const ConsentBody = Type.Object(
  {
    purpose: OneOf(CONSENT_PURPOSES),
    granted: Type.Boolean(),
    wording: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 100,
        description: 'Version of the text that the student was shown: `face-tr-2026-09`.',
      }),
    ),
  },
  { title: 'ConsentBody', examples: [{ purpose: 'face', granted: true, wording: 'face-tr-2026-09' }] },
);

export const ConsentAnswer = Type.Object(
  {
    consents: Consents,
    erased: Type.Record(Type.String(), Type.Integer(), {
      description: 'Rows that a withdrawal removed, by table; empty otherwise.',
    }),
  },
  {
    title: 'ConsentAnswer',
    examples: [{ consents: { face: false, emotion: false }, erased: { faceTemplates: 3 } }],
  },
);

const exampleTemplate = {
  id: '0192f0c4-5d1e-7a3b-9c55-0d8f2b6a1f01',
  quality: 0.91,
  facePx: 212,
  createdAt: '2026-09-14T07:30:00.000Z',
  current: true,
};

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
  { title: 'FaceTemplate', examples: [exampleTemplate] },
);
export type FaceTemplate = Static<typeof FaceTemplate>;

export const FaceTemplates = Type.Object(
  { templates: Type.Array(FaceTemplate) },
  { title: 'FaceTemplates', examples: [{ templates: [exampleTemplate] }] },
);

export const TemplateParams = Type.Object({ id: Uuid('The student.'), templateId: Uuid('The template.') });
