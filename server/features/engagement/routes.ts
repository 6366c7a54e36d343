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
  { title: 'SessionEngagement' },
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
