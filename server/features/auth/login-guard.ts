import { LRUCache } from 'lru-cache';
import type { Clock } from '../../context.ts';
import { ApiError } from '../../errors.ts';

/**
 * Slows down guessing at one account from many addresses: after five wrong passwords each further one makes the
 * account wait, twice as long each time, up to 15 minutes. Addresses have a limit of their own (plugins/security.ts).
 */
export interface LoginGuard {
  /** Throws `rate-limited` while the account has to wait. */
  admit(account: string): void;
  failed(account: string): void;
  succeeded(account: string): void;
}

const FREE_ATTEMPTS = 5;
const LONGEST_WAIT_MS = 15 * 60_000;

export function createLoginGuard(clock: Clock): LoginGuard {
  // Accounts that do not exist are counted too, or the answer would tell which do; hence the bound.
  const accounts = new LRUCache<string, { failures: number; until: number }>({ max: 10_000 });
  return {
    admit(account) {
      const waitMs = (accounts.get(account)?.until ?? 0) - clock.now();
      if (waitMs > 0) throw new ApiError('rate-limited', { retryAfter: waitMs / 1000 });
    },
    failed(account) {
      const failures = (accounts.get(account)?.failures ?? 0) + 1;
      const over = failures - FREE_ATTEMPTS;
      const waitMs = over < 0 ? 0 : Math.min(1000 * 2 ** over, LONGEST_WAIT_MS);
      accounts.set(account, { failures, until: clock.now() + waitMs });
    },
    succeeded(account) {
      accounts.delete(account);
    },
  };
}
