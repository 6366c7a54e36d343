import { type Static, Type } from 'typebox';
import { Instant, ListOf, Nullable, OneOf, PageQuery, Uuid } from '../../../http.ts';
import { REPORT_LOCALES } from './document.ts';
import { ReportParams } from './params.ts';
import { REPORT_NAMES } from './words.ts';

export const FORMATS = ['excel', 'pdf', 'csv'] as const;

export const ExportBody = Type.Object(
  {
    report: OneOf(
      REPORT_NAMES,
      '`records` has a line for every mark; the others are those of GET /reports/….',
    ),
    format: OneOf(FORMATS),
    params: Type.Optional(ReportParams),
    locale: Type.Optional(OneOf(REPORT_LOCALES, 'Language of the file; the institution’s by default.')),
    later: Type.Optional(Type.Boolean({ description: 'Have it made as a job even if it is small.' })),
  },
  {
    title: 'ReportExportRequest',
    additionalProperties: false,
    examples: [
      { report: 'attendance-weekly', format: 'pdf', params: { day: '2026-11-20' }, locale: 'tr' },
      { report: 'records', format: 'excel', params: { from: '2026-09-01', until: '2026-11-20' } },
    ],
  },
);
export type ExportBody = Static<typeof ExportBody>;

const example = {
  id: '0192f0c4-5d1e-7a3b-9c55-0d8f2b6a1e05',
  report: 'records',
  format: 'excel',
  params: { from: '2026-09-01', until: '2026-11-20' },
  locale: 'tr',
  status: 'done',
  progress: 1,
  error: null,
  createdAt: '2026-11-20T09:00:00.000Z',
  finishedAt: '2026-11-20T09:00:12.000Z',
  expiresAt: '2026-11-21T09:00:12.000Z',
  file: {
    name: 'Yoklama kayıtları 2026-09-01 – 2026-11-20.xlsx',
    bytes: 812_331,
    href: '/api/v1/reports/exports/0192f0c4-5d1e-7a3b-9c55-0d8f2b6a1e05/file?token=…',
  },
};

export const ReportExport = Type.Object(
  {
    id: Uuid('The export.'),
    report: OneOf(REPORT_NAMES),
    format: OneOf(FORMATS),
    params: ReportParams,
    locale: Type.String(),
    status: OneOf(['queued', 'running', 'done', 'failed', 'expired'] as const),
    progress: Type.Number({ minimum: 0, maximum: 1 }),
    error: Nullable(Type.String({ description: 'A code, where it has failed.' })),
    createdAt: Instant('When it was asked for.'),
    finishedAt: Nullable(Instant('When it was done or had failed.')),
    expiresAt: Nullable(Instant('When the file is removed and the link ends.')),
    file: Nullable(
      Type.Object({
        name: Type.String(),
        bytes: Type.Integer(),
        href: Type.String({ description: 'A link that needs no token of access, until `expiresAt`.' }),
      }),
    ),
  },
  { title: 'ReportExport', examples: [example] },
);
export type ReportExport = Static<typeof ReportExport>;

export const ReportExportList = Type.Object(ListOf(ReportExport, 'x').properties, {
  title: 'ReportExportList',
  examples: [{ total: 1, skip: 0, limit: 50, items: [example] }],
});
export const ExportsQuery = Type.Object({ ...PageQuery });
export const LinkQuery = Type.Object({
  token: Type.String({ maxLength: 200, description: 'Of `file.href`.' }),
});

export const ReportFile = Type.Unsafe<Buffer>({
  type: 'string',
  format: 'binary',
  description: 'The file: XLSX, PDF or CSV.',
});
