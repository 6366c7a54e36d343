import { type SQL, sql } from 'drizzle-orm';

/**
 * How often each status was decided. `rate` is (present + late) / (present + late + absent): who was excused neither
 * helps nor harms it, and what nobody has decided yet is left out. Null where there is nothing to divide.
 */
export interface Counts {
  present: number;
  late: number;
  excused: number;
  absent: number;
  pending: number;
  rate: number | null;
}

export type RawCounts = Omit<Counts, 'rate'>;

export const NO_COUNTS: RawCounts = { present: 0, late: 0, excused: 0, absent: 0, pending: 0 };

export function withRate<T extends RawCounts>(counts: T): T & Counts {
  return { ...counts, rate: rateOf(counts) };
}

export function rateOf({ present, late, absent }: RawCounts): number | null {
  const judged = present + late + absent;
  return judged === 0 ? null : (present + late) / judged;
}

/** Difference of two rates in percentage points; null where one of them is unknown. */
export function trendOf(now: number | null, before: number | null): number | null {
  return now === null || before === null ? null : (now - before) * 100;
}

export function addCounts(a: RawCounts, b: RawCounts): RawCounts {
  return {
    present: a.present + b.present,
    late: a.late + b.late,
    excused: a.excused + b.excused,
    absent: a.absent + b.absent,
    pending: a.pending + b.pending,
  };
}

export function sumOf(lines: readonly RawCounts[]): Counts {
  return withRate(lines.reduce<RawCounts>(addCounts, NO_COUNTS));
}

/** The five counts of `r.status` in a grouped query over attendance_records r. */
export const countColumns: SQL = sql`
  count(*) filter (where r.status = 'present')::int as present,
  count(*) filter (where r.status = 'late')::int as late,
  count(*) filter (where r.status = 'excused')::int as excused,
  count(*) filter (where r.status = 'absent')::int as absent,
  count(*) filter (where r.status = 'pending')::int as pending`;

/** What a rate is made of, in a grouped query over attendance_records r: who was excused and what is open is neither. */
export const judgedColumns: SQL = sql`
  (count(*) filter (where r.status in ('present', 'late')))::int as came,
  (count(*) filter (where r.status = 'absent'))::int as absent`;

/** What else is counted of records `r`, for the columns of `session_tallies` besides the five. */
export const otherColumns: SQL = sql`
  count(*) filter (where r.method = 'face' and r.status in ('present', 'late'))::int as by_face,
  count(*) filter (where r.method = 'qr' and r.status in ('present', 'late'))::int as by_qr,
  count(*) filter (where r.method = 'manual' and r.status in ('present', 'late'))::int as by_hand,
  count(*) filter (where r.method = 'import' and r.status in ('present', 'late'))::int as by_import,
  count(r.corrected_by)::int as corrected,
  count(*) filter (where r.method = 'face' and r.corrected_by is null and r.status in ('present', 'late'))::int as kept,
  count(*) filter (where r.method = 'manual' and r.first_seen_at is not null and r.status in ('present', 'late'))::int
    as time_corrected,
  count(*) filter (where r.method = 'manual' and r.first_seen_at is not null and r.status = 'absent')::int
    as corrected_away`;

/** Conditions joined by `and`; those that do not apply are null. */
export function all(...conditions: (SQL | null | undefined)[]): SQL {
  const given = conditions.filter((condition) => condition !== null && condition !== undefined);
  return given.length === 0 ? sql`true` : sql.join(given, sql` and `);
}

export const between = (column: SQL, range: { from: string; until: string }): SQL =>
  sql`${column} between ${range.from}::date and ${range.until}::date`;
