import { and, eq } from 'drizzle-orm';
import { Type } from 'typebox';
import type { AppContext } from '../../context.ts';
import { reviewItems } from '../../db/schema/index.ts';
import { ApiError } from '../../errors.ts';
import { type App, failures, IdParams, Jpeg, ListOf } from '../../http.ts';
import { EVERYONE } from '../../plugins/auth.ts';
import { ofCaller, reachSession } from './access.ts';
import { listSessions, reviewQueue } from './listing.ts';
import { loadReviews, toReview } from './queries.ts';
import { type Settled, settleReview } from './reviews.ts';
import { readSchedule } from './schedule.ts';
import {
  ClassSessionSchema,
  ConfirmReviewSchema,
  ListSessionsQuery,
  OpenSessionSchema,
  PatchSessionSchema,
  ReviewQueueQuery,
  ReviewSchema,
  ScheduleQuery,
  ScheduleSchema,
  SnapshotSchema,
} from './schemas.ts';
import { closeSession, openSession, sessionOf, snapshotOf } from './service.ts';
import { changeTimes } from './times.ts';

const tags = ['sessions'];

export async function sessionRoutes(app: App, context: AppContext): Promise<void> {
  const { live } = context;

  app.post(
    '/sessions',
    {
      schema: {
        tags,
        summary: 'Open a session',
        description:
          'Freezes the institution’s policy and the course’s rules, makes a pending record for every student of the ' +
          'course and starts a stream for every camera. It closes by itself at `endsAt`.',
        body: OpenSessionSchema,
        response: {
          201: ClassSessionSchema,
          ...failures(
            'course-not-found',
            'camera-not-found',
            'camera-disabled',
            'camera-in-use',
            'course-archived',
            'session-already-open',
            'session-times-invalid',
            'pipeline-unavailable',
          ),
        },
      },
    },
    async ({ caller, body }, reply) => reply.code(201).send(await openSession(context, live, caller, body)),
  );

  app.get(
    '/sessions',
    {
      schema: {
        tags,
        summary: 'Sessions',
        description: 'The newest first. Teachers see those of their own courses.',
        querystring: ListSessionsQuery,
        response: { 200: ListOf(ClassSessionSchema, 'ClassSessionList') },
      },
    },
    async ({ caller, query }) => {
      const { skip, limit } = query;
      return { ...(await listSessions(context, live, caller, query)), skip, limit };
    },
  );

  app.get(
    '/schedule',
    {
      config: { roles: EVERYONE },
      schema: {
        tags,
        summary: 'What opens when',
        description:
          'The timetable in the institution’s zone with what came of each meeting. Teachers and students see their ' +
          'own courses. Sessions of `schedule` open at their start, or late where the server was down then; those of ' +
          '`camera` when a camera of the room sees a class.',
        querystring: ScheduleQuery,
        response: { 200: ScheduleSchema, ...failures('range-invalid') },
      },
    },
    ({ caller, query }) =>
      context.db.read(caller.tenantId, (tx) => readSchedule(tx, caller, query, context.clock.now())),
  );

  app.get(
    '/sessions/:id',
    {
      schema: {
        tags,
        summary: 'A session',
        description: 'With its cameras, its frozen rules and policy, and how many are in which state.',
        params: IdParams,
        response: { 200: ClassSessionSchema, ...failures('session-not-found') },
      },
    },
    async ({ caller, params }) => (await sessionOf(context, live, caller, params.id)).view,
  );

  app.patch(
    '/sessions/:id',
    {
      schema: {
        tags,
        summary: 'Move the end or the start of an open session',
        description:
          'The end at any time while it is open; null: it stays open until somebody closes it. The start only while ' +
          'nobody is marked, because it decides who is late.',
        params: IdParams,
        body: PatchSessionSchema,
        response: {
          200: ClassSessionSchema,
          ...failures('session-not-found', 'session-closed', 'session-decided', 'session-times-invalid'),
        },
      },
    },
    async ({ caller, params, body }) => changeTimes(context, live, caller, params.id, body),
  );

  app.post(
    '/sessions/:id/close',
    {
      schema: {
        tags,
        summary: 'Close a session',
        description: 'Everybody who is still pending becomes absent. Closing twice changes nothing.',
        params: IdParams,
        response: { 200: ClassSessionSchema, ...failures('session-not-found', 'database-unavailable') },
      },
    },
    async ({ caller, params }) => {
      await context.db.tenant(caller.tenantId, (tx) => reachSession(tx, caller, params.id));
      return closeSession(context, live, caller, params.id);
    },
  );

  app.get(
    '/sessions/:id/live',
    {
      schema: {
        tags,
        summary: 'The live picture of a session',
        description: 'The same as the snapshot that a socket gets when it joins.',
        params: IdParams,
        response: { 200: SnapshotSchema, ...failures('session-not-found') },
      },
    },
    async ({ caller, params }) => snapshotOf(context, live, caller, params.id),
  );
}

export async function reviewRoutes(app: App, context: AppContext): Promise<void> {
  const { live } = context;

  app.get(
    '/sessions/:id/reviews',
    {
      schema: {
        tags: ['reviews'],
        summary: 'Questions to a person about faces',
        description: 'Faces of this session that are nearly sure to be a student, answered or not.',
        params: IdParams,
        response: {
          200: ListOf(ReviewSchema, 'ReviewList'),
          ...failures('session-not-found'),
        },
      },
    },
    async ({ caller, params }) => {
      await sessionOf(context, live, caller, params.id);
      const rows = await context.db.tenant(caller.tenantId, (tx) =>
        loadReviews(tx, eq(reviewItems.sessionId, params.id)),
      );
      const hasFace = (id: string): boolean => live.reviews.face(id) !== null;
      const items = rows.map(({ row, name }) => toReview(row, name, hasFace(row.id)));
      return { total: items.length, skip: 0, limit: items.length, items };
    },
  );

  app.get(
    '/attendance/review',
    {
      schema: {
        tags: ['reviews'],
        summary: 'Open questions over all open sessions',
        description: 'The oldest first; teachers get those of their own courses.',
        querystring: ReviewQueueQuery,
        response: { 200: ListOf(ReviewSchema, 'ReviewQueue') },
      },
    },
    async ({ caller, query }) => {
      const { skip, limit } = query;
      return { ...(await reviewQueue(context, live, caller, query)), skip, limit };
    },
  );

  app.post(
    '/reviews/:id/confirm',
    {
      schema: {
        tags: ['reviews'],
        summary: 'It is this student, or another one',
        description:
          'A person’s word: the student is marked. With `studentId` of somebody else the face is remembered as not ' +
          'the one who was asked about.',
        params: IdParams,
        body: Type.Union([ConfirmReviewSchema, Type.Null()], {
          examples: [{ studentId: '0198b111-2222-7ccc-9e02-3a0a5c2d3e04' }],
        }),
        response: {
          200: ReviewSchema,
          ...failures('review-not-found', 'review-settled', 'student-not-enrolled'),
        },
      },
    },
    async ({ caller, params, body }) => {
      const studentId = body?.studentId;
      const answer = { verdict: 'confirmed' as const, ...(studentId ? { studentId } : {}) };
      return tell(await settleReview(context, caller, params.id, answer), caller.tenantId);
    },
  );

  app.post(
    '/reviews/:id/reject',
    {
      schema: {
        tags: ['reviews'],
        summary: 'It is not this student',
        description:
          'The face is remembered as one that is not this student’s; the track is never given the name again.',
        params: IdParams,
        response: { 200: ReviewSchema, ...failures('review-not-found', 'review-settled') },
      },
    },
    async ({ caller, params }) =>
      tell(await settleReview(context, caller, params.id, { verdict: 'rejected' }), caller.tenantId),
  );

  app.get(
    '/reviews/:id/face',
    {
      config: { audit: 'biometric' },
      schema: {
        tags: ['reviews'],
        summary: 'The face that is asked about',
        description: 'In memory while the question is open, never stored.',
        params: IdParams,
        produces: ['image/jpeg'],
        response: { 200: Jpeg, ...failures('review-not-found', 'review-face-gone') },
      },
    },
    async ({ caller, params }, reply) => {
      const [row] = await context.db.tenant(caller.tenantId, (tx) =>
        loadReviews(tx, and(eq(reviewItems.id, params.id), ofCaller(caller))),
      );
      if (!row) throw new ApiError('review-not-found');
      const jpeg = live.reviews.face(params.id);
      if (!jpeg) throw new ApiError('review-face-gone');
      return reply.type('image/jpeg').header('cache-control', 'private, no-store').send(Buffer.from(jpeg));
    },
  );

  function tell(settled: Settled, tenantId: string) {
    const { row } = settled;
    const session = live.find(row.sessionId);
    live.reviews.dropFace(row.id);
    session?.commit(settled.changes);
    session?.settled(settled.review);
    if (!session) context.cluster.peers.tell('session', { tenantId, sessionId: row.sessionId });
    for (const { studentId, verdict } of settled.verdicts) {
      live.verdict(row.sessionId, { streamId: row.streamId, trackId: row.trackId, studentId, verdict });
    }
    if (settled.galleryChanged) {
      context.events.emit('gallery:changed', { tenantId, studentId: row.studentId });
    }
    return settled.review;
  }
}
