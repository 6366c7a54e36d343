import {
  boolean,
  doublePrecision,
  foreignKey,
  index,
  integer,
  pgTable,
  real,
  text,
  unique,
  uuid,
} from 'drizzle-orm/pg-core';
import { bytea, createdAt, id, instant } from '../columns.ts';
import { students } from './people.ts';
import { attendanceRecords, classSessions } from './sessions.ts';
import { tenants } from './tenancy.ts';

const tenantId = () =>
  uuid('tenant_id')
    .notNull()
    .references(() => tenants.id, { onDelete: 'cascade' });

/** Why a student is or was away, with a document where there is one; staff accept or refuse it. */
export const excuses = pgTable(
  'excuses',
  {
    id: id(),
    tenantId: tenantId(),
    studentId: uuid('student_id').notNull(),
    /** Sessions that start in this stretch of time are excused. */
    fromAt: instant('from_at').notNull(),
    untilAt: instant('until_at').notNull(),
    /** Only sessions of this course; null: all. */
    courseId: uuid('course_id'),
    note: text('note').notNull(),
    /** A file of `files`. */
    documentId: uuid('document_id'),
    status: text('status').$type<'open' | 'accepted' | 'refused'>().notNull(),
    answer: text('answer'),
    createdBy: uuid('created_by'),
    decidedBy: uuid('decided_by'),
    decidedAt: instant('decided_at'),
    createdAt: createdAt(),
  },
  (table) => [
    index('excuses_student_idx').on(table.tenantId, table.studentId, table.fromAt),
    index('excuses_status_idx').on(table.tenantId, table.status, table.createdAt),
    foreignKey({
      name: 'excuses_student_fk',
      columns: [table.tenantId, table.studentId],
      foreignColumns: [students.tenantId, students.id],
    }).onDelete('cascade'),
  ],
);

/** A student says that a mark is wrong; staff answer. */
export const contests = pgTable(
  'contests',
  {
    id: id(),
    tenantId: tenantId(),
    recordId: uuid('record_id').notNull(),
    studentId: uuid('student_id').notNull(),
    text: text('text').notNull(),
    status: text('status').$type<'open' | 'accepted' | 'refused'>().notNull(),
    answer: text('answer'),
    decidedBy: uuid('decided_by'),
    decidedAt: instant('decided_at'),
    createdAt: createdAt(),
  },
  (table) => [
    index('contests_record_idx').on(table.tenantId, table.recordId),
    index('contests_status_idx').on(table.tenantId, table.status, table.createdAt),
    foreignKey({
      name: 'contests_record_fk',
      columns: [table.tenantId, table.recordId],
      foreignColumns: [attendanceRecords.tenantId, attendanceRecords.id],
    }).onDelete('cascade'),
  ],
);

/** A window in which the students of a session may mark themselves with a code that rotates. */
export const qrSessions = pgTable(
  'qr_sessions',
  {
    id: id(),
    tenantId: tenantId(),
    sessionId: uuid('session_id').notNull(),
    /** 32 bytes that the codes are signed with, encrypted. */
    secret: bytea('secret').notNull(),
    rotateSeconds: integer('rotate_seconds').notNull(),
    /** The highest step ever shown: a clock that is set back does not bring old codes back. */
    lastStep: integer('last_step').notNull().default(0),
    opensAt: instant('opens_at').notNull(),
    closesAt: instant('closes_at').notNull(),
    /** Where a scan has to happen, WGS 84; null: anywhere. */
    latitude: doublePrecision('latitude'),
    longitude: doublePrecision('longitude'),
    radiusM: real('radius_m'),
    createdBy: uuid('created_by'),
    createdAt: createdAt(),
  },
  (table) => [
    index('qr_sessions_session_idx').on(table.tenantId, table.sessionId),
    unique('qr_sessions_tenant_id_key').on(table.tenantId, table.id),
    foreignKey({
      name: 'qr_sessions_session_fk',
      columns: [table.tenantId, table.sessionId],
      foreignColumns: [classSessions.tenantId, classSessions.id],
    }).onDelete('cascade'),
  ],
);

/** Every scan that named a student, accepted or not. */
export const qrScans = pgTable(
  'qr_scans',
  {
    id: id(),
    tenantId: tenantId(),
    qrSessionId: uuid('qr_session_id').notNull(),
    studentId: uuid('student_id').notNull(),
    accepted: boolean('accepted').notNull(),
    /** Why it was refused or is suspicious: an error code. */
    reason: text('reason'),
    /** HMAC of what the device calls itself, to see one device mark several students. */
    deviceHash: bytea('device_hash'),
    address: text('address'),
    distanceM: real('distance_m'),
    at: instant('at').notNull(),
  },
  (table) => [
    index('qr_scans_session_idx').on(table.tenantId, table.qrSessionId),
    index('qr_scans_student_idx').on(table.tenantId, table.studentId),
    foreignKey({
      name: 'qr_scans_qr_session_fk',
      columns: [table.tenantId, table.qrSessionId],
      foreignColumns: [qrSessions.tenantId, qrSessions.id],
    }).onDelete('cascade'),
    foreignKey({
      name: 'qr_scans_student_fk',
      columns: [table.tenantId, table.studentId],
      foreignColumns: [students.tenantId, students.id],
    }).onDelete('cascade'),
  ],
);
