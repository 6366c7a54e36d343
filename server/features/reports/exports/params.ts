import { type Static, Type } from 'typebox';
import { ATTENDANCE_STATUSES } from '../../../db/schema/index.ts';
import { ApiError } from '../../../errors.ts';
import { OneOf, Uuid } from '../../../http.ts';
import { Day } from '../schemas.ts';
import type { ReportName } from './words.ts';

export const ReportParams = Type.Object(
  {
    day: Type.Optional(Day('Of the daily, weekly and monthly report; today by default.')),
    from: Type.Optional(
      Day('First day of the others; `absences` are counted over whole courses without it and `until`.'),
    ),
    until: Type.Optional(Day('Last day.')),
    courseId: Type.Optional(Uuid('Needed by `course`, `engagement-course`, `emotions-course`.')),
    studentId: Type.Optional(Uuid('Needed by `student`, `emotions-student`.')),
    teacherId: Type.Optional(Uuid('Needed by `teacher`.')),
    department: Type.Optional(
      Type.String({ minLength: 1, maxLength: 200, description: 'Needed by `department`.' }),
    ),
    search: Type.Optional(Type.String({ maxLength: 200 })),
    status: Type.Optional(OneOf(ATTENDANCE_STATUSES, 'Only such records.')),
    threshold: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 200, description: 'As in GET /reports/absences.' }),
    ),
    warningsOnly: Type.Optional(Type.Boolean()),
    section: Type.Optional(
      Type.String({
        maxLength: 40,
        description: 'Which table becomes the CSV file; its first one by default.',
      }),
    ),
  },
  { additionalProperties: false },
);
export type ReportParams = Static<typeof ReportParams>;

type Needed = 'courseId' | 'studentId' | 'teacherId' | 'department';
const NEEDS: Partial<Record<ReportName, Needed>> = {
  course: 'courseId',
  student: 'studentId',
  teacher: 'teacherId',
  department: 'department',
  'engagement-course': 'courseId',
  'emotions-course': 'courseId',
  'emotions-student': 'studentId',
};

/** Throws `report-params-invalid` where what the report is about is missing. */
export function assertParams(report: ReportName, params: ReportParams): void {
  const needed = NEEDS[report];
  if (needed && params[needed] === undefined)
    throw new ApiError('report-params-invalid', { details: { missing: [needed] } });
}

/** What `assertParams` has seen to. */
export function given(params: ReportParams, name: Needed): string {
  const value = params[name];
  if (value === undefined) throw new ApiError('report-params-invalid', { details: { missing: [name] } });
  return value;
}
