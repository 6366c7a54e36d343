import type { AppContext } from '../../context.ts';
import type { TenantCrypto } from '../../crypto.ts';
import { tenants } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';

/** What sealed bytes of live sessions are for; authenticated with them. */
export const templatePurpose = (studentId: string): string => `face-template:${studentId}`;
export const reviewPurpose = (sessionId: string): string => `review:${sessionId}`;
export const cameraPurpose = (cameraId: string): string => `camera:${cameraId}`;

/** The keys of the institution that the transaction is bound to. */
export async function tenantCrypto(tx: Tx, context: AppContext, tenantId: string): Promise<TenantCrypto> {
  const [tenant] = await tx.select({ wrappedKey: tenants.wrappedKey }).from(tenants);
  if (!tenant) throw new Error('The transaction is not bound to an institution.');
  return context.crypto.tenant(tenantId, tenant.wrappedKey);
}
