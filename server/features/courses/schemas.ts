import { type Static, Type } from 'typebox';
import { ListOf, Nullable, OneOf, PageQuery, Uuid } from '../../http.ts';

export const COURSE_OPENS = ['manual', 'schedule', 'camera'] as const;

export const CourseRules = Type.Object(
  {
    lateAfterMinutes: Type.Integer({
      minimum: 0,
      maximum: 600,
      description: 'First seen later than this after the start: late.',
    }),
    minPresenceShare: Type.Number({
      minimum: 0,
      maximum: 1,
      description: 'Seen for a smaller share of the session: absent. 0 switches the rule off.',
    }),
    graceMinutes: Type.Integer({
      minimum: 0,
      maximum: 600,
      description: 'Minutes at the end that leaving early does not count.',
    }),
  },
  { title: 'CourseRules' },
);

const exampleCourse = {
  id: '0192f0c4-5d1e-7a3b-9c55-0d8f2b6a1c01',
  code: 'MAT101',
  name: 'Matematik',
  semester: '2026-güz',
  department: 'Matematik',
  opens: 'schedule',
  warnAfterAbsences: 4,
  rules: { lateAfterMinutes: 15, minPresenceShare: 0, graceMinutes: 5 },
  teachers: [{ id: '0192f0c4-5d1e-7a3b-9c55-0d8f2b6a1e01', name: 'Ayşe Öğretmen' }],
  externalId: null,
  archived: false,
  students: 31,
};

export const Course = Type.Object(
  {
    id: Uuid('The course.'),
    code: Type.String({ description: 'Unique in its semester.' }),
    name: Type.String(),
    semester: Nullable(Type.String()),
    department: Nullable(Type.String()),
    opens: OneOf(
      COURSE_OPENS,
      'What opens its sessions: a person, its weekly meetings, or the first camera of the room that sees a class.',
    ),
    warnAfterAbsences: Nullable(
      Type.Integer({
        description: 'Absences in the semester from which on a student is warned; null: never.',
      }),
    ),
    rules: CourseRules,
    teachers: Type.Array(Type.Object({ id: Uuid('The teacher.'), name: Type.String() })),
    externalId: Nullable(Type.String({ description: 'Id in the system that the course was imported from.' })),
    archived: Type.Boolean(),
    students: Type.Integer({ description: 'Students enrolled; archived ones do not count.' }),
  },
  { title: 'Course', examples: [exampleCourse] },
);
export type Course = Static<typeof Course>;

const fields = {
  code: Type.String({ minLength: 1, maxLength: 64, pattern: '\\S' }),
  name: Type.String({ minLength: 1, maxLength: 200, pattern: '\\S' }),
  semester: Nullable(Type.String({ maxLength: 64 })),
  department: Nullable(Type.String({ maxLength: 200 })),
  opens: OneOf(COURSE_OPENS),
  warnAfterAbsences: Nullable(Type.Integer({ minimum: 1, maximum: 1000 })),
  rules: Type.Partial(CourseRules, { title: 'CourseRulesPatch' }),
  teacherIds: Type.Array(Uuid('A teacher.'), {
    maxItems: 50,
    uniqueItems: true,
    description: 'Who teaches the course: these and no others.',
  }),
  externalId: Nullable(Type.String({ minLength: 1, maxLength: 200 })),
};

export const NewCourse = Type.Object(
  {
    code: fields.code,
    name: fields.name,
    semester: Type.Optional(fields.semester),
    department: Type.Optional(fields.department),
    opens: Type.Optional(fields.opens),
    warnAfterAbsences: Type.Optional(fields.warnAfterAbsences),
    rules: Type.Optional(fields.rules),
    teacherIds: Type.Optional(fields.teacherIds),
    externalId: Type.Optional(fields.externalId),
  },
  {
    title: 'NewCourse',
    examples: [{ code: 'MAT101', name: 'Matematik', semester: '2026-güz', rules: { lateAfterMinutes: 10 } }],
  },
);
export type NewCourse = Static<typeof NewCourse>;

export const CoursePatch = Type.Partial(
  Type.Object({
    ...fields,
    archived: Type.Boolean({
      description: 'An archived course is on no list and opened by no schedule; its attendance stays.',
    }),
  }),
  { title: 'CoursePatch', minProperties: 1, examples: [{ opens: 'schedule', warnAfterAbsences: 4 }] },
);
export type CoursePatch = Static<typeof CoursePatch>;

export const COURSE_SORTS = [
  ...(['code', '-code', 'name', '-name', 'semester', '-semester'] as const),
  ...(['department', '-department', 'createdAt', '-createdAt'] as const),
] as const;

export const CourseList = ListOf(Course, 'CourseList');
Object.assign(CourseList, { examples: [{ total: 1, skip: 0, limit: 50, items: [exampleCourse] }] });
export const CourseQuery = Type.Object({
  search: Type.Optional(Type.String({ maxLength: 200, description: 'Part of code or name.' })),
  semester: Type.Optional(Type.String({ maxLength: 64 })),
  department: Type.Optional(Type.String({ maxLength: 200 })),
  teacherId: Type.Optional(Uuid('Only courses of this teacher.')),
  archived: Type.Optional(Type.Boolean({ description: 'Only archived ones; without, those who are not.' })),
  sort: Type.Optional(OneOf(COURSE_SORTS)),
  ...PageQuery,
});
export type CourseQuery = Static<typeof CourseQuery>;

export const CourseTeachersBody = Type.Object(
  { teacherIds: fields.teacherIds },
  { title: 'CourseTeachersBody', examples: [{ teacherIds: ['0192f0c4-5d1e-7a3b-9c55-0d8f2b6a1e01'] }] },
);

export const EnrolmentBody = Type.Object(
  { studentIds: Type.Array(Uuid('A student.'), { minItems: 1, maxItems: 1000, uniqueItems: true }) },
  { title: 'EnrolmentBody', examples: [{ studentIds: ['0192f0c4-5d1e-7a3b-9c55-0d8f2b6a1a01'] }] },
);
export const EnrolmentAnswer = Type.Object(
  {
    added: Type.Integer({ description: 'Students who were not enrolled before.' }),
    total: Type.Integer({ description: 'Students enrolled now.' }),
  },
  { title: 'EnrolmentAnswer', examples: [{ added: 1, total: 31 }] },
);
export const EnrolmentParams = Type.Object({ id: Uuid('The course.'), studentId: Uuid('The student.') });
