import { type Static, Type } from 'typebox';
import type { AppContext } from '../../context.ts';
import { type App, failures, IdParams, Instant, Nullable, OneOf, Uuid } from '../../http.ts';
import { sessionOf } from '../sessions/service.ts';
import { classHistory, studentTotals } from './store.ts';

const Share = (description: string) => Type.Number({ minimum: 0, maximum: 1, description });
const Band = Nullable(OneOf(['low', 'middle', 'high'] as const));

const SessionEngagement = Type.Object(
  {
    sessionId: Uuid('The session.'),
    points: Type.Array(
      Type.Object({
        at: Instant('Start of the bucket.'),
        lengthMs: Type.Integer(),
        attention: Nullable(
          Share('Coverage-weighted mean over the students; null where nobody could be judged.'),
        ),
        coverage: Share('Mean share of frames in which the students who were seen could be judged.'),
        present: Type.Integer({ description: 'Students seen in the bucket.' }),
      }),
    ),
    students: Type.Array(
      Type.Object({
        studentId: Uuid('The student.'),
        attention: Nullable(Share('Share of the judged frames; null with too few of them.')),
        coverage: Share('Share of the frames that could be judged.'),
        presence: Share('Share of the frames in which the student was seen.'),
        band: Band,
        eyesClosedShare: Nullable(Share('Share of judged frames with closed eyes; over a minute and more.')),
      }),
    ),
  },
  {
    title: 'SessionEngagement',
    examples: [
      {
        sessionId: '0198c111-2222-7ccc-9e02-3a0a5c2d3e04',
        points: [
          {
            at: '2026-11-20T06:03:40.000Z',
            lengthMs: 10_000,
            attention: 0.81,
            coverage: 0.74,
            present: 23,
          },
        ],
        students: [
          {
            studentId: '0192f0c4-5d1e-7a3b-9c55-0d8f2b6a1a01',
            attention: 0.86,
            coverage: 0.79,
            presence: 0.97,
            band: 'high',
            eyesClosedShare: 0.02,
          },
        ],
      },
    ],
  },
);

export async function engagementRoutes(app: App, context: AppContext): Promise<void> {
  app.get(
    '/sessions/:id/engagement',
    {
      schema: {
        tags: ['engagement'],
        summary: 'Engagement of a session',
        description:
          'What was kept every 10 s. Attention is the share of judged frames with the head inside a cone round the ' +
          'seat’s own baseline and the eyes not closed; it says nothing without its coverage, and it is never an input to ' +
          'a grade. Formula, weights and limits of validity: docs/engagement.md.',
        params: IdParams,
        response: { 200: SessionEngagement, ...failures('session-not-found') },
      },
    },
    async ({ caller, params }): Promise<Static<typeof SessionEngagement>> => {
      await sessionOf(context, context.live, caller, params.id);
      return context.db.tenant(caller.tenantId, async (tx) => {
        const points = await classHistory(tx, params.id);
        const students = await studentTotals(tx, params.id);
        return {
          sessionId: params.id,
          points: points.map(({ atMs, ...point }) => ({ at: new Date(atMs).toISOString(), ...point })),
          students: students.map(({ lastSeenAt: _, ...student }) => student),
        };
      });
    },
  );
}
