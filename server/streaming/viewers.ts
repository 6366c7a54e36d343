import { ApiError } from '../errors.ts';

/** Counts who watches videos on this server, each video once. */
export interface Viewers {
  /** One more of the institution; returns how to leave, twice does no harm. Throws `viewers-full`. */
  admit(tenantId: string): () => void;
  count(): number;
}

export function createViewers(most: number): Viewers {
  const byTenant = new Map<string, number>();

  return {
    admit(tenantId) {
      const before = byTenant.get(tenantId) ?? 0;
      if (before >= most) throw new ApiError('viewers-full', { details: { most } });
      byTenant.set(tenantId, before + 1);
      let left = false;
      return () => {
        if (left) return;
        left = true;
        const now = byTenant.get(tenantId)! - 1;
        if (now > 0) byTenant.set(tenantId, now);
        else byTenant.delete(tenantId);
      };
    },
    count: () => [...byTenant.values()].reduce((sum, one) => sum + one, 0),
  };
}
