import type { AttendanceStatus } from './projection.ts';
import type { StatusCounts } from './read-schemas.ts';

export const noCounts = (): StatusCounts => ({ present: 0, late: 0, excused: 0, absent: 0, pending: 0 });

export function countStatuses(rows: readonly { status: AttendanceStatus; n: number }[]): StatusCounts {
  const counts = noCounts();
  for (const { status, n } of rows) counts[status] += n;
  return counts;
}

/** Who was there of whom it is known and who was not excused; null where nothing is decided. */
export function rateOf({ present, late, absent }: StatusCounts): number | null {
  const decided = present + late + absent;
  return decided === 0 ? null : Math.round(((present + late) / decided) * 10_000) / 10_000;
}
