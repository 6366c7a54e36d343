import { sql } from 'drizzle-orm';
import {
  bigint,
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
  /** Host name that shows this institution; lower case, null: none of its own. */
  domain: text('domain').unique(),
  active: boolean('active').notNull().default(true),
  /** What the institution sets itself; read through features/tenants/settings.ts, which fills in the defaults. */
  settings: jsonb('settings').$type<Record<string, unknown>>().notNull().default({}),
  /** PNG, JPEG or SVG-free WebP as it is served; not personal, so not encrypted. */
  logo: bytea('logo'),
  logoType: text('logo_type'),
  createdAt: createdAt(),
  updatedAt: updatedAt(),
});

/** Data keys that were in use before: what they encrypted can be read until it has been encrypted anew. */
export const tenantKeys = pgTable(
  'tenant_keys',
  {
    tenantId: uuid('tenant_id')
      .notNull()
      .references(() => tenants.id, { onDelete: 'cascade' }),
    wrappedKey: bytea('wrapped_key').notNull(),
    id: id(),
    retiredAt: instant('retired_at').notNull().defaultNow(),
  },
  (table) => [index('tenant_keys_tenant_idx').on(table.tenantId)],
);

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
    /** argon2id in PHC form; null: signs in through a provider, or was invited and has not chosen one yet. */
    passwordHash: text('password_hash'),
    active: boolean('active').notNull().default(true),
    /** The roster entry of a user with the role `student`. */
    studentId: uuid('student_id'),
    /** Secret of the second factor, encrypted; it counts once `totpEnabledAt` is set. */
    totpSecret: bytea('totp_secret'),
    totpEnabledAt: instant('totp_enabled_at'),
    /** The last time step that was used: a code works once. */
    totpLastStep: bigint('totp_last_step', { mode: 'number' }),
    /** Access tokens issued before are refused: password changed, account disabled, sessions ended. */
    tokensValidAfter: instant('tokens_valid_after'),
    preferences: jsonb('preferences').$type<Record<string, unknown>>().notNull().default({}),
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
    /** How the sign-in was made: password, totp, backup-code, oidc. */
    methods: jsonb('methods').$type<string[]>().notNull().default([]),
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
