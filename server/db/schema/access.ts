import {
  bigint,
  boolean,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  text,
  unique,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import { bytea, createdAt, id, instant } from '../columns.ts';
import { type Role, tenants, users } from './tenancy.ts';

const tenantId = () =>
  uuid('tenant_id')
    .notNull()
    .references(() => tenants.id, { onDelete: 'cascade' });

/** Codes for the day that the second factor is lost; only their hashes are kept, each works once. */
export const backupCodes = pgTable(
  'backup_codes',
  {
    id: id(),
    tenantId: tenantId(),
    userId: uuid('user_id').notNull(),
    codeHash: bytea('code_hash').notNull(),
    usedAt: instant('used_at'),
    createdAt: createdAt(),
  },
  (table) => [
    index('backup_codes_user_idx').on(table.tenantId, table.userId),
    foreignKey({
      name: 'backup_codes_user_fk',
      columns: [table.tenantId, table.userId],
      foreignColumns: [users.tenantId, users.id],
    }).onDelete('cascade'),
  ],
);

/** Links that work once: a password to be reset, an invitation to be taken. Only the token's SHA-256 is kept. */
export const oneTimeTokens = pgTable(
  'one_time_tokens',
  {
    id: id(),
    tenantId: tenantId(),
    userId: uuid('user_id'),
    purpose: text('purpose')
      .$type<'password-reset' | 'invitation' | 'second-factor' | 'publish' | 'publish-resume'>()
      .notNull(),
    tokenHash: bytea('token_hash').notNull(),
    data: jsonb('data').$type<Record<string, unknown>>().notNull().default({}),
    expiresAt: instant('expires_at').notNull(),
    usedAt: instant('used_at'),
    createdBy: uuid('created_by'),
    createdAt: createdAt(),
  },
  (table) => [
    uniqueIndex('one_time_tokens_hash_key').on(table.tokenHash),
    index('one_time_tokens_user_idx').on(table.tenantId, table.userId),
    foreignKey({
      name: 'one_time_tokens_user_fk',
      columns: [table.tenantId, table.userId],
      foreignColumns: [users.tenantId, users.id],
    }).onDelete('cascade'),
  ],
);

/** A code that makes an account of its holder, and may enrol them into a course. Given out on paper. */
export const activationCodes = pgTable(
  'activation_codes',
  {
    id: id(),
    tenantId: tenantId(),
    codeHash: bytea('code_hash').notNull(),
    /** First characters, so that an administrator can tell codes apart. */
    hint: text('hint').notNull(),
    label: text('label'),
    role: text('role').$type<Exclude<Role, 'sysadmin'>>().notNull(),
    /** The roster entry that the account is for; null: the holder says who they are. */
    studentId: uuid('student_id'),
    teacherId: uuid('teacher_id'),
    courseId: uuid('course_id'),
    maxUses: integer('max_uses').notNull().default(1),
    uses: integer('uses').notNull().default(0),
    expiresAt: instant('expires_at').notNull(),
    revokedAt: instant('revoked_at'),
    createdBy: uuid('created_by'),
    createdAt: createdAt(),
  },
  (table) => [
    uniqueIndex('activation_codes_hash_key').on(table.codeHash),
    index('activation_codes_tenant_idx').on(table.tenantId, table.createdAt),
  ],
);

/** Machine access; only the key's SHA-256 is kept. */
export const apiKeys = pgTable(
  'api_keys',
  {
    id: id(),
    tenantId: tenantId(),
    name: text('name').notNull(),
    /** First characters of the key, to recognise it by. */
    prefix: text('prefix').notNull(),
    keyHash: bytea('key_hash').notNull(),
    scopes: jsonb('scopes').$type<string[]>().notNull(),
    expiresAt: instant('expires_at'),
    lastUsedAt: instant('last_used_at'),
    revokedAt: instant('revoked_at'),
    createdBy: uuid('created_by'),
    createdAt: createdAt(),
  },
  (table) => [
    uniqueIndex('api_keys_hash_key').on(table.keyHash),
    index('api_keys_tenant_idx').on(table.tenantId),
  ],
);

/** A provider that the institution's people sign in with. */
export const oidcProviders = pgTable(
  'oidc_providers',
  {
    id: id(),
    tenantId: tenantId(),
    name: text('name').notNull(),
    issuer: text('issuer').notNull(),
    clientId: text('client_id').notNull(),
    /** Encrypted; null for a public client. */
    clientSecret: bytea('client_secret'),
    scopes: text('scopes').notNull().default('openid email profile'),
    /** Make an account with this role for who signs in first; null: only those who have one. */
    provisionRole: text('provision_role').$type<'teacher' | 'student'>(),
    enabled: boolean('enabled').notNull().default(true),
    createdAt: createdAt(),
  },
  (table) => [unique('oidc_providers_issuer_key').on(table.tenantId, table.issuer, table.clientId)],
);

/** A sign-in that is on its way at a provider. */
export const oidcStates = pgTable(
  'oidc_states',
  {
    id: id(),
    tenantId: tenantId(),
    providerId: uuid('provider_id').notNull(),
    stateHash: bytea('state_hash').notNull(),
    /** JSON of code verifier, nonce and where to return to, encrypted. */
    secrets: bytea('secrets').notNull(),
    expiresAt: instant('expires_at').notNull(),
    createdAt: createdAt(),
  },
  (table) => [uniqueIndex('oidc_states_hash_key').on(table.stateHash)],
);

/** Who a user is at a provider. */
export const userIdentities = pgTable(
  'user_identities',
  {
    id: id(),
    tenantId: tenantId(),
    userId: uuid('user_id').notNull(),
    providerId: uuid('provider_id')
      .notNull()
      .references(() => oidcProviders.id, { onDelete: 'cascade' }),
    subject: text('subject').notNull(),
    createdAt: createdAt(),
  },
  (table) => [
    unique('user_identities_subject_key').on(table.providerId, table.subject),
    index('user_identities_user_idx').on(table.tenantId, table.userId),
    foreignKey({
      name: 'user_identities_user_fk',
      columns: [table.tenantId, table.userId],
      foreignColumns: [users.tenantId, users.id],
    }).onDelete('cascade'),
  ],
);

/** Wrong attempts by account or address; survives a restart and holds for all servers. */
export const loginAttempts = pgTable('login_attempts', {
  /** HMAC of what was tried: an address or an account that may not exist. */
  key: bytea('key').primaryKey(),
  failures: integer('failures').notNull(),
  lockedUntil: instant('locked_until'),
  lastAt: instant('last_at').notNull(),
});

/** Keys that access tokens are signed with; the public halves are the JWKS. Of no institution. */
export const signingKeys = pgTable('signing_keys', {
  /** The `kid`. */
  id: text('id').primaryKey(),
  algorithm: text('algorithm').notNull(),
  publicJwk: jsonb('public_jwk').$type<Record<string, unknown>>().notNull(),
  /** PKCS#8 or JWK, encrypted with a key derived from the master key. */
  privateKey: bytea('private_key').notNull(),
  /** Signs from then on; published before, so that everybody knows it by then. */
  activeFrom: instant('active_from').notNull(),
  /** Verifies until then. */
  retiresAt: instant('retires_at').notNull(),
  createdAt: createdAt(),
});

/** What was answered to a POST with an Idempotency-Key: the same key gets the same answer. */
export const idempotencyKeys = pgTable(
  'idempotency_keys',
  {
    id: id(),
    tenantId: tenantId(),
    callerId: uuid('caller_id').notNull(),
    key: text('key').notNull(),
    requestHash: bytea('request_hash').notNull(),
    /** Null while the first request is still at work. */
    status: integer('status'),
    /** Answers are encrypted: they may hold what the request asked for. */
    answer: bytea('answer'),
    expiresAt: instant('expires_at').notNull(),
    createdAt: createdAt(),
  },
  (table) => [
    unique('idempotency_keys_key').on(table.tenantId, table.callerId, table.key),
    index('idempotency_keys_expiry_idx').on(table.tenantId, table.expiresAt),
  ],
);

/** Who did what, when, from where: every write, and every view of biometric or emotion data. Hash-chained. */
export const auditLog = pgTable(
  'audit_log',
  {
    id: id(),
    tenantId: tenantId(),
    /** 1, 2, 3 … without a gap, per institution. */
    seq: bigint('seq', { mode: 'number' }).notNull(),
    at: instant('at').notNull(),
    /** Null: the system itself. */
    actorId: uuid('actor_id'),
    actorKind: text('actor_kind').$type<'user' | 'api-key' | 'system'>().notNull(),
    action: text('action').notNull(),
    subjectType: text('subject_type'),
    subjectId: uuid('subject_id'),
    address: text('address'),
    userAgent: text('user_agent'),
    requestId: text('request_id'),
    /**
     * The chain covers address and user agent by this hash alone, salted: erasing a person blanks them and the salt, and
     * the chain still holds.
     */
    originHash: bytea('origin_hash').notNull(),
    originSalt: bytea('origin_salt'),
    /** Names of what was changed; never biometric data, secrets or the text of a note. */
    data: jsonb('data').$type<Record<string, unknown>>().notNull().default({}),
    previousHash: bytea('previous_hash').notNull(),
    hash: bytea('hash').notNull(),
  },
  (table) => [
    unique('audit_log_seq_key').on(table.tenantId, table.seq),
    index('audit_log_at_idx').on(table.tenantId, table.at),
    index('audit_log_subject_idx').on(table.tenantId, table.subjectId),
    index('audit_log_actor_idx').on(table.tenantId, table.actorId),
  ],
);

/**
 * Where the chain stood at some time, with a MAC under a key that is not in the database: shows a log whose end was cut
 * off, and says where it begins after old entries were purged.
 */
export const auditCheckpoints = pgTable(
  'audit_checkpoints',
  {
    id: id(),
    tenantId: tenantId(),
    /** `purge`: entries up to and with `seq` were removed by retention. */
    kind: text('kind').$type<'head' | 'purge'>().notNull(),
    seq: bigint('seq', { mode: 'number' }).notNull(),
    hash: bytea('hash').notNull(),
    at: instant('at').notNull(),
    mac: bytea('mac').notNull(),
  },
  (table) => [index('audit_checkpoints_seq_idx').on(table.tenantId, table.seq)],
);
