import { eq } from 'drizzle-orm';
import { type PolicyId, policy } from '../../../config/policies.ts';
import { tenants } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { ApiError } from '../../errors.ts';
import { tenantSettings } from '../tenants/settings.ts';

/** Under a policy that keeps recordings for no day at all, none is made. */
export const mayRecord = (id: PolicyId): boolean => policy(id).retentionDays.recordings > 0;

/**
 * Whether the institution's jurisdiction and the institution itself let sessions be recorded. Throws
 * `recording-prohibited`, `recording-off`.
 */
export async function assertMayRecord(tx: Tx, tenantId: string): Promise<void> {
  const [tenant] = await tx.select().from(tenants).where(eq(tenants.id, tenantId));
  if (!tenant || !mayRecord(tenant.policy)) throw new ApiError('recording-prohibited');
  if (!tenantSettings(tenant).recording.enabled) throw new ApiError('recording-off');
}
