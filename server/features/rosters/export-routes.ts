import type { Readable } from 'node:stream';
import { Type } from 'typebox';
import type { AppContext } from '../../context.ts';
import { type App, failures, OneOf } from '../../http.ts';
import { ADMINS } from '../../plugins/auth.ts';
import { IMPORT_ENTITIES } from './columns.ts';
import { csvExport } from './export-csv.ts';
import { oneRosterExport } from './export-oneroster.ts';
import { rosterPages } from './pages.ts';

const tags = ['exports'];
const config = { roles: ADMINS, audit: 'export' } as const;

const SEPARATORS = { comma: ',', semicolon: ';', tab: '\t' } as const;

const archived = Type.Boolean({
  default: false,
  description: 'Archived ones too; `status` says which they are.',
});

const CsvQuery = Type.Object({
  separator: OneOf(['comma', 'semicolon', 'tab'], 'Turkish spreadsheets expect a semicolon. Default: comma.'),
  archived,
});

export async function exportRoutes(app: App, context: AppContext): Promise<void> {
  for (const entity of IMPORT_ENTITIES) {
    app.get(
      `/exports/${entity}.csv`,
      {
        config,
        schema: {
          tags,
          summary: `All ${entity} as CSV`,
          description:
            'UTF-8 with a byte order mark, with the columns that `POST /imports` reads. A cell that a spreadsheet would ' +
            'take for a formula begins with an apostrophe, which importing takes off again.',
          produces: ['text/csv'],
          querystring: Type.Partial(CsvQuery),
          response: { 200: Type.Unsafe<Readable>({ type: 'string', description: 'CSV' }) },
        },
      },
      async ({ caller, query }, reply) => {
        const pages = rosterPages(context, caller.tenantId, { archived: query.archived === true });
        return reply
          .type('text/csv; charset=utf-8')
          .header('content-disposition', `attachment; filename="${entity}.csv"`)
          .header('cache-control', 'private, no-store')
          .send(csvExport(entity, pages, SEPARATORS[query.separator ?? 'comma']));
      },
    );
  }

  app.get(
    '/exports/oneroster.zip',
    {
      config,
      schema: {
        tags,
        summary: 'The institution’s rosters as OneRoster 1.2',
        description:
          'A zip of bulk CSV files for other systems: organisations, semesters, courses and classes, users with their ' +
          'roles and guardians, enrollments. Importing it again changes nothing.',
        produces: ['application/zip'],
        querystring: Type.Partial(Type.Object({ archived })),
        response: {
          200: Type.Unsafe<NodeJS.ReadableStream>({ type: 'string', format: 'binary', description: 'Zip' }),
          ...failures(),
        },
      },
    },
    async ({ caller, query }, reply) => {
      const zip = await oneRosterExport(context, caller.tenantId, { archived: query.archived === true });
      return reply
        .type('application/zip')
        .header('content-disposition', 'attachment; filename="oneroster.zip"')
        .header('cache-control', 'private, no-store')
        .send(zip);
    },
  );
}
