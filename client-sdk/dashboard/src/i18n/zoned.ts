import type { Day } from './day-steps.ts';

const PARTS = {
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
} as const;

/** How far the clocks of a zone are ahead of UTC at an instant, in milliseconds. */
function offsetAt(instantMs: number, timeZone: string | undefined): number {
  const format = new Intl.DateTimeFormat('en', { ...PARTS, ...(timeZone ? { timeZone } : {}) });
  const parts = new Map(format.formatToParts(instantMs).map(({ type, value }) => [type, Number(value)]));
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0;
  const wall = Date.UTC(
    part('year'),
    part('month') - 1,
    part('day'),
    part('hour'),
    part('minute'),
    part('second'),
  );
  return wall - Math.floor(instantMs / 1000) * 1000;
}

/** When a day begins in a zone; where its midnight is skipped by a change of the clocks, with the jump. */
export function startOfDay(day: Day, timeZone: string | undefined): Date {
  const wall = Date.parse(`${day}T00:00:00Z`);
  const first = wall - offsetAt(wall, timeZone);
  const second = wall - offsetAt(first, timeZone);
  // Both readings differ only near a change: the later one is never the day before.
  return new Date(
    offsetAt(second, timeZone) === offsetAt(first, timeZone) ? second : Math.max(first, second),
  );
}
