import { sql } from 'drizzle-orm';
import {
  boolean,
  date,
  doublePrecision,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  real,
  text,
  time,
  unique,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import { bytea, createdAt, id, instant, updatedAt } from '../columns.ts';
import { students, teachers } from './people.ts';
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
    department: text('department'),
    externalId: text('external_id'),
    /** Sessions are opened by hand, by the schedule, or by the first camera of the room that sees a class. */
    opens: text('opens').$type<'manual' | 'schedule' | 'camera'>().notNull().default('manual'),
    /** Absences in the semester from which on the student is warned; null: never. */
    warnAfterAbsences: integer('warn_after_absences'),
    /** First seen later than this many minutes after the start: late. */
    lateAfterMinutes: integer('late_after_minutes').notNull().default(15),
    /** Seen for a smaller share of the session, 0…1: absent. 0 switches the rule off. */
    minPresenceShare: real('min_presence_share').notNull().default(0),
    /** Minutes at the end that leaving early does not count. */
    graceMinutes: integer('grace_minutes').notNull().default(5),
    /** Over: on no list, opened by no schedule; its attendance stays. */
    archivedAt: instant('archived_at'),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    unique('courses_code_key').on(table.tenantId, table.code, table.semester),
    unique('courses_tenant_id_key').on(table.tenantId, table.id),
    unique('courses_external_key').on(table.tenantId, table.externalId),
    index('courses_department_idx').on(table.tenantId, table.department),
  ],
);

export const courseTeachers = pgTable(
  'course_teachers',
  {
    tenantId: tenantId(),
    courseId: uuid('course_id').notNull(),
    teacherId: uuid('teacher_id').notNull(),
    createdAt: createdAt(),
  },
  (table) => [
    primaryKey({ columns: [table.courseId, table.teacherId] }),
    index('course_teachers_teacher_idx').on(table.tenantId, table.teacherId),
    foreignKey({
      name: 'course_teachers_course_fk',
      columns: [table.tenantId, table.courseId],
      foreignColumns: [courses.tenantId, courses.id],
    }).onDelete('cascade'),
    foreignKey({
      name: 'course_teachers_teacher_fk',
      columns: [table.tenantId, table.teacherId],
      foreignColumns: [teachers.tenantId, teachers.id],
    }).onDelete('cascade'),
  ],
);

export const rooms = pgTable(
  'rooms',
  {
    id: id(),
    tenantId: tenantId(),
    name: text('name').notNull(),
    building: text('building'),
    capacity: integer('capacity'),
    /** WGS 84, degrees: where scanning a QR code may be asked to happen. */
    latitude: doublePrecision('latitude'),
    longitude: doublePrecision('longitude'),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    unique('rooms_name_key').on(table.tenantId, table.name),
    unique('rooms_tenant_id_key').on(table.tenantId, table.id),
  ],
);

/** When a course meets every week, in the institution's own time. */
export const courseMeetings = pgTable(
  'course_meetings',
  {
    id: id(),
    tenantId: tenantId(),
    courseId: uuid('course_id').notNull(),
    /** ISO: 1 Monday … 7 Sunday. */
    weekday: integer('weekday').notNull(),
    /** Local wall time. */
    startsAt: time('starts_at').notNull(),
    endsAt: time('ends_at').notNull(),
    roomId: uuid('room_id'),
    validFrom: date('valid_from'),
    validUntil: date('valid_until'),
    createdAt: createdAt(),
  },
  (table) => [
    unique('course_meetings_tenant_id_key').on(table.tenantId, table.id),
    index('course_meetings_course_idx').on(table.tenantId, table.courseId),
    index('course_meetings_weekday_idx').on(table.tenantId, table.weekday),
    foreignKey({
      name: 'course_meetings_course_fk',
      columns: [table.tenantId, table.courseId],
      foreignColumns: [courses.tenantId, courses.id],
    }).onDelete('cascade'),
    foreignKey({
      name: 'course_meetings_room_fk',
      columns: [table.tenantId, table.roomId],
      foreignColumns: [rooms.tenantId, rooms.id],
    }),
  ],
);

/** Days without classes: the schedule opens nothing. */
export const holidays = pgTable(
  'holidays',
  {
    id: id(),
    tenantId: tenantId(),
    day: date('day').notNull(),
    name: text('name').notNull(),
  },
  (table) => [unique('holidays_day_key').on(table.tenantId, table.day)],
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
    // What counts by course reads this alone.
    index('enrolments_course_idx').on(table.tenantId, table.courseId, table.studentId),
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
    /** `network`: it is at `url`. `publisher`: a browser or an encoder that sends to us, for one session. */
    kind: text('kind').$type<'network' | 'publisher'>().notNull().default('network'),
    /** The session that a publisher is for, which it goes with; the key stands in the migration. */
    sessionId: uuid('session_id'),
    /** The student whose own camera a publisher is: nobody else is looked for in it. */
    studentId: uuid('student_id'),
    roomId: uuid('room_id'),
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
    uniqueIndex('cameras_name_key').on(table.tenantId, table.name).where(sql`kind = 'network'`),
    unique('cameras_tenant_id_key').on(table.tenantId, table.id),
    index('cameras_room_idx').on(table.tenantId, table.roomId),
    index('cameras_session_idx').on(table.sessionId),
    index('cameras_student_idx').on(table.studentId),
    foreignKey({
      name: 'cameras_room_fk',
      columns: [table.tenantId, table.roomId],
      foreignColumns: [rooms.tenantId, rooms.id],
    }),
  ],
);
