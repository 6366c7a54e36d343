import { Readable } from 'node:stream';
import { stringify } from 'csv-stringify';
import { Type } from 'typebox';
import type { AppContext } from '../../context.ts';
import type { App } from '../../http.ts';
import { ADMINS } from '../../plugins/auth.ts';
import { listAudit, walkAudit } from './queries.ts';
import { AuditExportQuery, AuditList, AuditQuery, AuditVerification } from './schemas.ts';
import { verifyChain } from './verify.ts';

const tags = ['audit'];

export async function auditRoutes(app: App, context: AppContext): Promise<void> {
  app.get(
    '/audit',
    {
      config: { roles: ADMINS },
      schema: {
        tags,
        summary: 'Who did what, when and from where; newest first',
        description:
          'Every write, and every view of biometric or emotion data. Entries are only ever added; each holds the hash of the ' +
          'one before, so that a change shows (`GET /audit/verify`).',
        querystring: AuditQuery,
        response: { 200: AuditList },
      },
    },
    async ({ caller, query }) => context.db.read(caller.tenantId, (tx) => listAudit(tx, query)),
  );

  app.get(
    '/audit/verify',
    {
      config: { roles: ADMINS },
      schema: {
        tags,
        summary: 'Whether the audit log is as it was written',
        description:
          'Walks the whole chain and names the first entry that was changed, removed, added or put elsewhere. Entries that ' +
          'retention removed are vouched for by a signed checkpoint.',
        response: { 200: AuditVerification },
      },
    },
    async ({ caller }) => verifyChain(context, caller.tenantId),
  );

  app.get(
    '/audit/export.csv',
    {
      config: { roles: ADMINS, audit: 'export' },
      schema: {
        tags,
        summary: 'The audit log as CSV',
        description: 'Newest first, with the hashes; one line an entry, UTF-8.',
        produces: ['text/csv'],
        querystring: AuditExportQuery,
        response: { 200: Type.Unsafe<Readable>({ type: 'string', description: 'CSV' }) },
      },
    },
    async ({ caller, query }, reply) => {
      const run: Parameters<typeof walkAudit>[0] = (work) => context.db.read(caller.tenantId, work);
      return reply
        .type('text/csv; charset=utf-8')
        .header('content-disposition', 'attachment; filename="audit.csv"')
        .send(
          Readable.from(lines(walkAudit(run, query))).pipe(
            stringify({ header: true, escape_formulas: true, bom: true }),
          ),
        );
    },
  );
}

async function* lines(batches: ReturnType<typeof walkAudit>) {
  for await (const batch of batches) {
    for (const { actor, subject, data, ...entry } of batch) {
      yield {
        seq: entry.seq,
        at: entry.at,
        actorKind: actor.kind,
        actorId: actor.id,
        actorName: actor.name,
        action: entry.action,
        subjectType: subject.type,
        subjectId: subject.id,
        address: entry.address,
        userAgent: entry.userAgent,
        requestId: entry.requestId,
        data: JSON.stringify(data),
        hash: entry.hash,
      };
    }
  }
}
