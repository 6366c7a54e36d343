import {
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
import { bytea, createdAt, id, updatedAt } from '../columns.ts';
import { students } from './people.ts';
import { tenants } from './tenancy.ts';

const tenantId = () =>
  uuid('tenant_id')
    .notNull()
    .references(() => tenants.id, { onDelete: 'cascade' });

export const courses = pgTable(
  'courses',
  {
    id: id(),
    tenantId: tenantId(),
    code: text('code').notNull(),
    name: text('name').notNull(),
    /** Empty where the institution has no semesters, so that the key below holds. */
    semester: text('semester').notNull().default(''),
    /** First seen later than this many minutes after the start: late. */
    lateAfterMinutes: integer('late_after_minutes').notNull().default(15),
    /** Seen for a smaller share of the session, 0…1: absent. 0 switches the rule off. */
    minPresenceShare: real('min_presence_share').notNull().default(0),
    /** Minutes at the end that leaving early does not count. */
    graceMinutes: integer('grace_minutes').notNull().default(5),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    unique('courses_code_key').on(table.tenantId, table.code, table.semester),
    unique('courses_tenant_id_key').on(table.tenantId, table.id),
  ],
);

export const enrolments = pgTable(
  'enrolments',
  {
    tenantId: tenantId(),
    courseId: uuid('course_id').notNull(),
    studentId: uuid('student_id').notNull(),
    createdAt: createdAt(),
  },
  (table) => [
    primaryKey({ columns: [table.courseId, table.studentId] }),
    index('enrolments_student_idx').on(table.tenantId, table.studentId),
    foreignKey({
      name: 'enrolments_course_fk',
      columns: [table.tenantId, table.courseId],
      foreignColumns: [courses.tenantId, courses.id],
    }).onDelete('cascade'),
    foreignKey({
      name: 'enrolments_student_fk',
      columns: [table.tenantId, table.studentId],
      foreignColumns: [students.tenantId, students.id],
    }).onDelete('cascade'),
  ],
);

export const cameras = pgTable(
  'cameras',
  {
    id: id(),
    tenantId: tenantId(),
    name: text('name').notNull(),
    room: text('room'),
    /** Without user name and password. */
    url: text('url').notNull(),
    /** JSON of user name and password, encrypted with the institution's key. */
    credentials: bytea('credentials'),
    sampling: jsonb('sampling').$type<{ mode: 'fps'; fps: number } | { mode: 'keyframes' }>().notNull(),
    enabled: boolean('enabled').notNull().default(true),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    unique('cameras_name_key').on(table.tenantId, table.name),
    unique('cameras_tenant_id_key').on(table.tenantId, table.id),
  ],
);
