import { and, asc, count, eq, gte, lte, sql } from 'drizzle-orm';
import type { AppContext } from '../../context.ts';
import { newId } from '../../db/ids.ts';
import { violatedUnique } from '../../db/problems.ts';
import { holidays } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { ApiError } from '../../errors.ts';
import type { Holiday, HolidayPatch, HolidayQuery, NewHoliday } from './schemas.ts';

const columns = { id: holidays.id, day: holidays.day, name: holidays.name };

/** Days without classes, in their order. */
export async function listHolidays(
  tx: Tx,
  query: HolidayQuery,
): Promise<{ total: number; items: Holiday[] }> {
  const where = and(
    query.from === undefined ? undefined : gte(holidays.day, query.from),
    query.until === undefined ? undefined : lte(holidays.day, query.until),
  );
  const [counted] = await tx.select({ total: count() }).from(holidays).where(where);
  const items = await tx
    .select(columns)
    .from(holidays)
    .where(where)
    .orderBy(asc(holidays.day))
    .offset(query.skip)
    .limit(query.limit);
  return { total: counted?.total ?? 0, items };
}

/** Throws `holiday-taken`. */
export async function createHoliday(
  context: AppContext,
  tenantId: string,
  given: NewHoliday,
): Promise<Holiday> {
  return taken(() =>
    context.db.tenant(tenantId, async (tx) => {
      const [row] = await tx
        .insert(holidays)
        .values({ id: newId(), tenantId, day: given.day, name: given.name.trim() })
        .returning(columns);
      return row!;
    }),
  );
}

/** Throws `holiday-not-found`, `holiday-taken`. */
export async function patchHoliday(
  context: AppContext,
  tenantId: string,
  holidayId: string,
  patch: HolidayPatch,
): Promise<Holiday> {
  return taken(() =>
    context.db.tenant(tenantId, async (tx) => {
      const [row] = await tx
        .update(holidays)
        .set({
          // A change of nothing is one, too: the statement must not be empty.
          day: patch.day ?? sql`${holidays.day}`,
          ...(patch.name === undefined ? {} : { name: patch.name.trim() }),
        })
        .where(eq(holidays.id, holidayId))
        .returning(columns);
      if (!row) throw new ApiError('holiday-not-found');
      return row;
    }),
  );
}

/** Throws `holiday-not-found`. */
export async function deleteHoliday(context: AppContext, tenantId: string, holidayId: string): Promise<void> {
  await context.db.tenant(tenantId, async (tx) => {
    const gone = await tx.delete(holidays).where(eq(holidays.id, holidayId)).returning({ id: holidays.id });
    if (gone.length === 0) throw new ApiError('holiday-not-found');
  });
}

async function taken<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (violatedUnique(error) === 'holidays_day_key') throw new ApiError('holiday-taken', { cause: error });
    throw error;
  }
}
