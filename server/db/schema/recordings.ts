import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  foreignKey,
  index,
  integer,
  pgTable,
  primaryKey,
  text,
  unique,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import { bytea, createdAt, id, instant } from '../columns.ts';
import { classSessions } from './sessions.ts';
import { tenants } from './tenancy.ts';

const tenantId = () =>
  uuid('tenant_id')
    .notNull()
    .references(() => tenants.id, { onDelete: 'cascade' });

/** One camera's video of one session; its segments lie encrypted in files. Gone with its session. */
export const recordings = pgTable(
  'recordings',
  {
    id: id(),
    tenantId: tenantId(),
    sessionId: uuid('session_id').notNull(),
    /** The camera's part in the session; a camera that is removed leaves its recordings. */
    streamId: uuid('stream_id').notNull(),
    /** As the camera was called. */
    name: text('name').notNull(),
    status: text('status').$type<'recording' | 'finished'>().notNull(),
    /** Why nothing is being written just now; null: all is well. */
    problem: text('problem'),
    /** Of AES-128, encrypted with the institution's key. */
    key: bytea('key').notNull(),
    startedAt: instant('started_at').notNull(),
    /** End of the last segment. */
    endedAt: instant('ended_at'),
    segments: integer('segments').notNull().default(0),
    durationMs: bigint('duration_ms', { mode: 'number' }).notNull().default(0),
    bytes: bigint('bytes', { mode: 'number' }).notNull().default(0),
    createdAt: createdAt(),
  },
  (table) => [
    unique('recordings_tenant_id_key').on(table.tenantId, table.id),
    uniqueIndex('recordings_stream_key').on(table.streamId).where(sql`status = 'recording'`),
    index('recordings_session_idx').on(table.sessionId),
    index('recordings_started_idx').on(table.tenantId, table.startedAt, table.id),
    foreignKey({
      name: 'recordings_session_fk',
      columns: [table.tenantId, table.sessionId],
      foreignColumns: [classSessions.tenantId, classSessions.id],
    }).onDelete('cascade'),
  ],
);

/** A few seconds of a recording: a row once the file is whole on the disk. */
export const recordingSegments = pgTable(
  'recording_segments',
  {
    tenantId: tenantId(),
    recordingId: uuid('recording_id').notNull(),
    /** From 0, without holes: the media sequence number, which is the IV of its encryption too. */
    seq: integer('seq').notNull(),
    startAt: instant('start_at').notNull(),
    durationMs: integer('duration_ms').notNull(),
    bytes: integer('bytes').notNull(),
    /** It does not go on from the one before: the camera or the recorder was away. */
    gap: boolean('gap').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.recordingId, table.seq] }),
    foreignKey({
      name: 'recording_segments_recording_fk',
      columns: [table.tenantId, table.recordingId],
      foreignColumns: [recordings.tenantId, recordings.id],
    }).onDelete('cascade'),
  ],
);
