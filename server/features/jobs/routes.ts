import type { AppContext } from '../../context.ts';
import { ApiError } from '../../errors.ts';
import { type App, failures, IdParams, NoContent } from '../../http.ts';
import { ADMINS, SYSADMINS } from '../../plugins/auth.ts';
import { deleteDead, listDead, retryDead } from './dead.ts';
import { registerMaintenance } from './maintenance.ts';
import { jobOverview, runJob } from './overview.ts';
import {
  BackupList,
  DeadLetterList,
  DeadLetterQuery,
  JobOverview,
  JobParams,
  JobStarted,
} from './schemas.ts';

const tags = ['jobs'];
const config = { roles: ADMINS };

export async function jobRoutes(app: App, context: AppContext): Promise<void> {
  registerMaintenance(context);

  app.get(
    '/jobs',
    {
      config,
      schema: {
        tags,
        summary: 'What runs in the background',
        description:
          'Queues and outbox of the whole server; schedule, runs and long jobs of the institution. Scheduled work runs ' +
          'in the institution’s zone, once for each local day or week.',
        response: { 200: JobOverview },
      },
    },
    async ({ caller }) => jobOverview(context, caller.tenantId),
  );

  app.post(
    '/jobs/:name/run',
    {
      config,
      schema: {
        tags,
        summary: 'Run a scheduled job now',
        description: 'For its current period, whether or not it has run; running one twice is harmless.',
        params: JobParams,
        response: { 202: JobStarted, ...failures('job-not-found', 'job-running') },
      },
    },
    async ({ caller, params }, reply) => {
      if (params.name === 'backup' && caller.role !== 'sysadmin') throw new ApiError('forbidden');
      return reply.code(202).send(await runJob(context, caller.tenantId, params.name));
    },
  );

  app.get(
    '/jobs/dead',
    {
      config,
      schema: {
        tags,
        summary: 'Jobs and events that failed for the last time',
        description: 'The newest first. They are kept for 90 days.',
        querystring: DeadLetterQuery,
        response: { 200: DeadLetterList },
      },
    },
    async ({ caller, query }) => context.db.read(caller.tenantId, (tx) => listDead(tx, query)),
  );

  app.post(
    '/jobs/dead/:id/retry',
    {
      config,
      schema: {
        tags,
        summary: 'Try a failed job or event again',
        description: 'From its first attempt, with what it had to do then.',
        params: IdParams,
        response: { 204: NoContent, ...failures('dead-letter-not-found') },
      },
    },
    async ({ caller, params }, reply) => {
      await retryDead(context, caller.tenantId, params.id);
      return reply.code(204).send(null);
    },
  );

  app.delete(
    '/jobs/dead/:id',
    {
      config,
      schema: {
        tags,
        summary: 'Forget a failed job or event',
        description: 'It is not tried again.',
        params: IdParams,
        response: { 204: NoContent, ...failures('dead-letter-not-found') },
      },
    },
    async ({ caller, params }, reply) => {
      await context.db.tenant(caller.tenantId, (tx) => deleteDead(tx, params.id));
      return reply.code(204).send(null);
    },
  );

  app.get(
    '/backups',
    {
      config: { roles: SYSADMINS },
      schema: {
        tags,
        summary: 'Backups on this server',
        description:
          'Encrypted copies of database and files in BACKUP_DIR; `yoklama restore` brings one back.',
        response: { 200: BackupList },
      },
    },
    async () => {
      const items = await context.backups.list();
      return { items: items.map((item) => ({ ...item, createdAt: item.createdAt.toISOString() })) };
    },
  );

  app.post(
    '/backups',
    {
      config: { roles: SYSADMINS },
      schema: {
        tags,
        summary: 'Make a backup now',
        description: 'In the background; `GET /jobs` shows how far it is, `GET /backups` has it at the end.',
        response: { 202: JobStarted, ...failures('job-running') },
      },
    },
    async (_request, reply) => {
      // It belongs to the machine: its runs are the first institution's, whoever asked.
      const home = await context.schedule.home();
      if (home === null) throw new ApiError('job-not-found');
      return reply.code(202).send(await runJob(context, home, 'backup'));
    },
  );
}
