import { sql } from 'drizzle-orm';
import {
  boolean,
  foreignKey,
  index,
  jsonb,
  pgTable,
  text,
  unique,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import type { EmotionMode, PolicyId } from '../../../config/policies.ts';
import { bytea, createdAt, id, instant, updatedAt } from '../columns.ts';

export const ROLES = ['sysadmin', 'admin', 'teacher', 'student'] as const;
export type Role = (typeof ROLES)[number];

/** An institution. Its row is visible to itself, and to the system for sign-in and start-up. */
export const tenants = pgTable('tenants', {
  id: id(),
  name: text('name').notNull(),
  locale: text('locale').notNull(),
  /** IANA name; local days are computed in it. */
  timezone: text('timezone').notNull(),
  policy: text('policy').$type<PolicyId>().notNull(),
  /** What the institution chose of what its policy allows. */
  emotionMode: text('emotion_mode').$type<EmotionMode>().notNull(),
  /** The institution's data key, wrapped by the master key. */
  wrappedKey: bytea('wrapped_key').notNull(),
  settings: jsonb('settings').$type<Record<string, unknown>>().notNull().default({}),
  createdAt: createdAt(),
});

export const users = pgTable(
  'users',
  {
    id: id(),
    tenantId: uuid('tenant_id')
      .notNull()
      .references(() => tenants.id, { onDelete: 'cascade' }),
    /** Lower case; unique over all institutions, so that signing in needs no other name. */
    email: text('email').notNull(),
    name: text('name').notNull(),
    role: text('role').$type<Role>().notNull(),
    locale: text('locale').notNull(),
    /** argon2id in PHC form. */
    passwordHash: text('password_hash').notNull(),
    active: boolean('active').notNull().default(true),
    /** The roster entry of a user with the role `student`. */
    studentId: uuid('student_id'),
    lastLoginAt: instant('last_login_at'),
    createdAt: createdAt(),
    updatedAt: updatedAt(),
  },
  (table) => [
    uniqueIndex('users_email_key').on(sql`lower(${table.email})`),
    unique('users_tenant_id_key').on(table.tenantId, table.id),
    uniqueIndex('users_student_key').on(table.studentId),
  ],
);

/** One row a token ever given out; only its SHA-256 is kept. A family starts at a sign-in. */
export const refreshTokens = pgTable(
  'refresh_tokens',
  {
    id: id(),
    tenantId: uuid('tenant_id').notNull(),
    userId: uuid('user_id').notNull(),
    familyId: uuid('family_id').notNull(),
    tokenHash: bytea('token_hash').notNull(),
    expiresAt: instant('expires_at').notNull(),
    /** Set when it was exchanged; a second exchange is theft and ends the family. */
    usedAt: instant('used_at'),
    revokedAt: instant('revoked_at'),
    revokedReason: text('revoked_reason'),
    userAgent: text('user_agent'),
    address: text('address'),
    createdAt: createdAt(),
  },
  (table) => [
    uniqueIndex('refresh_tokens_hash_key').on(table.tokenHash),
    index('refresh_tokens_family_idx').on(table.familyId),
    index('refresh_tokens_user_idx').on(table.tenantId, table.userId),
    foreignKey({
      name: 'refresh_tokens_user_fk',
      columns: [table.tenantId, table.userId],
      foreignColumns: [users.tenantId, users.id],
    }).onDelete('cascade'),
  ],
);
