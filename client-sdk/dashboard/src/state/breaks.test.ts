import { expect, it } from 'vitest';
import { breaksOf, daysBetween } from './breaks.ts';

const holiday = (day: string, name: string) => ({ id: day, day, name });

it('joins days in a row that have one name, over the end of a month and a year', () => {
  const days = [
    holiday('2026-10-29', 'Republic Day'),
    holiday('2026-12-31', 'Winter'),
    holiday('2027-01-01', 'Winter'),
    holiday('2027-01-02', 'Another'),
    holiday('2027-01-04', 'Another'),
  ];
  expect(breaksOf(days).map(({ name, from, until, days }) => [name, from, until, days.length])).toEqual([
    ['Republic Day', '2026-10-29', '2026-10-29', 1],
    ['Winter', '2026-12-31', '2027-01-01', 2],
    ['Another', '2027-01-02', '2027-01-02', 1],
    ['Another', '2027-01-04', '2027-01-04', 1],
  ]);
  expect(breaksOf([])).toEqual([]);
});

it('counts days over the change of the clocks and ends where it has to', () => {
  expect(daysBetween('2026-10-24', '2026-10-26', 60)).toEqual(['2026-10-24', '2026-10-25', '2026-10-26']);
  expect(daysBetween('2026-10-24', '2026-10-24', 60)).toEqual(['2026-10-24']);
  expect(daysBetween('2026-10-24', '2026-10-23', 60)).toEqual([]);
  expect(daysBetween('2026-01-01', '9999-12-31', 60)).toHaveLength(60);
});
