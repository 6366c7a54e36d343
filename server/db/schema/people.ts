import { sql } from 'drizzle-orm';
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
import { tenants, users } from './tenancy.ts';

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
    department: text('department'),
    /** Who is written to besides the student, or instead of a minor. */
    guardianName: text('guardian_name'),
    guardianEmail: text('guardian_email'),
    /** Language of what is written to the student: tr, en, ru, ky. */
    locale: text('locale'),
    /** What the student chose: notifications, quiet hours; see features/notifications. */
    preferences: jsonb('preferences').$type<Record<string, unknown>>().notNull().default({}),
    /** The id of the system that the student was imported from (OneRoster `sourcedId`). */
    externalId: text('external_id'),
    /** An archived student is on no list and in no gallery. */
    archivedAt: instant('archived_at'),
    /** Number, name and email folded for searching: lower case, without diacritics. */
    searchText: text('search_text').notNull(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    unique('students_number_key').on(table.tenantId, table.number),
    unique('students_tenant_id_key').on(table.tenantId, table.id),
    unique('students_external_key').on(table.tenantId, table.externalId),
    index('students_department_idx').on(table.tenantId, table.department),
    // The list as it is asked for first.
    index('students_name_idx')
      .on(table.tenantId, sql`name collate "und-x-icu"`, table.id)
      .where(sql`archived_at is null`),
  ],
);

/** Who teaches; with a user once they have an account. */
export const teachers = pgTable(
  'teachers',
  {
    id: id(),
    tenantId: tenantId(),
    userId: uuid('user_id'),
    name: text('name').notNull(),
    email: text('email'),
    title: text('title'),
    department: text('department'),
    externalId: text('external_id'),
    /** No longer teaches: on no list, in no choice. */
    archivedAt: instant('archived_at'),
    searchText: text('search_text').notNull(),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    unique('teachers_tenant_id_key').on(table.tenantId, table.id),
    unique('teachers_user_key').on(table.userId),
    unique('teachers_external_key').on(table.tenantId, table.externalId),
    index('teachers_email_idx').on(table.tenantId, table.email),
    foreignKey({
      name: 'teachers_user_fk',
      columns: [table.tenantId, table.userId],
      foreignColumns: [users.tenantId, users.id],
    }),
  ],
);

/** Faces found in a photo of a class that nobody has named yet; gone after an hour. */
export const faceProposals = pgTable(
  'face_proposals',
  {
    id: id(),
    tenantId: tenantId(),
    courseId: uuid('course_id').notNull(),
    photoId: uuid('photo_id').notNull(),
    embeddingModel: text('embedding_model').notNull(),
    /** As in face_templates, encrypted. */
    embedding: bytea('embedding').notNull(),
    thumbnail: bytea('thumbnail').notNull(),
    box: jsonb('box').$type<[number, number, number, number]>().notNull(),
    quality: real('quality').notNull(),
    facePx: integer('face_px').notNull(),
    suggestedStudentId: uuid('suggested_student_id'),
    createdBy: uuid('created_by'),
    expiresAt: instant('expires_at').notNull(),
    createdAt: createdAt(),
  },
  (table) => [
    index('face_proposals_course_idx').on(table.tenantId, table.courseId),
    index('face_proposals_expiry_idx').on(table.expiresAt),
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
    /** Version of the text that the student was shown; null where none was named. */
    wording: text('wording'),
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
    /** Null: retention of a kind of data, of many students. */
    studentId: uuid('student_id'),
    reason: text('reason')
      .$type<'consent-withdrawn' | 'student-deleted' | 'template-deleted' | 'retention'>()
      .notNull(),
    purpose: text('purpose').$type<ConsentPurpose>(),
    /** Rows removed by table, and `files`. */
    removed: jsonb('removed').$type<Record<string, number>>().notNull(),
    requestedBy: uuid('requested_by'),
    at: instant('at').notNull().defaultNow(),
  },
  (table) => [index('erasure_receipts_student_idx').on(table.tenantId, table.studentId)],
);
