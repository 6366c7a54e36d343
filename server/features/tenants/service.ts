import { desc, eq } from 'drizzle-orm';
import { type EmotionMode, emotionMode, type PolicyId } from '../../../config/policies.ts';
import type { AppContext } from '../../context.ts';
import type { TenantCrypto } from '../../crypto.ts';
import { newId } from '../../db/ids.ts';
import { tenantKeys, tenants } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { ApiError } from '../../errors.ts';

export type TenantRow = typeof tenants.$inferSelect;

/** The institution of the transaction. */
export async function currentTenant(tx: Tx, tenantId: string): Promise<TenantRow> {
  const [found] = await tx.select().from(tenants).where(eq(tenants.id, tenantId));
  if (!found) throw new ApiError('unauthenticated');
  return found;
}

/** What encrypts and decrypts the institution's data. */
export async function tenantCrypto(context: AppContext, tx: Tx, tenantId: string): Promise<TenantCrypto> {
  const rows = await tx
    .select({ current: tenants.wrappedKey, retired: tenantKeys.wrappedKey })
    .from(tenants)
    .leftJoin(tenantKeys, eq(tenantKeys.tenantId, tenants.id))
    .where(eq(tenants.id, tenantId))
    .orderBy(desc(tenantKeys.id));
  if (!rows[0]) throw new ApiError('unauthenticated');
  const retired = rows.flatMap((row) => (row.retired === null ? [] : [row.retired]));
  return context.crypto.tenant(tenantId, rows[0].current, retired);
}

export interface NewTenant {
  name: string;
  locale: string;
  timezone: string;
  policy: PolicyId;
  emotionMode?: EmotionMode;
  domain?: string | null;
}

/** In a `system` transaction. The policy is fixed from then on. */
export async function createTenant(context: AppContext, tx: Tx, given: NewTenant): Promise<string> {
  const id = newId();
  await tx.insert(tenants).values({
    id,
    name: given.name,
    locale: given.locale,
    timezone: given.timezone,
    policy: given.policy,
    emotionMode: emotionMode(given.policy, given.emotionMode),
    domain: given.domain ?? null,
    wrappedKey: context.crypto.createTenantKey(id),
  });
  return id;
}
