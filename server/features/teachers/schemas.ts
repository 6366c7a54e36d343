import { type Static, Type } from 'typebox';
import { ListOf, Nullable, OneOf, PageQuery, Uuid } from '../../http.ts';

const exampleTeacher = {
  id: '0192f0c4-5d1e-7a3b-9c55-0d8f2b6a1e01',
  name: 'Ayşe Öğretmen',
  email: 'ayse@okul.example',
  title: 'Prof. Dr.',
  department: 'Matematik',
  userId: null,
  externalId: null,
  courses: 2,
  archived: false,
};

export const Teacher = Type.Object(
  {
    id: Uuid('The teacher.'),
    name: Type.String(),
    email: Nullable(Type.String()),
    title: Nullable(Type.String({ description: 'Academic or professional title.' })),
    department: Nullable(Type.String()),
    userId: Nullable(Uuid('The account that the teacher signs in with.')),
    externalId: Nullable(
      Type.String({ description: 'Id in the system that the teacher was imported from.' }),
    ),
    courses: Type.Integer({ description: 'Courses that the teacher teaches.' }),
    archived: Type.Boolean(),
  },
  { title: 'Teacher', examples: [exampleTeacher] },
);
export type Teacher = Static<typeof Teacher>;

const fields = {
  name: Type.String({ minLength: 1, maxLength: 200, pattern: '\\S' }),
  email: Nullable(Type.String({ format: 'email', maxLength: 320 })),
  title: Nullable(Type.String({ maxLength: 100 })),
  department: Nullable(Type.String({ maxLength: 200 })),
  userId: Nullable(Uuid('An account with the role teacher or admin.')),
  externalId: Nullable(Type.String({ minLength: 1, maxLength: 200 })),
};

export const NewTeacher = Type.Object(
  {
    name: fields.name,
    email: Type.Optional(fields.email),
    title: Type.Optional(fields.title),
    department: Type.Optional(fields.department),
    userId: Type.Optional(fields.userId),
    externalId: Type.Optional(fields.externalId),
  },
  {
    title: 'NewTeacher',
    examples: [{ name: 'Ayşe Öğretmen', email: 'ayse@okul.example', title: 'Prof. Dr.' }],
  },
);
export type NewTeacher = Static<typeof NewTeacher>;

export const TeacherPatch = Type.Partial(
  Type.Object({ ...fields, archived: Type.Boolean({ description: 'An archived teacher is on no list.' }) }),
  { title: 'TeacherPatch', minProperties: 1, examples: [{ title: 'Doç. Dr.', department: 'Fizik' }] },
);
export type TeacherPatch = Static<typeof TeacherPatch>;

export const TeacherList = ListOf(Teacher, 'TeacherList');
Object.assign(TeacherList, { examples: [{ total: 1, skip: 0, limit: 50, items: [exampleTeacher] }] });

export const TEACHER_SORTS = [
  'name',
  '-name',
  'department',
  '-department',
  'createdAt',
  '-createdAt',
] as const;

export const TeacherQuery = Type.Object({
  search: Type.Optional(
    Type.String({
      maxLength: 200,
      description: 'Words in name, e-mail, title; case and diacritics do not count.',
    }),
  ),
  department: Type.Optional(Type.String({ maxLength: 200 })),
  courseId: Type.Optional(Uuid('Only those who teach this course.')),
  userId: Type.Optional(Uuid('Only who signs in with this account.')),
  archived: Type.Optional(Type.Boolean({ description: 'Only archived ones; without, those who are not.' })),
  sort: Type.Optional(OneOf(TEACHER_SORTS)),
  ...PageQuery,
});
export type TeacherQuery = Static<typeof TeacherQuery>;
