import { type Static, Type } from 'typebox';
import { ListOf, Nullable, PageQuery, Uuid } from '../../http.ts';

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

export const Course = Type.Object(
  {
    id: Uuid('The course.'),
    code: Type.String({ description: 'Unique in its semester.' }),
    name: Type.String(),
    semester: Nullable(Type.String()),
    rules: CourseRules,
    students: Type.Integer({ description: 'Students enrolled.' }),
  },
  { title: 'Course' },
);
export type Course = Static<typeof Course>;

const fields = {
  code: Type.String({ minLength: 1, maxLength: 64, pattern: '\\S' }),
  name: Type.String({ minLength: 1, maxLength: 200, pattern: '\\S' }),
  semester: Nullable(Type.String({ maxLength: 64 })),
  rules: Type.Partial(CourseRules, { title: 'CourseRulesPatch' }),
};

export const NewCourse = Type.Object(
  {
    code: fields.code,
    name: fields.name,
    semester: Type.Optional(fields.semester),
    rules: Type.Optional(fields.rules),
  },
  { title: 'NewCourse' },
);
export type NewCourse = Static<typeof NewCourse>;

export const CoursePatch = Type.Partial(Type.Object(fields), { title: 'CoursePatch', minProperties: 1 });
export type CoursePatch = Static<typeof CoursePatch>;

export const CourseList = ListOf(Course, 'CourseList');
export const CourseQuery = Type.Object({
  search: Type.Optional(Type.String({ maxLength: 200, description: 'Part of code or name.' })),
  ...PageQuery,
});
export type CourseQuery = Static<typeof CourseQuery>;

export const EnrolmentBody = Type.Object({
  studentIds: Type.Array(Uuid('A student.'), { minItems: 1, maxItems: 1000, uniqueItems: true }),
});
export const EnrolmentAnswer = Type.Object(
  {
    added: Type.Integer({ description: 'Students who were not enrolled before.' }),
    total: Type.Integer({ description: 'Students enrolled now.' }),
  },
  { title: 'EnrolmentAnswer' },
);
export const EnrolmentParams = Type.Object({ id: Uuid('The course.'), studentId: Uuid('The student.') });
