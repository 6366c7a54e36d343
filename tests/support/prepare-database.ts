import { findTemplate } from './database-template.ts';

/** Before the first test. Where there is no Postgres, the tests that need it say so themselves. */
export async function setup(): Promise<void> {
  await findTemplate().catch((error: unknown) =>
    console.warn('no database could be made for tests to begin with:', error),
  );
}
