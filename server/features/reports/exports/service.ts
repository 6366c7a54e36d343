import { and, count, desc, eq, sql } from 'drizzle-orm';
import type { AppContext } from '../../../context.ts';
import { newId } from '../../../db/ids.ts';
import { files, reportJobs } from '../../../db/schema/index.ts';
import { ApiError } from '../../../errors.ts';
import type { Page } from '../../../http.ts';
import { enqueue } from '../../../jobs/outbox.ts';
import { attributeAudit } from '../../audit/scope.ts';
import type { Caller } from '../../auth/tokens.ts';
import { institution } from '../institution.ts';
import { type BuiltReport, buildReport, estimateRows, type ReportRequest } from './build.ts';
import { type Cell, REPORT_LOCALES, type ReportLocale } from './document.ts';
import { fileNameOf, readLink, signLink } from './link.ts';
import type { ReportParams } from './params.ts';
import type { ExportFormat, Renderer } from './render.ts';
import type { ExportBody, ReportExport } from './schemas.ts';
import { type ReportName, WORDS } from './words.ts';

/** Rows up to which a file is made while the client waits. */
export const AT_ONCE_ROWS = 5000;
const MOST_ROWS: Record<ExportFormat, number> = { excel: 500_000, csv: 1_000_000, pdf: 20_000 };
export const BUILD_JOB = 'report-build';

const TYPES: Record<ExportFormat, [ending: string, type: string]> = {
  excel: ['xlsx', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'],
  pdf: ['pdf', 'application/pdf'],
  csv: ['csv', 'text/csv; charset=utf-8'],
};

export interface MadeFile {
  name: string;
  type: string;
  content: Uint8Array;
}

/** The caller as a job remembers them: what they may see is what they might have seen when they asked. */
export type JobCaller = Pick<Caller, 'role' | 'userId' | 'studentId'>;
export type JobParams = ReportParams & { caller: JobCaller };

/** A small report as a file, a large one as the id of a job. Throws what the report throws. */
export async function exportReport(
  context: AppContext,
  renderer: Renderer,
  caller: Caller,
  body: ExportBody,
): Promise<{ file: MadeFile } | { jobId: string }> {
  const { report, format, params = {} } = body;
  const asked = await context.db.read(caller.tenantId, async (tx) => {
    const home = await institution(context, tx, caller.tenantId);
    const locale = body.locale ?? localeOf(home.locale);
    const request: ReportRequest = { caller, report, params, locale };
    return { request, rows: await estimateRows(tx, home, request) };
  });
  if (asked.rows > MOST_ROWS[format]) throw new ApiError('report-too-large');
  const later = () => addJob(context, caller, format, asked.request);
  if (asked.rows > AT_ONCE_ROWS) return { jobId: await later() };
  // Also where it will be a job: what is not allowed or not there is said now.
  const built = await buildReport(context, caller.tenantId, asked.request);
  const rows = rowsOf(built);
  if (rows > MOST_ROWS[format]) throw new ApiError('report-too-large');
  if (body.later || rows > AT_ONCE_ROWS) return { jobId: await later() };
  return { file: await renderReport(renderer, built, format, params.section) };
}

export function localeOf(text: string): ReportLocale {
  const language = text.slice(0, 2).toLowerCase();
  return REPORT_LOCALES.find((known) => known === language) ?? 'en';
}

function rowsOf(built: BuiltReport): number {
  return built.document.sections.reduce((sum, section) => sum + section.rows.length, built.rows?.count ?? 0);
}

/** Makes the file in the renderer's thread. `onRows` hears how many rows of how many have been written. */
export async function renderReport(
  renderer: Renderer,
  built: BuiltReport,
  format: ExportFormat,
  section?: string,
  onRows: (done: number, of: number) => Promise<void> = async () => undefined,
): Promise<MadeFile> {
  const { document, rows } = built;
  const known = document.sections.some(({ id }) => id === section);
  if (section !== undefined && !known) {
    const sections = document.sections.map(({ id }) => id);
    throw new ApiError('report-params-invalid', { details: { section, sections } });
  }
  const { sections, total, generated, none, page } = WORDS[document.locale];
  const words = { summary: sections.summary, total, generated, none, page };
  async function* counted(pieces: AsyncGenerator<Cell[][]>, of: number) {
    let done = 0;
    for await (const piece of pieces) {
      yield piece;
      done += piece.length;
      await onRows(done, of);
    }
  }
  const content = await renderer.render(
    { format, document, words, section: section ?? document.sections[0]?.id ?? '' },
    rows ? counted(rows.pieces, rows.count) : undefined,
  );
  const [ending, type] = TYPES[format];
  return { name: fileNameOf(document.fileName, ending), type, content };
}

async function addJob(
  context: AppContext,
  { tenantId, userId, role, studentId }: Caller,
  format: ExportFormat,
  { report, params, locale }: ReportRequest,
): Promise<string> {
  const id = newId();
  const kept: JobParams = { ...params, caller: { role, userId, studentId } };
  await context.db.tenant(tenantId, async (tx) => {
    await tx.insert(reportJobs).values({
      id,
      tenantId,
      report,
      format,
      params: kept,
      locale,
      status: 'queued',
      requestedBy: userId,
      createdAt: new Date(context.clock.now()),
    });
    await enqueue(tx, tenantId, BUILD_JOB, { reportJobId: id });
  });
  return id;
}

type JobRow = typeof reportJobs.$inferSelect;
type FileFacts = { name: string; bytes: number } | null;

/** Administrators see all of their institution, everybody else their own. */
const visible = (caller: Caller) =>
  caller.role === 'admin' || caller.role === 'sysadmin'
    ? undefined
    : eq(reportJobs.requestedBy, caller.userId);

export async function listExports(
  context: AppContext,
  caller: Caller,
  page: Page,
): Promise<{ total: number; items: ReportExport[] }> {
  return context.db.tenant(caller.tenantId, async (tx) => {
    const [counted] = await tx.select({ total: count() }).from(reportJobs).where(visible(caller));
    const rows = await tx
      .select({ row: reportJobs, name: files.name, bytes: files.bytes })
      .from(reportJobs)
      .leftJoin(files, eq(files.id, reportJobs.fileId))
      .where(visible(caller))
      .orderBy(desc(reportJobs.createdAt), desc(reportJobs.id))
      .offset(page.skip)
      .limit(page.limit);
    return {
      total: counted?.total ?? 0,
      items: rows.map(({ row, name, bytes }) =>
        toExport(context, row, name !== null && bytes !== null ? { name, bytes } : null),
      ),
    };
  });
}

/** Throws `report-not-found`. */
export async function getExport(context: AppContext, caller: Caller, id: string): Promise<ReportExport> {
  return context.db.tenant(caller.tenantId, async (tx) => {
    const [found] = await tx
      .select({ row: reportJobs, name: files.name, bytes: files.bytes })
      .from(reportJobs)
      .leftJoin(files, eq(files.id, reportJobs.fileId))
      .where(and(eq(reportJobs.id, id), visible(caller)));
    if (!found) throw new ApiError('report-not-found');
    const { row, name, bytes } = found;
    return toExport(context, row, name !== null && bytes !== null ? { name, bytes } : null);
  });
}

function toExport(context: AppContext, row: JobRow, file: FileFacts): ReportExport {
  const expired = row.status === 'done' && (!file || (row.expiresAt?.getTime() ?? 0) <= context.clock.now());
  const { caller: _, ...params } = row.params as JobParams;
  const expires = Math.floor((row.expiresAt?.getTime() ?? 0) / 1000);
  const token = () => signLink(linkKey(context), { tenantId: row.tenantId, reportId: row.id, expires });
  return {
    id: row.id,
    report: row.report as ReportName,
    format: row.format,
    params,
    locale: row.locale,
    status: expired ? 'expired' : row.status,
    progress: row.progress,
    error: row.error,
    createdAt: row.createdAt.toISOString(),
    finishedAt: row.finishedAt?.toISOString() ?? null,
    expiresAt: row.expiresAt?.toISOString() ?? null,
    file:
      row.status === 'done' && !expired && file
        ? { ...file, href: `/api/v1/reports/exports/${row.id}/file?token=${token()}` }
        : null,
  };
}

const linkKey = (context: AppContext): Buffer => context.crypto.derive('report-links');

/** The file behind a link. Throws `report-link-invalid`, `report-not-ready`, `file-not-found`. */
export async function fileOfLink(context: AppContext, reportId: string, token: string): Promise<MadeFile> {
  const link = readLink(linkKey(context), reportId, token, context.clock.now());
  if (!link) throw new ApiError('report-link-invalid');
  attributeAudit({ tenantId: link.tenantId });
  return context.db.tenant(link.tenantId, async (tx) => {
    const [row] = await tx.select().from(reportJobs).where(eq(reportJobs.id, reportId));
    if (!row) throw new ApiError('report-link-invalid');
    if (row.status !== 'done' || !row.fileId) throw new ApiError('report-not-ready');
    const { name, type, content } = await context.storage.get(tx, link.tenantId, row.fileId);
    return { name, type, content };
  });
}

/** For the nightly purge: files past their day, and requests older than a month. */
export function purgeExports(context: AppContext): void {
  context.retention.register('reports', async (tx, { tenantId, now }) => {
    const old = await tx
      .select({ id: files.id })
      .from(files)
      .where(and(eq(files.kind, 'report'), sql`${files.expiresAt} <= ${now.toISOString()}`));
    await tx.execute(sql`
      update report_jobs set status = 'expired', file_id = null
      where status = 'done' and expires_at <= ${now.toISOString()}`);
    await context.storage.remove(
      tx,
      tenantId,
      old.map(({ id }) => id),
    );
    const gone = await tx.execute(sql`
      delete from report_jobs where created_at < ${now.toISOString()}::timestamptz - interval '30 days'
        and status not in ('queued', 'running')`);
    return old.length + gone.count;
  });
}
