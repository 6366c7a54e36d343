import {
  boolean,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  real,
  text,
  unique,
  uuid,
} from 'drizzle-orm/pg-core';
import { bytea, createdAt, id, instant, updatedAt } from '../columns.ts';
import { tenants } from './tenancy.ts';

export const CONSENT_PURPOSES = ['face', 'emotion'] as const;
export type ConsentPurpose = (typeof CONSENT_PURPOSES)[number];

const tenantId = () =>
  uuid('tenant_id')
    .notNull()
    .references(() => tenants.id, { onDelete: 'cascade' });

export const students = pgTable(
  'students',
  {
    id: id(),
    tenantId: tenantId(),
    /** The institution's own number for the student. */
    number: text('number').notNull(),
    name: text('name').notNull(),
    email: text('email'),
    /** Number, name and email folded for searching: lower case, without diacritics. */
    searchText: text('search_text').notNull(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    unique('students_number_key').on(table.tenantId, table.number),
    unique('students_tenant_id_key').on(table.tenantId, table.id),
  ],
);

/** The ledger of consent: rows are only added, the latest of a student and purpose holds. */
export const consents = pgTable(
  'consents',
  {
    id: id(),
    tenantId: tenantId(),
    studentId: uuid('student_id').notNull(),
    purpose: text('purpose').$type<ConsentPurpose>().notNull(),
    granted: boolean('granted').notNull(),
    /** The user who recorded it. */
    recordedBy: uuid('recorded_by'),
    at: instant('at').notNull().defaultNow(),
  },
  (table) => [
    index('consents_latest_idx').on(table.tenantId, table.studentId, table.purpose, table.id.desc()),
    foreignKey({
      name: 'consents_student_fk',
      columns: [table.tenantId, table.studentId],
      foreignColumns: [students.tenantId, students.id],
    }).onDelete('cascade'),
  ],
);

/** What a student's face looks like to a model, and faces that a person said are not this student. */
export const faceTemplates = pgTable(
  'face_templates',
  {
    id: id(),
    tenantId: tenantId(),
    studentId: uuid('student_id').notNull(),
    kind: text('kind').$type<'enrolment' | 'negative'>().notNull(),
    /** Templates of different embedding spaces are never compared. */
    embeddingModel: text('embedding_model').notNull(),
    /** Float32 little-endian, encrypted with the institution's key. */
    embedding: bytea('embedding').notNull(),
    /** JPEG of the face, encrypted; null for negatives. */
    thumbnail: bytea('thumbnail'),
    /** 0…1. */
    quality: real('quality'),
    facePx: integer('face_px'),
    createdBy: uuid('created_by'),
    createdAt: createdAt(),
  },
  (table) => [
    index('face_templates_student_idx').on(table.tenantId, table.studentId),
    index('face_templates_model_idx').on(table.tenantId, table.embeddingModel, table.kind),
    foreignKey({
      name: 'face_templates_student_fk',
      columns: [table.tenantId, table.studentId],
      foreignColumns: [students.tenantId, students.id],
    }).onDelete('cascade'),
  ],
);

/** What an erasure removed. It outlives the student, so it names only the id and the counts. */
export const erasureReceipts = pgTable(
  'erasure_receipts',
  {
    id: id(),
    tenantId: tenantId(),
    studentId: uuid('student_id').notNull(),
    reason: text('reason').$type<'consent-withdrawn' | 'student-deleted' | 'template-deleted'>().notNull(),
    purpose: text('purpose').$type<ConsentPurpose>(),
    /** Rows removed by table. */
    removed: jsonb('removed').$type<Record<string, number>>().notNull(),
    requestedBy: uuid('requested_by'),
    at: instant('at').notNull().defaultNow(),
  },
  (table) => [index('erasure_receipts_student_idx').on(table.tenantId, table.studentId)],
);
