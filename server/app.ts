import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import fastify, { type FastifyBaseLogger, LogController } from 'fastify';
import type { AppContext } from './context.ts';
import { apiKeyRoutes } from './features/api-keys/routes.ts';
import { attendanceRoutes } from './features/attendance/routes.ts';
import { auditRoutes } from './features/audit/routes.ts';
import { publishKeys } from './features/auth/jwks.ts';
import { oidcRoutes } from './features/auth/oidc/routes.ts';
import { authRoutes } from './features/auth/routes.ts';
import { cameraRoutes } from './features/cameras/routes.ts';
import { meetingRoutes } from './features/courses/meeting-routes.ts';
import { courseRoutes } from './features/courses/routes.ts';
import { engagementRoutes } from './features/engagement/routes.ts';
import { excuseRoutes } from './features/excuses/routes.ts';
import { invitationRoutes } from './features/invitations/routes.ts';
import { jobRoutes } from './features/jobs/routes.ts';
import { notificationRoutes } from './features/notifications/routes.ts';
import { ownCameraRoutes } from './features/own-cameras/routes.ts';
import { privacyRoutes } from './features/privacy/routes.ts';
import { ingestRoutes, publisherRoutes } from './features/publishing/routes.ts';
import { qrRoutes } from './features/qr/routes.ts';
import { recordingRoutes } from './features/recordings/routes.ts';
import { reportExportRoutes } from './features/reports/exports/routes.ts';
import { insightRoutes } from './features/reports/insight-routes.ts';
import { reportRoutes } from './features/reports/routes.ts';
import { holidayRoutes, roomRoutes } from './features/rooms/routes.ts';
import { exportRoutes } from './features/rosters/export-routes.ts';
import { importRoutes } from './features/rosters/routes.ts';
import { reviewRoutes, sessionRoutes } from './features/sessions/routes.ts';
import { enrolPhotoRoutes } from './features/students/class-photo-routes.ts';
import { faceRoutes } from './features/students/face-routes.ts';
import { studentRoutes } from './features/students/routes.ts';
import { teacherRoutes } from './features/teachers/routes.ts';
import { tenantRoutes } from './features/tenants/routes.ts';
import { userRoutes } from './features/users/routes.ts';
import { webhookRoutes } from './features/webhooks/routes.ts';
import { graphqlRoutes } from './graphql/routes.ts';
import type { App } from './http.ts';
import { requestId } from './log.ts';
import { auditRequests } from './plugins/audit.ts';
import { requireCallers } from './plugins/auth.ts';
import { cacheAnswers } from './plugins/cache.ts';
import { serveDashboard } from './plugins/dashboard.ts';
import { handleErrors } from './plugins/errors.ts';
import { reportHealth } from './plugins/health.ts';
import { answerOnce } from './plugins/idempotency.ts';
import { measure } from './plugins/metrics.ts';
import { describeApi } from './plugins/openapi.ts';
import { secure } from './plugins/security.ts';
import { validateRequests } from './plugins/validation.ts';
import { liveSchemas } from './realtime/topics.ts';

/** A feature adds its routes under /api/v1: one line each. */
const features: ((app: App, context: AppContext) => Promise<void>)[] = [
  authRoutes,
  oidcRoutes,
  tenantRoutes,
  userRoutes,
  invitationRoutes,
  apiKeyRoutes,
  studentRoutes,
  faceRoutes,
  enrolPhotoRoutes,
  courseRoutes,
  meetingRoutes,
  teacherRoutes,
  roomRoutes,
  holidayRoutes,
  importRoutes,
  exportRoutes,
  privacyRoutes,
  auditRoutes,
  cameraRoutes,
  sessionRoutes,
  reviewRoutes,
  attendanceRoutes,
  publisherRoutes,
  ownCameraRoutes,
  recordingRoutes,
  excuseRoutes,
  qrRoutes,
  engagementRoutes,
  reportRoutes,
  insightRoutes,
  reportExportRoutes,
  notificationRoutes,
  jobRoutes,
  webhookRoutes,
];

/**
 * The HTTP application, not yet listening. Building it calls nothing of the context, so that the API can be described
 * without a database: `(await buildApp(documentContext(config, log))).swagger()` after `ready()`.
 */
export async function buildApp(context: AppContext): Promise<App> {
  const { config } = context;
  const app: App = fastify({
    loggerInstance: context.log as FastifyBaseLogger,
    genReqId: requestId,
    bodyLimit: config.limits.bodyBytes,
    trustProxy: config.trustProxy,
    logController: new LogController({ disableRequestLogging: true }),
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 200 },
  }).withTypeProvider<TypeBoxTypeProvider>();

  validateRequests(app);
  handleErrors(app);
  app.addHook('onSend', async (request, reply) => {
    reply.header('x-request-id', request.id);
  });
  app.addHook('onResponse', async (request, reply) => {
    const { url, method } = request;
    request.log.debug(
      { method, url, status: reply.statusCode, ms: Math.round(reply.elapsedTime) },
      'request',
    );
  });
  await secure(app, context);
  requireCallers(app, context);
  auditRequests(app, context);
  answerOnce(app, context);
  const cached = cacheAnswers(app, context);
  await describeApi(app, liveSchemas);
  reportHealth(app, context);
  publishKeys(app, context);
  measure(app, context, cached);
  await app.register(
    async (api) => {
      for (const feature of features) await api.register(async (scope) => feature(scope as App, context));
    },
    { prefix: '/api/v1' },
  );
  await app.register(async (scope) => ingestRoutes(scope as App, context));
  await app.register(async (scope) => graphqlRoutes(scope as App, context));
  await serveDashboard(app);
  return app;
}
