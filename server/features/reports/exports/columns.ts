import type { Counts } from '../counts.ts';
import type { Line } from '../people.ts';
import type { Cell, Column, Fact } from './document.ts';
import type { Words } from './words.ts';

/** Present, late, excused, absent, rate: what most tables end with. */
export function countColumns(words: Words): Column[] {
  const { statuses, columns } = words;
  return [
    { title: statuses.present, kind: 'integer', width: 9, total: 'sum', role: 'present' },
    { title: statuses.late, kind: 'integer', width: 8, total: 'sum', role: 'late' },
    { title: statuses.excused, kind: 'integer', width: 9, total: 'sum' },
    { title: statuses.absent, kind: 'integer', width: 9, total: 'sum', role: 'absent' },
    { title: columns.rate, kind: 'share', width: 12, total: 'rate' },
  ];
}

export const countCells = (counts: Counts): Cell[] => [
  counts.present,
  counts.late,
  counts.excused,
  counts.absent,
  counts.rate,
];

export function countFacts(words: Words, counts: Counts & { sessions?: number }): Fact[] {
  const { statuses, columns } = words;
  return [
    { label: columns.rate, kind: 'share', value: counts.rate },
    ...(counts.sessions === undefined
      ? []
      : [{ label: columns.sessions, kind: 'integer' as const, value: counts.sessions }]),
    { label: statuses.present, kind: 'integer', value: counts.present },
    { label: statuses.late, kind: 'integer', value: counts.late },
    { label: statuses.excused, kind: 'integer', value: counts.excused },
    { label: statuses.absent, kind: 'integer', value: counts.absent },
  ];
}

export const text = (title: string, width: number): Column => ({ title, kind: 'text', width });

export const trendColumn = (words: Words): Column => ({
  title: words.columns.trend,
  kind: 'points',
  width: 10,
});

/** Columns and cells of a list by course, student, teacher or department. */
export function lineColumns(
  words: Words,
  subject: 'courses' | 'students' | 'teachers' | 'departments',
): Column[] {
  const { columns } = words;
  const first: Record<typeof subject, Column[]> = {
    courses: [text(columns.code, 12), text(columns.course, 28), text(columns.department, 18)],
    students: [text(columns.number, 12), text(columns.name, 28), text(columns.department, 18)],
    teachers: [text(columns.title, 10), text(columns.name, 28), text(columns.department, 18)],
    departments: [text(columns.department, 30)],
  };
  const people: Column[] =
    subject === 'students' ? [] : [{ title: columns.students, kind: 'integer', width: 9 }];
  return [...first[subject], ...people, ...countColumns(words), trendColumn(words)];
}

export function lineCells(subject: 'courses' | 'students' | 'teachers' | 'departments', line: Line): Cell[] {
  const first = subject === 'departments' ? [line.name] : [line.code, line.name, line.department];
  const people = subject === 'students' ? [] : [line.students];
  return [...first, ...people, ...countCells(line), line.trend];
}
