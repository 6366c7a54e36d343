import { createHmac } from 'node:crypto';
import { inArray, lt, sql } from 'drizzle-orm';
import type { AppContext } from '../../context.ts';
import { loginAttempts } from '../../db/schema/index.ts';
import { ApiError } from '../../errors.ts';

/**
 * Slows down guessing: at one account from many addresses, and at many accounts from one address. After some free
 * attempts each further wrong one makes the account (or the address) wait, twice as long each time, up to 15 minutes.
 * Kept in the database, so that neither a restart nor another server starts anew. Names that do not exist are counted
 * too, or the answer would tell which do; what is kept is an HMAC, not the name.
 */
export interface LoginGuard {
  /**
   * Runs `check` unless the account or the address has to wait; then throws `rate-limited`. Checks of one account run
   * one after the other on this server: a hundred guesses at once are a hundred guesses, not one.
   * `check` answers whether it was right; what it throws counts neither way.
   */
  attempt(who: { account: string; address: string | null }, check: () => Promise<boolean>): Promise<boolean>;
}

interface Rule {
  free: number;
  /** Failures are forgotten after this time without another. */
  forgetMs: number;
}
const ACCOUNT: Rule = { free: 5, forgetMs: 24 * 3_600_000 };
/** Many people may share an address. */
const ADDRESS: Rule = { free: 50, forgetMs: 3_600_000 };
const LONGEST_WAIT_MS = 15 * 60_000;
/** Clocks of several servers differ by less; a last attempt further ahead means that the clock was set back. */
const CLOCK_TOLERANCE_MS = 60_000;
/** Requests that may queue up for one account before they are refused. */
const MAX_WAITING = 100;

export interface Attempts {
  failures: number;
  lockedUntil: Date | null;
  lastAt: Date;
}

/** Milliseconds to wait. With the clock set back, a lock lasts as long as its failures ask for, counted from now. */
export function waitOf(held: Attempts | undefined, rule: Rule, now: number): number {
  if (!held || now - held.lastAt.getTime() > rule.forgetMs) return 0;
  if (held.lastAt.getTime() > now + CLOCK_TOLERANCE_MS) return 0;
  return Math.min(Math.max(0, (held.lockedUntil?.getTime() ?? 0) - now), LONGEST_WAIT_MS);
}

/** What to keep after another failure. */
export function afterFailure(held: Attempts | undefined, rule: Rule, now: number): Attempts {
  const stale = !held || now - held.lastAt.getTime() > rule.forgetMs;
  const failures = (stale ? 0 : held.failures) + 1;
  const over = failures - rule.free;
  const waitMs = over < 0 ? 0 : Math.min(1000 * 2 ** Math.min(over, 30), LONGEST_WAIT_MS);
  return { failures, lockedUntil: waitMs === 0 ? null : new Date(now + waitMs), lastAt: new Date(now) };
}

export function createLoginGuard(context: Pick<AppContext, 'db' | 'clock' | 'crypto'>): LoginGuard {
  const { db, clock } = context;
  let secret: Buffer | null = null;
  const keyOf = (kind: string, name: string) => {
    secret ??= context.crypto.derive('login-attempts');
    return createHmac('sha256', secret).update(`${kind}:${name}`).digest();
  };
  const queue = createQueue();

  async function admit(keys: Key[]): Promise<void> {
    const now = clock.now();
    const rows = await db.system((tx) =>
      tx
        .select()
        .from(loginAttempts)
        .where(
          inArray(
            loginAttempts.key,
            keys.map(({ key }) => key),
          ),
        ),
    );
    const waits = keys.map(({ key, rule }) =>
      waitOf(
        rows.find((row) => row.key.equals(key)),
        rule,
        now,
      ),
    );
    const waitMs = Math.max(...waits);
    if (waitMs > 0) throw new ApiError('rate-limited', { retryAfter: waitMs / 1000 });
  }

  async function failed(keys: Key[]): Promise<void> {
    const now = clock.now();
    await db.system(async (tx) => {
      // In one order, so that two failures at once do not wait for each other.
      for (const { key, rule } of [...keys].sort((a, b) => Buffer.compare(a.key, b.key))) {
        await tx
          .insert(loginAttempts)
          .values({ key, failures: 0, lastAt: new Date(now) })
          .onConflictDoNothing();
        const [held] = await tx
          .select()
          .from(loginAttempts)
          .where(inArray(loginAttempts.key, [key]))
          .for('update');
        const next = afterFailure(held, rule, now);
        await tx
          .update(loginAttempts)
          .set(next)
          .where(inArray(loginAttempts.key, [key]));
      }
      // One in a hundred failures clears away what no longer counts.
      if (keys[0]!.key[0]! < 3) {
        await tx.delete(loginAttempts).where(lt(loginAttempts.lastAt, new Date(now - ACCOUNT.forgetMs)));
      }
    });
  }

  async function succeeded(account: Key): Promise<void> {
    await db.system((tx) => tx.execute(sql`delete from login_attempts where key = ${account.key}`));
  }

  return {
    attempt({ account, address }, check) {
      const accountKey: Key = { key: keyOf('account', account), rule: ACCOUNT };
      const keys =
        address === null ? [accountKey] : [accountKey, { key: keyOf('address', address), rule: ADDRESS }];
      return queue(account, async () => {
        await admit(keys);
        const right = await check();
        await (right ? succeeded(accountKey) : failed(keys));
        return right;
      });
    },
  };
}

interface Key {
  key: Buffer;
  rule: Rule;
}

/** Runs tasks of the same name one after the other. */
function createQueue(): <T>(name: string, task: () => Promise<T>) => Promise<T> {
  const tails = new Map<string, { tail: Promise<unknown>; waiting: number }>();
  return (name, task) => {
    const held = tails.get(name) ?? { tail: Promise.resolve(), waiting: 0 };
    if (held.waiting >= MAX_WAITING) throw new ApiError('rate-limited', { retryAfter: 5 });
    const run = held.tail.then(task, task);
    const entry = { tail: run.catch(() => undefined), waiting: held.waiting + 1 };
    held.tail = entry.tail;
    held.waiting = entry.waiting;
    tails.set(name, held);
    void entry.tail.then(() => {
      held.waiting--;
      if (held.waiting === 0) tails.delete(name);
    });
    return run;
  };
}
