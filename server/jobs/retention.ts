import { eq } from 'drizzle-orm';
import { policy } from '../../config/policies.ts';
import type { AppContext } from '../context.ts';
import { tenants } from '../db/schema/index.ts';
import type { Tx } from '../db/tenancy.ts';
import { failureText } from './attempt.ts';

export type Purge = (tx: Tx, given: PurgeContext) => Promise<number>;

export interface PurgeContext {
  tenantId: string;
  now: Date;
  /** Of the institution's jurisdiction. */
  policy: ReturnType<typeof policy>;
}

/** What is removed by age, each kind of data by the feature that keeps it. */
export interface Retention {
  /** `purge` removes what is out of date in one institution and says how many rows; run every night, twice is harmless. */
  register(name: string, purge: Purge): void;
  /** All purges of an institution: rows removed, by name. A purge that fails does not hold up the others. */
  run(tenantId: string): Promise<{ removed: Record<string, number>; failed: Record<string, string> }>;
}

export function createRetention(context: AppContext): Retention {
  const purges = new Map<string, Purge>();
  return {
    register(name, purge) {
      if (purges.has(name)) throw new Error(`There are two purges of the name ${name}.`);
      purges.set(name, purge);
    },
    async run(tenantId) {
      const removed: Record<string, number> = {};
      const failed: Record<string, string> = {};
      const now = new Date(context.clock.now());
      for (const [name, purge] of purges) {
        try {
          removed[name] = await context.db.tenant(tenantId, async (tx) => {
            const [tenant] = await tx.select().from(tenants).where(eq(tenants.id, tenantId));
            return tenant ? purge(tx, { tenantId, now, policy: policy(tenant.policy) }) : 0;
          });
        } catch (error) {
          context.log.error({ err: error, purge: name, tenantId }, 'a purge failed');
          failed[name] = failureText(error);
        }
      }
      return { removed, failed };
    },
  };
}
