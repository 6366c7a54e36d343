import { sql } from 'drizzle-orm';
import { Type } from 'typebox';
import type { AppContext } from '../../context.ts';
import type { Tx } from '../../db/tenancy.ts';
import { type App, failures, IdParams, Uuid } from '../../http.ts';
import { EVERYONE } from '../../plugins/auth.ts';
import type { Caller } from '../auth/tokens.ts';
import { assertCourse, courseScope } from '../courses/access.ts';
import { assertEmotion, assertEmotionConsent, emotions } from './emotions.ts';
import { engagementBy } from './engagement.ts';
import { type Institution, institution, rangeOf } from './institution.ts';
import { SEMESTER } from './ranges.ts';
import { EmotionReport, EngagementReport, RangeQuery } from './schemas.ts';
import { studentFacts } from './service.ts';

const tags = ['reports'];
const cache = { seconds: 60, tags: ['engagement', 'sessions', 'rosters', 'institution'] } as const;
const NEVER_A_GRADE =
  'Attention says nothing without its coverage and is never an input to a grade; formula and limits of validity: ' +
  'docs/engagement.md.';
const refusals = ['emotion-prohibited', 'emotion-off', 'range-invalid'] as const;

/** What cameras read in faces: engagement and, where the law lets it be read, emotion. */
export async function insightRoutes(app: App, context: AppContext): Promise<void> {
  const read = <T>(caller: Caller, work: (tx: Tx, home: Institution) => Promise<T>): Promise<T> =>
    context.db.read(caller.tenantId, async (tx) => work(tx, await institution(context, tx, caller.tenantId)));

  app.get(
    '/reports/engagement/course/:id',
    {
      config: { cache },
      schema: {
        tags,
        summary: 'Engagement of a course, by day and by student',
        description: `The last ${SEMESTER} days by default. ${NEVER_A_GRADE}`,
        params: IdParams,
        querystring: RangeQuery,
        response: { 200: EngagementReport, ...failures('course-not-found', 'range-invalid') },
      },
    },
    async ({ caller, params, query }) =>
      read(caller, async (tx, home) => {
        const range = rangeOf(query, home.today, SEMESTER);
        await assertCourse(tx, caller, params.id);
        const { total, days, parts } = await engagementBy(tx, 'student_id', { courseId: params.id, range });
        return {
          range,
          total,
          days: [...days].map(([day, known]) => ({ day, ...known })),
          parts: [...parts].map(([id, known]) => ({ id, ...known })),
        };
      }),
  );

  app.get(
    '/reports/engagement/student/:id',
    {
      config: { roles: EVERYONE, cache },
      schema: {
        tags,
        summary: 'Engagement of a student, by day and by course',
        description: `The last ${SEMESTER} days by default. Students see themselves only, teachers what belongs to their courses. ${NEVER_A_GRADE}`,
        params: IdParams,
        querystring: RangeQuery,
        response: { 200: EngagementReport, ...failures('student-not-found', 'range-invalid') },
      },
    },
    async ({ caller, params, query }) =>
      read(caller, async (tx, home) => {
        const range = rangeOf(query, home.today, SEMESTER);
        await studentFacts(tx, caller, params.id);
        const scope = caller.role === 'student' ? null : courseScope(caller, sql`s.course_id`);
        const of = { studentId: params.id, range, scope };
        const { total, days, parts } = await engagementBy(tx, 'course_id', of);
        return {
          range,
          total,
          days: [...days].map(([day, known]) => ({ day, ...known })),
          parts: [...parts].map(([id, known]) => ({ id, ...known })),
        };
      }),
  );

  app.get(
    '/reports/emotions/course/:id',
    {
      config: { audit: 'emotion' },
      schema: {
        tags,
        summary: 'Emotions of a course',
        description:
          'Aggregates of five people and more, never of fewer, and only where the jurisdiction’s policy and the ' +
          'institution’s mode allow it: under a policy that prohibits it there is no such data and no such report.',
        params: IdParams,
        querystring: RangeQuery,
        response: { 200: EmotionReport, ...failures('course-not-found', ...refusals) },
      },
    },
    async ({ caller, params, query }) =>
      read(caller, async (tx, home) => {
        await assertCourse(tx, caller, params.id);
        assertEmotion(home, 'class');
        const range = rangeOf(query, home.today, SEMESTER);
        return { range, ...(await emotions(tx, home, caller, { courseId: params.id }, range)) };
      }),
  );

  const ofStudent = async (
    caller: Caller,
    studentId: string,
    query: { from?: string; until?: string; courseId?: string },
  ) =>
    read(caller, async (tx, home) => {
      await studentFacts(tx, caller, studentId);
      assertEmotion(home, 'individual');
      await assertEmotionConsent(tx, studentId);
      const range = rangeOf(query, home.today, SEMESTER);
      const of = { studentId, courseId: query.courseId };
      return { range, ...(await emotions(tx, home, caller, of, range)) };
    });
  const answers = {
    200: EmotionReport,
    ...failures('student-not-found', 'emotion-consent-missing', ...refusals),
  };
  const onlyWhere =
    'Only where the jurisdiction’s policy allows it, the institution’s mode is `individual` and the student’s latest ' +
    'word on emotion is yes. Being looked at is kept in the audit log.';

  app.get(
    '/reports/emotions/student/:id',
    {
      config: { audit: 'emotion' },
      schema: {
        tags,
        summary: 'Emotions of a student',
        description: `${onlyWhere} Teachers see what belongs to their courses.`,
        params: IdParams,
        querystring: Type.Object({
          ...RangeQuery.properties,
          courseId: Type.Optional(Uuid('Only in this course.')),
        }),
        response: answers,
      },
    },
    async ({ caller, params, query }) => ofStudent(caller, params.id, query),
  );

  app.get(
    '/students/:id/emotions',
    {
      config: { roles: EVERYONE, audit: 'emotion' },
      schema: {
        tags: ['students'],
        summary: 'What was read of a student’s emotions',
        description: `${onlyWhere} Students see their own.`,
        params: IdParams,
        querystring: RangeQuery,
        response: answers,
      },
    },
    async ({ caller, params, query }) => ofStudent(caller, params.id, query),
  );
}
