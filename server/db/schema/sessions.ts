import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  date,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  real,
  smallint,
  text,
  unique,
  uuid,
} from 'drizzle-orm/pg-core';
import type { EmotionMode, PolicyId } from '../../../config/policies.ts';
import { bytea, createdAt, id, instant, updatedAt } from '../columns.ts';
import { cameras, courses } from './courses.ts';
import { students } from './people.ts';
import { tenants } from './tenancy.ts';

const tenantId = () =>
  uuid('tenant_id')
    .notNull()
    .references(() => tenants.id, { onDelete: 'cascade' });

/** Frozen when a session opens: a later change of the institution's settings does not touch it. */
export interface SessionPolicy {
  id: PolicyId;
  emotion: EmotionMode;
  minClassSize: number;
}

export interface SessionRules {
  lateAfterMinutes: number;
  minPresenceShare: number;
  graceMinutes: number;
}

/** One meeting of a course. */
export const classSessions = pgTable(
  'class_sessions',
  {
    id: id(),
    tenantId: tenantId(),
    courseId: uuid('course_id').notNull(),
    status: text('status').$type<'open' | 'closed'>().notNull(),
    startsAt: instant('starts_at').notNull(),
    endsAt: instant('ends_at'),
    openedAt: instant('opened_at').notNull(),
    closedAt: instant('closed_at'),
    openedBy: uuid('opened_by'),
    closedBy: uuid('closed_by'),
    roomId: uuid('room_id'),
    /** The meeting of the schedule that it is; one session a meeting and start. */
    meetingId: uuid('meeting_id'),
    openedHow: text('opened_how').$type<'manual' | 'schedule' | 'camera'>().notNull().default('manual'),
    /** The day of the start in the institution's time zone; filled in by a trigger. */
    day: date('day').notNull().default('1970-01-01'),
    policy: jsonb('policy').$type<SessionPolicy>().notNull(),
    rules: jsonb('rules').$type<SessionRules>().notNull(),
    /** For how long its cameras have given pictures: nobody can have been seen for longer. */
    watchedSeconds: real('watched_seconds').notNull().default(0),
    /** Its cameras are recorded since then; null: they are not. */
    recordingSince: instant('recording_since'),
    /** A remote class: students may be seen by cameras of their own. */
    ownCameras: boolean('own_cameras').notNull().default(false),
    createdAt: createdAt(),
  },
  (table) => [
    index('class_sessions_course_idx').on(table.tenantId, table.courseId, table.startsAt),
    index('class_sessions_open_idx').on(table.tenantId, table.openedAt).where(sql`status = 'open'`),
    unique('class_sessions_tenant_id_key').on(table.tenantId, table.id),
    unique('class_sessions_meeting_key').on(table.meetingId, table.startsAt),
    index('class_sessions_day_idx').on(table.tenantId, table.day, table.courseId),
    index('class_sessions_started_idx').on(table.tenantId, table.startsAt),
    index('class_sessions_opened_idx').on(table.tenantId, table.openedAt, table.id),
    foreignKey({
      name: 'class_sessions_course_fk',
      columns: [table.tenantId, table.courseId],
      foreignColumns: [courses.tenantId, courses.id],
    }).onDelete('restrict'),
  ],
);

/** A camera's part in a session. */
export const streams = pgTable(
  'streams',
  {
    id: id(),
    tenantId: tenantId(),
    sessionId: uuid('session_id').notNull(),
    cameraId: uuid('camera_id').notNull(),
    /** Tracks of a restarted worker start above it: a track id never means two faces in one session. */
    lastTrackId: integer('last_track_id').notNull().default(0),
    state: text('state').notNull().default('connecting'),
    reason: text('reason').notNull().default('starting'),
    /** Since when people have been told that it gives no picture. */
    downSince: instant('down_since'),
    endedAt: instant('ended_at'),
    createdAt: createdAt(),
  },
  (table) => [
    unique('streams_camera_key').on(table.sessionId, table.cameraId),
    unique('streams_tenant_id_key').on(table.tenantId, table.id),
    foreignKey({
      name: 'streams_session_fk',
      columns: [table.tenantId, table.sessionId],
      foreignColumns: [classSessions.tenantId, classSessions.id],
    }).onDelete('cascade'),
    foreignKey({
      name: 'streams_camera_fk',
      columns: [table.tenantId, table.cameraId],
      foreignColumns: [cameras.tenantId, cameras.id],
    }).onDelete('cascade'),
  ],
);

export const ATTENDANCE_STATUSES = ['pending', 'present', 'late', 'excused', 'absent'] as const;
export type AttendanceStatus = (typeof ATTENDANCE_STATUSES)[number];
export const ATTENDANCE_METHODS = ['face', 'qr', 'manual', 'import'] as const;
export type AttendanceMethod = (typeof ATTENDANCE_METHODS)[number];

/** One row a student and session: the projection of the events below. */
export const attendanceRecords = pgTable(
  'attendance_records',
  {
    id: id(),
    tenantId: tenantId(),
    sessionId: uuid('session_id').notNull(),
    studentId: uuid('student_id').notNull(),
    /** Of the session, kept here so that reports read one table. Filled in by a trigger. */
    courseId: uuid('course_id').notNull().default(sql`'00000000-0000-0000-0000-000000000000'`),
    day: date('day').notNull().default('1970-01-01'),
    status: text('status').$type<AttendanceStatus>().notNull(),
    method: text('method').$type<AttendanceMethod>(),
    /** 0…1. */
    confidence: real('confidence'),
    firstSeenAt: instant('first_seen_at'),
    lastSeenAt: instant('last_seen_at'),
    secondsSeen: real('seconds_seen').notNull().default(0),
    note: text('note'),
    /** The user whose word it is; a machine never changes it again. */
    correctedBy: uuid('corrected_by'),
    correctedAt: instant('corrected_at'),
    /** Rises with every change; a correction names the version that it saw. */
    version: integer('version').notNull().default(1),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    unique('attendance_records_student_key').on(table.sessionId, table.studentId),
    unique('attendance_records_tenant_id_key').on(table.tenantId, table.id),
    // Reports read these alone: what they count by is in the index.
    index('attendance_records_student_day_idx').on(
      table.tenantId,
      table.studentId,
      table.day,
      table.courseId,
      table.status,
    ),
    index('attendance_records_course_day_idx').on(
      table.tenantId,
      table.courseId,
      table.day,
      table.studentId,
      table.status,
    ),
    index('attendance_records_day_idx').on(
      table.tenantId,
      table.day,
      table.courseId,
      table.studentId,
      table.status,
    ),
    // The register of a course reads this alone: the records of many sessions lie far from each other.
    index('attendance_records_session_status_idx').on(
      table.sessionId,
      table.status,
      table.studentId,
      table.method,
      table.id,
      table.tenantId,
    ),
    index('attendance_records_missed_idx')
      .on(table.tenantId, table.day, table.courseId, table.studentId, table.sessionId, table.status)
      .where(sql`status in ('absent', 'excused')`),
    foreignKey({
      name: 'attendance_records_session_fk',
      columns: [table.tenantId, table.sessionId],
      foreignColumns: [classSessions.tenantId, classSessions.id],
    }).onDelete('cascade'),
    foreignKey({
      name: 'attendance_records_student_fk',
      columns: [table.tenantId, table.studentId],
      foreignColumns: [students.tenantId, students.id],
    }).onDelete('cascade'),
  ],
);

/**
 * How many records of a session have which status: what reports sum up. A row is right unless the session is in
 * `stale_tallies`; see features/reports/tallies.ts.
 */
export const sessionTallies = pgTable(
  'session_tallies',
  {
    sessionId: uuid('session_id').primaryKey(),
    tenantId: tenantId(),
    courseId: uuid('course_id').notNull(),
    day: date('day').notNull(),
    present: integer('present').notNull(),
    late: integer('late').notNull(),
    excused: integer('excused').notNull(),
    absent: integer('absent').notNull(),
    pending: integer('pending').notNull(),
    /** Of those who came, by what marked them. */
    byFace: integer('by_face').notNull().default(0),
    byQr: integer('by_qr').notNull().default(0),
    byHand: integer('by_hand').notNull().default(0),
    byImport: integer('by_import').notNull().default(0),
    /** Records with a person's word. */
    corrected: integer('corrected').notNull().default(0),
    /** Of those whom the machine recognised: see features/reports/accuracy.ts. */
    kept: integer('kept').notNull().default(0),
    timeCorrected: integer('time_corrected').notNull().default(0),
    correctedAway: integer('corrected_away').notNull().default(0),
  },
  (table) => [
    // Reports over days read this alone.
    index('session_tallies_day_idx').on(
      table.tenantId,
      table.day,
      table.courseId,
      table.present,
      table.late,
      table.excused,
      table.absent,
      table.pending,
    ),
    index('session_tallies_course_idx').on(table.tenantId, table.courseId, table.day),
    foreignKey({
      name: 'session_tallies_session_fk',
      columns: [table.tenantId, table.sessionId],
      foreignColumns: [classSessions.tenantId, classSessions.id],
    }).onDelete('cascade'),
  ],
);

/**
 * How often a student has missed the closed sessions of a course, all of them, and how often in a row; nobody without an
 * absence or excuse. Right unless the course is in `stale_tallies` because of a session that is not open; see
 * features/reports/absences.ts.
 */
export const absenceTallies = pgTable(
  'absence_tallies',
  {
    tenantId: tenantId(),
    courseId: uuid('course_id').notNull(),
    studentId: uuid('student_id').notNull(),
    absences: integer('absences').notNull(),
    excused: integer('excused').notNull(),
    currentStreak: integer('current_streak').notNull(),
    longestStreak: integer('longest_streak').notNull(),
    longestFrom: date('longest_from'),
    longestUntil: date('longest_until'),
  },
  (table) => [
    primaryKey({ columns: [table.courseId, table.studentId] }),
    index('absence_tallies_student_idx').on(table.tenantId, table.studentId),
    foreignKey({
      name: 'absence_tallies_course_fk',
      columns: [table.tenantId, table.courseId],
      foreignColumns: [courses.tenantId, courses.id],
    }).onDelete('cascade'),
    foreignKey({
      name: 'absence_tallies_student_fk',
      columns: [table.tenantId, table.studentId],
      foreignColumns: [students.tenantId, students.id],
    }).onDelete('cascade'),
  ],
);

/**
 * How often a student came, in time or late, and was absent in a week, of all courses together; a row for everybody with
 * a record in it, whatever it says. Each has seven sums: from Monday to Monday, to Tuesday … to Sunday, so that the days
 * between two others are a difference. Right where the week is in `counted_weeks` and no day of it in `stale_tallies`; see
 * features/reports/week-tallies.ts.
 */
export const studentWeeks = pgTable(
  'student_weeks',
  {
    tenantId: tenantId(),
    /** Its Monday. */
    week: date('week').notNull(),
    studentId: uuid('student_id').notNull(),
    came: smallint('came').array().notNull(),
    absent: smallint('absent').array().notNull(),
    /** Of any status. */
    records: smallint('records').array().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.tenantId, table.week, table.studentId] }),
    index('student_weeks_student_idx').on(table.tenantId, table.studentId),
    foreignKey({
      name: 'student_weeks_student_fk',
      columns: [table.tenantId, table.studentId],
      foreignColumns: [students.tenantId, students.id],
    }).onDelete('cascade'),
  ],
);

/** Weeks that `student_weeks` knows all about. */
export const countedWeeks = pgTable(
  'counted_weeks',
  {
    tenantId: tenantId(),
    /** Its Monday. */
    week: date('week').notNull(),
  },
  (table) => [primaryKey({ columns: [table.tenantId, table.week] })],
);

/**
 * Sessions that have changed, or their records, since they were counted. Rows are only added, by triggers, and taken away
 * by counting anew, so that two who write to one session never wait for each other because of it. Without references:
 * they are also written while an institution is removed.
 */
export const staleTallies = pgTable(
  'stale_tallies',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    tenantId: uuid('tenant_id').notNull(),
    courseId: uuid('course_id').notNull(),
    /** Null: only what is counted over the whole course is. */
    sessionId: uuid('session_id'),
    /** Of the records that changed: what is counted of its week is not right any more. Null: no record did. */
    day: date('day'),
  },
  (table) => [index('stale_tallies_session_idx').on(table.tenantId, table.sessionId)],
);

/** The ledger that records are rebuilt from. The application may add and erase rows, never change one. */
export const attendanceEvents = pgTable(
  'attendance_events',
  {
    id: id(),
    /** Order of writing, which is the order of replay. */
    seq: bigint('seq', { mode: 'number' }).generatedAlwaysAsIdentity().notNull(),
    tenantId: tenantId(),
    sessionId: uuid('session_id').notNull(),
    /** Null where it concerns the session, such as `session-closed`. */
    studentId: uuid('student_id'),
    /** seen, marked, corrected, confirmed, rejected, session-opened, session-closed … */
    type: text('type').notNull(),
    method: text('method').$type<AttendanceMethod>(),
    status: text('status').$type<AttendanceStatus>(),
    confidence: real('confidence'),
    /** When it happened, not when it was written. */
    at: instant('at').notNull(),
    streamId: uuid('stream_id'),
    trackId: integer('track_id'),
    /** The user who did it; null: the machine. */
    actorId: uuid('actor_id'),
    data: jsonb('data').$type<Record<string, unknown>>().notNull().default({}),
    createdAt: createdAt(),
  },
  (table) => [
    index('attendance_events_seq_idx').on(table.tenantId, table.seq),
    index('attendance_events_session_idx').on(table.tenantId, table.sessionId, table.seq),
    index('attendance_events_student_idx').on(table.tenantId, table.studentId, table.seq),
    index('attendance_events_rejected_idx').on(table.tenantId, table.sessionId).where(sql`type = 'rejected'`),
    foreignKey({
      name: 'attendance_events_session_fk',
      columns: [table.tenantId, table.sessionId],
      foreignColumns: [classSessions.tenantId, classSessions.id],
    }).onDelete('cascade'),
    foreignKey({
      name: 'attendance_events_student_fk',
      columns: [table.tenantId, table.studentId],
      foreignColumns: [students.tenantId, students.id],
    }).onDelete('cascade'),
  ],
);

/** A track that is nearly sure to be a student; a person decides. */
export const reviewItems = pgTable(
  'review_items',
  {
    id: id(),
    tenantId: tenantId(),
    sessionId: uuid('session_id').notNull(),
    streamId: uuid('stream_id').notNull(),
    trackId: integer('track_id').notNull(),
    studentId: uuid('student_id').notNull(),
    confidence: real('confidence').notNull(),
    score: real('score').notNull(),
    margin: real('margin').notNull(),
    firstSeenAt: instant('first_seen_at').notNull(),
    askedAt: instant('asked_at').notNull(),
    status: text('status').$type<'open' | 'confirmed' | 'rejected' | 'obsolete'>().notNull(),
    decidedAt: instant('decided_at'),
    decidedBy: uuid('decided_by'),
    /** Who it was instead, where the person knew. */
    decidedStudentId: uuid('decided_student_id'),
    embeddingModel: text('embedding_model'),
    /** The track's embedding, encrypted; removed when the item is settled. */
    embedding: bytea('embedding'),
    createdAt: createdAt(),
  },
  (table) => [
    unique('review_items_track_key').on(table.streamId, table.trackId, table.studentId),
    index('review_items_session_idx').on(table.tenantId, table.sessionId, table.status),
    foreignKey({
      name: 'review_items_session_fk',
      columns: [table.tenantId, table.sessionId],
      foreignColumns: [classSessions.tenantId, classSessions.id],
    }).onDelete('cascade'),
    foreignKey({
      name: 'review_items_student_fk',
      columns: [table.tenantId, table.studentId],
      foreignColumns: [students.tenantId, students.id],
    }).onDelete('cascade'),
  ],
);

/** Frames of one student in one bucket of 10 s and one stream. */
export const engagementSamples = pgTable(
  'engagement_samples',
  {
    tenantId: tenantId(),
    sessionId: uuid('session_id').notNull(),
    studentId: uuid('student_id').notNull(),
    streamId: uuid('stream_id').notNull(),
    startAt: instant('start_at').notNull(),
    lengthMs: integer('length_ms').notNull(),
    framesSampled: integer('frames_sampled').notNull(),
    framesSeen: integer('frames_seen').notNull(),
    framesJudged: integer('frames_judged').notNull(),
    framesAttentive: integer('frames_attentive').notNull(),
    eyesJudged: integer('eyes_judged').notNull(),
    eyesClosed: integer('eyes_closed').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.sessionId, table.startAt, table.studentId, table.streamId] }),
    index('engagement_samples_student_idx').on(table.tenantId, table.studentId, table.startAt),
    foreignKey({
      name: 'engagement_samples_session_fk',
      columns: [table.tenantId, table.sessionId],
      foreignColumns: [classSessions.tenantId, classSessions.id],
    }).onDelete('cascade'),
    foreignKey({
      name: 'engagement_samples_student_fk',
      columns: [table.tenantId, table.studentId],
      foreignColumns: [students.tenantId, students.id],
    }).onDelete('cascade'),
  ],
);

/**
 * Emotion where the policy allows it: of a class (`student_id` null) or, in the mode `individual`, of a student.
 * No row of it exists in a session whose frozen policy says `off`.
 */
export const emotionHistory = pgTable(
  'emotion_history',
  {
    id: id(),
    tenantId: tenantId(),
    sessionId: uuid('session_id').notNull(),
    studentId: uuid('student_id'),
    startAt: instant('start_at').notNull(),
    lengthMs: integer('length_ms').notNull(),
    /** How many people the row is made of; never below the policy's minimum for a class. */
    people: integer('people').notNull(),
    samples: integer('samples').notNull(),
    /** Mean scores in the order of EMOTION_LABELS. */
    scores: real('scores').array().notNull(),
  },
  (table) => [
    unique('emotion_history_bucket_key')
      .on(table.sessionId, table.startAt, table.studentId)
      .nullsNotDistinct(),
    index('emotion_history_student_idx').on(table.tenantId, table.studentId),
    foreignKey({
      name: 'emotion_history_session_fk',
      columns: [table.tenantId, table.sessionId],
      foreignColumns: [classSessions.tenantId, classSessions.id],
    }).onDelete('cascade'),
    foreignKey({
      name: 'emotion_history_student_fk',
      columns: [table.tenantId, table.studentId],
      foreignColumns: [students.tenantId, students.id],
    }).onDelete('cascade'),
  ],
);
