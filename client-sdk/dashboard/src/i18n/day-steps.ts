/** Days without a time, `YYYY-MM-DD`, as the institution counts them. */
export type Day = string;

/** Counted at noon of UTC: no change of clocks comes near it. */
export const noon = (day: Day) => new Date(`${day}T12:00:00Z`);

export function addDays(day: Day, days: number): Day {
  const at = noon(day);
  at.setUTCDate(at.getUTCDate() + days);
  return at.toISOString().slice(0, 10);
}

export function addMonths(day: Day, months: number): Day {
  const at = noon(`${day.slice(0, 7)}-01`);
  at.setUTCMonth(at.getUTCMonth() + months);
  return at.toISOString().slice(0, 10);
}
