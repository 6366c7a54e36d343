import { createHash } from 'node:crypto';
import { and, asc, count, desc, eq, type SQL, sql } from 'drizzle-orm';
import { IANAZone } from 'luxon';
import { type EmotionMode, policy } from '../../../config/policies.ts';
import type { AppContext } from '../../context.ts';
import { newId } from '../../db/ids.ts';
import { violatedUnique } from '../../db/problems.ts';
import { oidcProviders, tenants, users } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { ApiError } from '../../errors.ts';
import { assertPassword, hashPassword } from '../auth/passwords.ts';
import { invite } from '../invitations/invite.ts';
import { searchColumns } from '../students/search.ts';
import type {
  AnyTenantPatch,
  NewTenantBody,
  Tenant,
  TenantPatch,
  TenantPublic,
  TenantQuery,
  TenantSummary,
} from './schemas.ts';
import { createTenant, currentTenant, type TenantRow } from './service.ts';
import { mergeSettings, SETTINGS_DEFAULTS, tenantSettings } from './settings.ts';

/** All but the logo, which is as large as all the rest. */
const columns = {
  id: tenants.id,
  name: tenants.name,
  locale: tenants.locale,
  timezone: tenants.timezone,
  policy: tenants.policy,
  emotionMode: tenants.emotionMode,
  domain: tenants.domain,
  active: tenants.active,
  settings: tenants.settings,
  createdAt: tenants.createdAt,
  logoVersion: sql<string | null>`left(encode(sha256(${tenants.logo}), 'hex'), 16)`,
};
type Summary = Pick<
  TenantRow,
  | 'id'
  | 'name'
  | 'locale'
  | 'timezone'
  | 'policy'
  | 'emotionMode'
  | 'domain'
  | 'active'
  | 'settings'
  | 'createdAt'
> & { logoVersion: string | null };

export async function readTenant(tx: Tx, tenantId: string): Promise<Tenant> {
  const [row] = await tx.select(columns).from(tenants).where(eq(tenants.id, tenantId));
  if (!row) throw new ApiError('tenant-not-found');
  return { ...shared(row), settings: tenantSettings(row) };
}

/** For the system's administrators: all institutions, nothing of what is in them but how many users. */
export async function listTenants(
  tx: Tx,
  query: TenantQuery,
): Promise<{ total: number; items: TenantSummary[] }> {
  const conditions: (SQL | undefined)[] = [
    query.active === undefined ? undefined : eq(tenants.active, query.active),
    ...searchColumns(query.search, tenants.name, tenants.domain),
  ];
  const where = and(...conditions);
  const sort = query.sort ?? 'name';
  const column = sort.endsWith('createdAt') ? tenants.createdAt : sql`${tenants.name} collate "und-x-icu"`;
  const [counted] = await tx.select({ total: count() }).from(tenants).where(where);
  const rows = await tx
    .select({
      ...columns,
      users: sql<number>`(select count(*)::int from users u where u.tenant_id = tenants.id)`,
    })
    .from(tenants)
    .where(where)
    .orderBy(sort.startsWith('-') ? desc(column) : asc(column), asc(tenants.id))
    .offset(query.skip)
    .limit(query.limit);
  return { total: counted?.total ?? 0, items: rows.map((row) => ({ ...shared(row), users: row.users })) };
}

export async function readSummary(tx: Tx, tenantId: string): Promise<TenantSummary> {
  const [row] = await tx
    .select({
      ...columns,
      users: sql<number>`(select count(*)::int from users u where u.tenant_id = tenants.id)`,
    })
    .from(tenants)
    .where(eq(tenants.id, tenantId));
  if (!row) throw new ApiError('tenant-not-found');
  return { ...shared(row), users: row.users };
}

/** Throws `timezone-unknown`, `emotion-prohibited`, `domain-taken`, `email-taken`, `password-too-weak`. */
export async function addTenant(
  context: AppContext,
  given: NewTenantBody,
  inviter: { userId: string; tenantId: string },
): Promise<TenantSummary> {
  assertTimezone(given.timezone);
  if (given.emotionMode !== undefined) assertEmotionMode(given.policy, given.emotionMode);
  const { admin } = given;
  const email = admin.email.toLowerCase();
  if (admin.password !== undefined) assertPassword(admin.password, email);
  const passwordHash = admin.password === undefined ? null : await hashPassword(admin.password);
  return taken(() =>
    context.db.system(async (tx) => {
      const tenantId = await createTenant(context, tx, {
        name: given.name.trim(),
        locale: given.locale,
        timezone: given.timezone,
        policy: given.policy,
        ...(given.emotionMode === undefined ? {} : { emotionMode: given.emotionMode }),
        domain: given.domain ?? null,
      });
      const [user] = await tx
        .insert(users)
        .values({
          id: newId(),
          tenantId,
          email,
          name: admin.name.trim(),
          role: 'admin',
          locale: given.locale,
          passwordHash,
        })
        .returning();
      if (passwordHash === null) {
        const [by] = await tx.select({ name: users.name }).from(users).where(eq(users.id, inviter.userId));
        const institution = given.name.trim();
        await invite(context, tx, {
          user: user!,
          institution,
          inviterName: by?.name ?? null,
          createdBy: null,
        });
      }
      return readSummary(tx, tenantId);
    }),
  );
}

/** By an administrator of the institution. Throws `timezone-unknown`, `emotion-prohibited`. */
export async function patchOwnTenant(
  context: AppContext,
  tenantId: string,
  patch: TenantPatch,
): Promise<Tenant> {
  if (patch.timezone !== undefined) assertTimezone(patch.timezone);
  const changed = await context.db.tenant(tenantId, async (tx) => {
    // Two who change different settings at once: neither undoes the other's.
    await tx.select({ id: tenants.id }).from(tenants).where(eq(tenants.id, tenantId)).for('no key update');
    const before = await currentTenant(tx, tenantId);
    if (patch.emotion !== undefined) assertEmotionMode(before.policy, patch.emotion.mode);
    await tx
      .update(tenants)
      .set({
        ...(patch.name === undefined ? {} : { name: patch.name.trim() }),
        ...(patch.locale === undefined ? {} : { locale: patch.locale }),
        ...(patch.timezone === undefined ? {} : { timezone: patch.timezone }),
        ...(patch.emotion === undefined ? {} : { emotionMode: patch.emotion.mode }),
        ...(patch.settings === undefined ? {} : { settings: mergeSettings(before.settings, patch.settings) }),
        updatedAt: new Date(context.clock.now()),
      })
      .where(eq(tenants.id, tenantId));
    return readTenant(tx, tenantId);
  });
  context.tokens.changed({ tenantId });
  context.origins.forget();
  return changed;
}

/** By a system administrator. Throws `tenant-not-found`, `timezone-unknown`, `domain-taken`, `own-tenant`. */
export async function patchAnyTenant(
  context: AppContext,
  caller: { tenantId: string },
  tenantId: string,
  patch: AnyTenantPatch,
): Promise<TenantSummary> {
  if (patch.timezone !== undefined) assertTimezone(patch.timezone);
  if (patch.active === false && tenantId === caller.tenantId) throw new ApiError('own-tenant');
  const changed = await taken(() =>
    context.db.system(async (tx) => {
      await tx
        .update(tenants)
        .set({
          ...(patch.name === undefined ? {} : { name: patch.name.trim() }),
          ...(patch.locale === undefined ? {} : { locale: patch.locale }),
          ...(patch.timezone === undefined ? {} : { timezone: patch.timezone }),
          ...(patch.domain === undefined ? {} : { domain: patch.domain }),
          ...(patch.active === undefined ? {} : { active: patch.active }),
          updatedAt: new Date(context.clock.now()),
        })
        .where(eq(tenants.id, tenantId));
      return readSummary(tx, tenantId);
    }),
  );
  context.tokens.changed({ tenantId });
  context.origins.forget();
  return changed;
}

/**
 * The institution that a host name shows: the one whose domain it is, else the only one; null where there are several,
 * and for the domain of one that is suspended: it shows no other.
 */
export async function tenantOfHost(tx: Tx, host: string): Promise<TenantRow | null> {
  const [named] = await tx.select().from(tenants).where(eq(tenants.domain, host.toLowerCase()));
  if (named) return named.active ? named : null;
  const all = await tx.select().from(tenants).where(eq(tenants.active, true)).limit(2);
  return all.length === 1 ? all[0]! : null;
}

export async function publicTenant(context: AppContext, host: string): Promise<TenantPublic> {
  return context.db.system(async (tx) => {
    const row = await tenantOfHost(tx, host);
    if (!row) {
      return {
        id: null,
        name: null,
        locale: context.config.seed.locale,
        colours: SETTINGS_DEFAULTS.colours,
        logoUrl: null,
        registrationOpen: false,
        oidcProviders: [],
      };
    }
    const settings = tenantSettings(row);
    return {
      id: row.id,
      name: row.name,
      locale: row.locale,
      colours: settings.colours,
      logoUrl: row.logo === null ? null : logoUrl(row.id, versionOf(row.logo)),
      registrationOpen: settings.registration.open,
      oidcProviders: await enabledProviders(tx, row.id),
    };
  });
}

export function enabledProviders(tx: Tx, tenantId: string): Promise<{ id: string; name: string }[]> {
  return tx
    .select({ id: oidcProviders.id, name: oidcProviders.name })
    .from(oidcProviders)
    .where(and(eq(oidcProviders.tenantId, tenantId), eq(oidcProviders.enabled, true)))
    .orderBy(asc(oidcProviders.name), asc(oidcProviders.id))
    .limit(50);
}

export function versionOf(logo: Buffer): string {
  return createHash('sha256').update(logo).digest('hex').slice(0, 16);
}

export const logoUrl = (tenantId: string, version: string): string =>
  `/api/v1/tenant/logo?id=${tenantId}&v=${version}`;

function shared(row: Summary): Omit<Tenant, 'settings'> {
  const { id, name, locale, timezone, domain, active } = row;
  return {
    id,
    name,
    locale,
    timezone,
    policy: row.policy,
    emotion: { prohibited: policy(row.policy).emotion.prohibited, mode: row.emotionMode },
    domain,
    active,
    logoUrl: row.logoVersion === null ? null : logoUrl(id, row.logoVersion),
    createdAt: row.createdAt.toISOString(),
  };
}

function assertTimezone(name: string): void {
  if (!/^[A-Za-z]/.test(name) || !IANAZone.isValidZone(name)) throw new ApiError('timezone-unknown');
}

function assertEmotionMode(id: TenantRow['policy'], mode: EmotionMode): void {
  const { emotion } = policy(id);
  if (!emotion.allowed.includes(mode) || (emotion.prohibited && mode !== 'off')) {
    throw new ApiError('emotion-prohibited', { details: { allowed: emotion.allowed } });
  }
}

async function taken<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const violated = violatedUnique(error);
    if (violated === 'users_email_key') throw new ApiError('email-taken', { cause: error });
    if (violated !== null) throw new ApiError('domain-taken', { cause: error });
    throw error;
  }
}
