import { eq } from 'drizzle-orm';
import type { EmotionMode, PolicyId } from '../../../config/policies.ts';
import type { AppContext } from '../../context.ts';
import { tenants } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { ApiError } from '../../errors.ts';
import { type TenantSettings, tenantSettings } from '../tenants/settings.ts';
import { addDays, type DayRange, daysIn, localDay } from './periods.ts';
import { countedUpNow, knowCountedUp } from './tallies.ts';

/** What reports need to know of an institution; without its logo, which is large. */
export interface Institution {
  id: string;
  name: string;
  locale: string;
  timezone: string;
  policy: PolicyId;
  emotionMode: EmotionMode;
  settings: TenantSettings;
  /** The day that it is there. */
  today: string;
}

export async function institution(context: AppContext, tx: Tx, tenantId: string): Promise<Institution> {
  const [found] = await tx
    .select({
      id: tenants.id,
      name: tenants.name,
      locale: tenants.locale,
      timezone: tenants.timezone,
      policy: tenants.policy,
      emotionMode: tenants.emotionMode,
      settings: tenants.settings,
      countedUp: countedUpNow,
    })
    .from(tenants)
    .where(eq(tenants.id, tenantId));
  if (!found) throw new ApiError('unauthenticated');
  const { countedUp, ...row } = found;
  knowCountedUp(tx, countedUp);
  const today = localDay(context.clock.now(), row.timezone);
  return { ...row, settings: tenantSettings(row), today };
}

/** Absences from which on students are warned where their course says nothing; null: they are not. */
export function warningThreshold({ settings }: Institution): number | null {
  return settings.warnings.enabled ? settings.warnings.absences : null;
}

const LONGEST_DAYS = 400;

/** The days asked for; without them the last `days` up to today. Throws `range-invalid`. */
export function rangeOf(
  given: { from?: string | undefined; until?: string | undefined },
  today: string,
  days: number,
): DayRange {
  const until = given.until ?? (given.from && given.from > today ? given.from : today);
  const range = { from: given.from ?? addDays(until, 1 - days), until };
  const length = daysIn(range);
  if (!(length >= 1 && length <= LONGEST_DAYS)) throw new ApiError('range-invalid');
  return range;
}

/** The same, but null without any day: what is counted over whole courses then. */
export function rangeIfGiven(
  given: Parameters<typeof rangeOf>[0],
  today: string,
  days: number,
): DayRange | null {
  return given.from === undefined && given.until === undefined ? null : rangeOf(given, today, days);
}
