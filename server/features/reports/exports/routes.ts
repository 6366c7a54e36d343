import type { AppContext } from '../../../context.ts';
import { type App, failures, IdParams } from '../../../http.ts';
import { buildReports } from './job.ts';
import { attachment } from './link.ts';
import { createRenderer } from './render.ts';
import {
  ExportBody,
  ExportsQuery,
  LinkQuery,
  ReportExport,
  ReportExportList,
  ReportFile,
} from './schemas.ts';
import { AT_ONCE_ROWS, exportReport, fileOfLink, getExport, listExports, purgeExports } from './service.ts';

const tags = ['reports'];

export async function reportExportRoutes(app: App, context: AppContext): Promise<void> {
  const renderer = createRenderer();
  app.addHook('onClose', () => renderer.close());
  buildReports(context, renderer);
  purgeExports(context);

  app.post(
    '/reports/exports',
    {
      // Nothing that is read elsewhere changes.
      config: { changes: [] },
      schema: {
        tags,
        summary: 'A report as Excel, PDF or CSV',
        description:
          `Up to ${AT_ONCE_ROWS.toLocaleString('en')} rows the answer is the file. Larger ones become a job: 202 with its ` +
          'id; ask GET /reports/exports/{id} for its progress, which ends with a link that needs no sign-in and is ' +
          'valid for 24 hours. Everybody gets what they may see: teachers their own courses. CSV has one of the ' +
          'report’s tables (`section`), as UTF-8 with a byte order mark; its separator and decimal sign are those that ' +
          'spreadsheets expect in the language.',
        body: ExportBody,
        response: {
          200: ReportFile,
          202: ReportExport,
          ...failures(
            'course-not-found',
            'student-not-found',
            'teacher-not-found',
            'range-invalid',
            'report-params-invalid',
            'report-too-large',
            'emotion-prohibited',
            'emotion-off',
            'emotion-consent-missing',
          ),
        },
      },
    },
    async ({ caller, body }, reply) => {
      const made = await exportReport(context, renderer, caller, body);
      if ('jobId' in made) return reply.code(202).send(await getExport(context, caller, made.jobId));
      const { name, type, content } = made.file;
      return reply
        .type(type)
        .header('content-disposition', attachment(name))
        .header('cache-control', 'private, no-store')
        .send(Buffer.from(content.buffer, content.byteOffset, content.byteLength));
    },
  );

  app.get(
    '/reports/exports',
    {
      schema: {
        tags,
        summary: 'Exports that were asked for, the newest first',
        description: 'Administrators see all of their institution, teachers their own. Kept for 30 days.',
        querystring: ExportsQuery,
        response: { 200: ReportExportList },
      },
    },
    async ({ caller, query }) => ({ ...query, ...(await listExports(context, caller, query)) }),
  );

  app.get(
    '/reports/exports/:id',
    {
      schema: {
        tags,
        summary: 'An export: its progress, and the link once it is done',
        description: 'The link ends with the file, 24 hours after it was made.',
        params: IdParams,
        response: { 200: ReportExport, ...failures('report-not-found') },
      },
    },
    async ({ caller, params }) => getExport(context, caller, params.id),
  );

  app.get(
    '/reports/exports/:id/file',
    {
      config: { public: true },
      schema: {
        tags,
        summary: 'The file of an export, by its link',
        description: 'No sign-in: the signed, expiring token of the link says that the holder may have it.',
        params: IdParams,
        querystring: LinkQuery,
        response: {
          200: ReportFile,
          ...failures('report-link-invalid', 'report-not-ready', 'file-not-found'),
        },
      },
    },
    async ({ params, query }, reply) => {
      const { name, type, content } = await fileOfLink(context, params.id, query.token);
      return reply
        .type(type)
        .header('content-disposition', attachment(name))
        .header('cache-control', 'private, no-store')
        .send(Buffer.from(content.buffer, content.byteOffset, content.byteLength));
    },
  );
}
