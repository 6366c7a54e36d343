import { count, desc, eq } from 'drizzle-orm';
import { Type } from 'typebox';
import type { AppContext } from '../../context.ts';
import { consents, erasureReceipts, users } from '../../db/schema/index.ts';
import { ApiError } from '../../errors.ts';
import { type App, failures, IdParams, PageQuery } from '../../http.ts';
import { ADMINS, EVERYONE } from '../../plugins/auth.ts';
import { assertStudent } from '../students/service.ts';
import { currentTenant } from '../tenants/service.ts';
import { checkReceipt } from './check-receipt.ts';
import { exportStudent } from './export.ts';
import { defineResealing, keyStatus, rotateTenantKey } from './keys.ts';
import { describePolicy, PrivacyPolicy } from './policy.ts';
import { registerRetention } from './retention.ts';
import { ConsentHistory, KeyStatusBody, ReceiptCheckBody, ReceiptList } from './schemas.ts';

const tags = ['privacy'];

export async function privacyRoutes(app: App, context: AppContext): Promise<void> {
  defineResealing(context);
  registerRetention(context);

  app.get(
    '/privacy/policy',
    {
      config: { roles: EVERYONE },
      schema: {
        tags,
        summary: 'What is done with personal data here, and for how long',
        description:
          'By the policy of the institution’s jurisdiction, which is fixed, and what it chose of it.',
        response: { 200: PrivacyPolicy },
      },
    },
    async ({ caller }) =>
      describePolicy(await context.db.read(caller.tenantId, (tx) => currentTenant(tx, caller.tenantId))),
  );

  app.get(
    '/privacy/receipts',
    {
      config: { roles: ADMINS },
      schema: {
        tags,
        summary: 'Receipts of what was erased, newest first',
        description:
          'Of withdrawn consents, erased students and templates, and of retention. They name ids and counts.',
        querystring: Type.Object({ ...PageQuery }),
        response: { 200: ReceiptList },
      },
    },
    async ({ caller, query: { skip, limit } }) =>
      context.db.read(caller.tenantId, async (tx) => {
        const [counted] = await tx.select({ total: count() }).from(erasureReceipts);
        const rows = await tx
          .select()
          .from(erasureReceipts)
          .orderBy(desc(erasureReceipts.id))
          .offset(skip)
          .limit(limit);
        const items = rows.map(({ id, studentId, reason, purpose, removed, at }) => {
          return { id, studentId, reason, purpose, removed, at: at.toISOString() };
        });
        return { total: counted?.total ?? 0, skip, limit, items };
      }),
  );

  app.get(
    '/privacy/receipts/:id/check',
    {
      config: { roles: ADMINS },
      schema: {
        tags,
        summary: 'Whether what a receipt says is gone',
        description:
          'Looks again, table by table, for what was erased with a student or under a consent, and for the entry of the ' +
          'audit log. Whether that log is as it was written says `GET /audit/verify`.',
        params: IdParams,
        response: { 200: ReceiptCheckBody, ...failures('receipt-not-found') },
      },
    },
    async ({ caller, params }) => context.db.tenant(caller.tenantId, (tx) => checkReceipt(tx, params.id)),
  );

  app.get(
    '/students/:id/consents',
    {
      config: { roles: EVERYONE },
      schema: {
        tags,
        summary: 'What a student agreed to and withdrew, newest first',
        description:
          'The ledger: entries are only added, the newest of a purpose holds. Teachers see their students’, students their own.',
        params: IdParams,
        querystring: Type.Object({ ...PageQuery }),
        response: { 200: ConsentHistory, ...failures('student-not-found') },
      },
    },
    async ({ caller, params, query: { skip, limit } }) =>
      context.db.read(caller.tenantId, async (tx) => {
        await assertStudent(tx, caller, params.id);
        const where = eq(consents.studentId, params.id);
        const [counted] = await tx.select({ total: count() }).from(consents).where(where);
        const rows = await tx
          .select({ consent: consents, name: users.name })
          .from(consents)
          .leftJoin(users, eq(users.id, consents.recordedBy))
          .where(where)
          .orderBy(desc(consents.id))
          .offset(skip)
          .limit(limit);
        const items = rows.map(({ consent: { purpose, granted, at, wording, recordedBy }, name }) => {
          return { purpose, granted, at: at.toISOString(), wording, recordedBy: { id: recordedBy, name } };
        });
        return { total: counted?.total ?? 0, skip, limit, items };
      }),
  );

  app.get(
    '/students/:id/data',
    {
      config: { roles: EVERYONE, audit: 'biometric' },
      schema: {
        tags,
        summary: 'Everything that is kept about a student, as a zip',
        description:
          'A JSON file for each kind of data, pictures of faces and documents as they are, and a page that explains them. For ' +
          'the student and for administrators.',
        produces: ['application/zip'],
        params: IdParams,
        response: {
          200: Type.Unsafe<NodeJS.ReadableStream>({
            type: 'string',
            format: 'binary',
            description: 'A zip.',
          }),
          ...failures('student-not-found', 'forbidden'),
        },
      },
    },
    async ({ caller, params }, reply) => {
      if (caller.role === 'teacher') throw new ApiError('forbidden');
      await context.db.read(caller.tenantId, (tx) => assertStudent(tx, caller, params.id));
      const zip = await exportStudent(context, caller.tenantId, params.id);
      return reply
        .type('application/zip')
        .header('content-disposition', `attachment; filename="student-${params.id}.zip"`)
        .header('cache-control', 'private, no-store')
        .send(zip);
    },
  );

  app.post(
    '/privacy/keys/rotate',
    {
      config: { roles: ADMINS },
      schema: {
        tags,
        summary: 'Encrypt the institution’s data with a new key',
        description:
          'From now on everything is encrypted with the new key. A job encrypts the rest anew, meanwhile both keys open; then the ' +
          'old one is destroyed, ten minutes later at the earliest. While one rotation is under way, no other is begun.',
        response: { 202: KeyStatusBody },
      },
    },
    async ({ caller }, reply) => reply.code(202).send(await rotateTenantKey(context, caller.tenantId)),
  );

  app.get(
    '/privacy/keys',
    {
      config: { roles: ADMINS },
      schema: {
        tags,
        summary: 'How far the change of the key is',
        description: 'Counts what the former key still encrypts.',
        response: { 200: KeyStatusBody },
      },
    },
    async ({ caller }) => keyStatus(context, caller.tenantId),
  );
}
