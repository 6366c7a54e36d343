import { sql } from 'drizzle-orm';
import type { Database } from '../../db/client.ts';

/**
 * Which web pages may call the API from a browser: the server's own, those of the configuration, and those that any
 * institution names in its settings. A preflight request has no token, so it cannot be told which institution is
 * meant; an origin of one opens the door for its own tokens only, as everything behind it is held to the token.
 */
export interface Origins {
  allows(origin: string): Promise<boolean>;
  /** After a commit that changed settings. */
  forget(): void;
}

const FRESH_MS = 15_000;

export function createOrigins(db: Pick<Database, 'system'>, fixed: readonly string[]): Origins {
  let held: { origins: Promise<ReadonlySet<string>>; readAt: number } | null = null;

  async function read(): Promise<ReadonlySet<string>> {
    const rows = await db.system((tx) =>
      tx.execute<{ origin: string }>(sql`
        select distinct jsonb_array_elements_text(settings -> 'cors' -> 'origins') as origin
        from tenants where active and jsonb_typeof(settings -> 'cors' -> 'origins') = 'array'`),
    );
    return new Set(rows.map(({ origin }) => origin.toLowerCase()));
  }

  return {
    async allows(origin) {
      if (fixed.includes(origin)) return true;
      if (!held || performance.now() - held.readAt > FRESH_MS) {
        held = { origins: read(), readAt: performance.now() };
      }
      try {
        return (await held.origins).has(origin.toLowerCase());
      } catch {
        held = null;
        return false;
      }
    },
    forget() {
      held = null;
    },
  };
}
