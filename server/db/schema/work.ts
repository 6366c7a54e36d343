import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  real,
  text,
  unique,
  uuid,
} from 'drizzle-orm/pg-core';
import { bytea, createdAt, id, instant, updatedAt } from '../columns.ts';
import { students } from './people.ts';
import { tenants, users } from './tenancy.ts';

const tenantId = () =>
  uuid('tenant_id')
    .notNull()
    .references(() => tenants.id, { onDelete: 'cascade' });

/** What must happen because something was written: in the same transaction, carried out afterwards. */
export const outbox = pgTable(
  'outbox',
  {
    id: id(),
    seq: bigint('seq', { mode: 'number' }).generatedAlwaysAsIdentity().notNull(),
    tenantId: tenantId(),
    /** An event (`session.closed`), or `job:` and the name of a job. */
    type: text('type').notNull(),
    payload: jsonb('payload').$type<Record<string, unknown>>().notNull(),
    attempts: integer('attempts').notNull().default(0),
    lastError: text('last_error'),
    /** Not before. */
    dueAt: instant('due_at').notNull().defaultNow(),
    /** Given up after the last attempt; an administrator can have it tried again. */
    deadAt: instant('dead_at'),
    createdAt: createdAt(),
  },
  (table) => [index('outbox_due_idx').on(table.dueAt, table.seq).where(sql`dead_at is null`)],
);

/** One row a scheduled job, institution and period: what makes running it twice harmless. */
export const jobRuns = pgTable(
  'job_runs',
  {
    id: id(),
    tenantId: tenantId(),
    name: text('name').notNull(),
    /** The local day or week that it is for: `2026-11-21`, `2026-W47`. */
    period: text('period').notNull(),
    status: text('status').$type<'queued' | 'running' | 'done' | 'failed'>().notNull(),
    attempts: integer('attempts').notNull().default(1),
    result: jsonb('result').$type<Record<string, unknown>>().notNull().default({}),
    error: text('error'),
    startedAt: instant('started_at').notNull(),
    finishedAt: instant('finished_at'),
  },
  (table) => [unique('job_runs_period_key').on(table.tenantId, table.name, table.period)],
);

/** Jobs that failed for the last time. */
export const deadLetters = pgTable(
  'dead_letters',
  {
    id: id(),
    tenantId: tenantId(),
    job: text('job').notNull(),
    data: jsonb('data').$type<Record<string, unknown>>().notNull(),
    error: text('error').notNull(),
    attempts: integer('attempts').notNull(),
    failedAt: instant('failed_at').notNull(),
    retriedAt: instant('retried_at'),
  },
  (table) => [index('dead_letters_failed_idx').on(table.tenantId, table.failedAt)],
);

/** Files in the storage: encrypted, under a random name. */
export const files = pgTable(
  'files',
  {
    id: id(),
    tenantId: tenantId(),
    kind: text('kind').$type<'report' | 'excuse' | 'import' | 'export' | 'recording'>().notNull(),
    /** Whose data it is, where it is one student's: erased with them. */
    studentId: uuid('student_id'),
    /** As the user called it. */
    name: text('name').notNull(),
    type: text('type').notNull(),
    bytes: bigint('bytes', { mode: 'number' }).notNull(),
    createdBy: uuid('created_by'),
    expiresAt: instant('expires_at'),
    createdAt: createdAt(),
  },
  (table) => [
    unique('files_tenant_id_key').on(table.tenantId, table.id),
    index('files_student_idx').on(table.tenantId, table.studentId),
    index('files_expiry_idx').on(table.tenantId, table.expiresAt),
    foreignKey({
      name: 'files_student_fk',
      columns: [table.tenantId, table.studentId],
      foreignColumns: [students.tenantId, students.id],
    }),
  ],
);

/** A report that is too large to be answered at once. */
export const reportJobs = pgTable(
  'report_jobs',
  {
    id: id(),
    tenantId: tenantId(),
    report: text('report').notNull(),
    format: text('format').$type<'excel' | 'pdf' | 'csv'>().notNull(),
    params: jsonb('params').$type<Record<string, unknown>>().notNull(),
    locale: text('locale').notNull(),
    status: text('status').$type<'queued' | 'running' | 'done' | 'failed' | 'expired'>().notNull(),
    /** 0…1. */
    progress: real('progress').notNull().default(0),
    fileId: uuid('file_id'),
    error: text('error'),
    requestedBy: uuid('requested_by'),
    startedAt: instant('started_at'),
    finishedAt: instant('finished_at'),
    expiresAt: instant('expires_at'),
    createdAt: createdAt(),
  },
  (table) => [index('report_jobs_requested_idx').on(table.tenantId, table.requestedBy, table.createdAt)],
);

/** A roster that was read from a file: first what it would do, then doing it. */
export const imports = pgTable(
  'imports',
  {
    id: id(),
    tenantId: tenantId(),
    format: text('format').$type<'csv' | 'oneroster'>().notNull(),
    entity: text('entity'),
    status: text('status').$type<'checking' | 'checked' | 'applying' | 'applied' | 'failed'>().notNull(),
    progress: real('progress').notNull().default(0),
    fileId: uuid('file_id'),
    counts: jsonb('counts').$type<Record<string, number>>().notNull().default({}),
    /** What was found out about the file: encoding, separator, columns. */
    details: jsonb('details').$type<Record<string, unknown>>().notNull().default({}),
    error: text('error'),
    createdBy: uuid('created_by'),
    appliedAt: instant('applied_at'),
    expiresAt: instant('expires_at'),
    createdAt: createdAt(),
  },
  (table) => [
    unique('imports_tenant_id_key').on(table.tenantId, table.id),
    index('imports_created_idx').on(table.tenantId, table.createdAt),
  ],
);

/** What each line of an import says and would do. Gone with the import, and the text with its applying. */
export const importLines = pgTable(
  'import_lines',
  {
    tenantId: tenantId(),
    importId: uuid('import_id').notNull(),
    /** Order in the import, over all its files. */
    seq: integer('seq').notNull(),
    file: text('file').notNull(),
    line: integer('line').notNull(),
    entity: text('entity').$type<'student' | 'teacher' | 'course' | 'enrolment' | 'teaching'>().notNull(),
    /** Number, e-mail or code that the line is about. */
    key: text('key').notNull(),
    data: jsonb('data').$type<Record<string, unknown>>().notNull().default({}),
    outcome: text('outcome').$type<'create' | 'update' | 'unchanged' | 'archive' | 'error' | 'ignored'>(),
    code: text('code'),
    message: text('message'),
    /** The student of the line, once known: erased with them. */
    studentId: uuid('student_id'),
    targetId: uuid('target_id'),
  },
  (table) => [
    primaryKey({ columns: [table.importId, table.seq] }),
    index('import_lines_outcome_idx').on(table.importId, table.outcome, table.seq),
    index('import_lines_student_idx').on(table.tenantId, table.studentId),
    foreignKey({
      name: 'import_lines_import_fk',
      columns: [table.tenantId, table.importId],
      foreignColumns: [imports.tenantId, imports.id],
    }).onDelete('cascade'),
  ],
);

/** One message to one person over one channel. */
export const notifications = pgTable(
  'notifications',
  {
    id: id(),
    tenantId: tenantId(),
    /** An account, or a student or guardian who has none: then `address` is where it goes. */
    userId: uuid('user_id'),
    studentId: uuid('student_id'),
    channel: text('channel').$type<'in-app' | 'email'>().notNull(),
    kind: text('kind').notNull(),
    locale: text('locale').notNull(),
    address: text('address'),
    data: jsonb('data').$type<Record<string, unknown>>().notNull(),
    status: text('status').$type<'queued' | 'sent' | 'failed' | 'dropped'>().notNull(),
    /** The same key is never sent twice. */
    dedupeKey: text('dedupe_key').notNull(),
    attempts: integer('attempts').notNull().default(0),
    lastError: text('last_error'),
    /** Not before: quiet hours, back-off. */
    dueAt: instant('due_at').notNull(),
    sentAt: instant('sent_at'),
    readAt: instant('read_at'),
    createdAt: createdAt(),
  },
  (table) => [
    unique('notifications_dedupe_key').on(table.tenantId, table.dedupeKey),
    index('notifications_user_idx').on(table.tenantId, table.userId, table.createdAt),
    // As they are listed: what has not been read first, then the newest.
    index('notifications_inbox_idx')
      .on(
        table.tenantId,
        table.userId,
        sql`(read_at is not null)`,
        table.createdAt.desc().nullsFirst(),
        table.id.desc().nullsFirst(),
      )
      .where(sql`channel = 'in-app'`),
    index('notifications_student_idx').on(table.tenantId, table.studentId),
    index('notifications_due_idx').on(table.tenantId, table.dueAt).where(sql`status = 'queued'`),
    foreignKey({
      name: 'notifications_user_fk',
      columns: [table.tenantId, table.userId],
      foreignColumns: [users.tenantId, users.id],
    }).onDelete('cascade'),
    foreignKey({
      name: 'notifications_student_fk',
      columns: [table.tenantId, table.studentId],
      foreignColumns: [students.tenantId, students.id],
    }).onDelete('cascade'),
  ],
);

export const webhooks = pgTable(
  'webhooks',
  {
    id: id(),
    tenantId: tenantId(),
    url: text('url').notNull(),
    description: text('description'),
    /** Of the signature, encrypted. */
    secret: bytea('secret').notNull(),
    /** Event types; `*` for all. */
    events: jsonb('events').$type<string[]>().notNull(),
    enabled: boolean('enabled').notNull().default(true),
    /** In a row; after many the webhook is switched off and the administrator told. */
    failures: integer('failures').notNull().default(0),
    disabledAt: instant('disabled_at'),
    createdBy: uuid('created_by'),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [unique('webhooks_tenant_id_key').on(table.tenantId, table.id)],
);

export const webhookDeliveries = pgTable(
  'webhook_deliveries',
  {
    id: id(),
    tenantId: tenantId(),
    webhookId: uuid('webhook_id').notNull(),
    type: text('type').notNull(),
    /** Whose data it is, where it is one student's. */
    studentId: uuid('student_id'),
    payload: jsonb('payload').$type<Record<string, unknown>>().notNull(),
    status: text('status').$type<'queued' | 'delivered' | 'failed'>().notNull(),
    attempts: integer('attempts').notNull().default(0),
    responseStatus: integer('response_status'),
    lastError: text('last_error'),
    dueAt: instant('due_at').notNull(),
    deliveredAt: instant('delivered_at'),
    createdAt: createdAt(),
  },
  (table) => [
    index('webhook_deliveries_webhook_idx').on(table.tenantId, table.webhookId, table.createdAt),
    index('webhook_deliveries_due_idx').on(table.tenantId, table.dueAt).where(sql`status = 'queued'`),
    index('webhook_deliveries_student_idx').on(table.tenantId, table.studentId),
    foreignKey({
      name: 'webhook_deliveries_webhook_fk',
      columns: [table.tenantId, table.webhookId],
      foreignColumns: [webhooks.tenantId, webhooks.id],
    }).onDelete('cascade'),
  ],
);
