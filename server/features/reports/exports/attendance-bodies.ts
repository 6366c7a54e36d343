import { periodReport } from '../attendance.ts';
import type { DayRange } from '../periods.ts';
import { courseReport, studentReport, teacherReport } from '../service.ts';
import type { BodyContext } from './build.ts';
import {
  countCells,
  countColumns,
  countFacts,
  lineCells,
  lineColumns,
  text,
  trendColumn,
} from './columns.ts';
import type { Chart, Fact, Section } from './document.ts';
import { absenceSection } from './insight-bodies.ts';
import { recordColumns } from './records.ts';

/** What a report has of its own. */
export interface Body {
  /** Whom or what it is about, where that is one. */
  about?: string;
  notes: string[];
  facts: Fact[];
  charts: Chart[];
  sections: Section[];
}

/** Bars beyond it cannot be told apart. */
const MOST_BARS = 40;

export async function periodBody(from: BodyContext, range: DayRange, before: DayRange): Promise<Body> {
  const { tx, caller, params, words } = from;
  const { courseId, department } = params;
  const report = await periodReport(tx, { caller, courseId, department }, range, before);
  const { columns, sections } = words;
  // The courses that went worst are the ones to look at.
  const worst = report.courses
    .filter((course) => course.rate !== null)
    .sort((a, b) => (a.rate ?? 0) - (b.rate ?? 0))
    .slice(0, MOST_BARS);
  const days: Chart = {
    kind: 'line',
    title: words.rateByDay,
    labels: report.days.map(({ day }) => `${day.slice(8)}.${day.slice(5, 7)}`),
    values: report.days.map(({ rate }) => rate),
  };
  const courses: Chart = {
    kind: 'bar',
    title: words.rateByCourse,
    labels: worst.map(({ code }) => code),
    values: worst.map(({ rate }) => rate),
  };
  return {
    notes: [words.rateNote],
    facts: [
      ...countFacts(words, report.totals),
      { label: words.before, kind: 'share', value: report.previous.rate },
      { label: words.trend, kind: 'points', value: report.trend },
    ],
    charts: report.days.length > 1 ? [days, courses] : [courses],
    sections: [
      {
        id: 'courses',
        title: sections.courses,
        columns: [
          text(columns.code, 12),
          text(columns.course, 28),
          text(columns.department, 18),
          ...countColumns(words),
          trendColumn(words),
        ],
        rows: report.courses.map((course) => [
          course.code,
          course.name,
          course.department,
          ...countCells(course),
          course.trend,
        ]),
        totals: true,
      },
      {
        id: 'days',
        title: sections.days,
        columns: [{ title: columns.day, kind: 'day', width: 12 }, ...countColumns(words)],
        rows: report.days.map((day) => [day.day, ...countCells(day)]),
        totals: true,
      },
      {
        id: 'departments',
        title: sections.departments,
        columns: [text(columns.department, 28), ...countColumns(words), trendColumn(words)],
        rows: report.departments.map((line) => [line.department, ...countCells(line), line.trend]),
        totals: true,
      },
    ],
  };
}

export async function courseBody(from: BodyContext, courseId: string, range: DayRange): Promise<Body> {
  const { tx, caller, words } = from;
  const { columns, sections } = words;
  const report = await courseReport(tx, caller, courseId, range);
  return {
    about: `${report.course.code} ${report.course.name}`,
    notes: [words.rateNote],
    facts: countFacts(words, report.totals),
    charts: [
      {
        kind: 'line',
        title: words.rateByDay,
        labels: report.sessions.map(({ day }) => `${day.slice(8)}.${day.slice(5, 7)}`),
        values: report.sessions.map(({ rate }) => rate),
      },
    ],
    sections: [
      {
        id: 'students',
        title: sections.students,
        columns: [
          text(columns.number, 12),
          text(columns.name, 28),
          text(columns.department, 18),
          ...countColumns(words),
        ],
        rows: report.students.map((line) => [line.number, line.name, line.department, ...countCells(line)]),
        totals: true,
      },
      {
        id: 'sessions',
        title: sections.sessions,
        columns: [{ title: columns.start, kind: 'instant', width: 18 }, ...countColumns(words)],
        rows: report.sessions.map((line) => [Date.parse(line.startsAt), ...countCells(line)]),
        totals: true,
      },
    ],
  };
}

export async function studentBody(from: BodyContext, studentId: string, range: DayRange): Promise<Body> {
  const { tx, caller, home, words } = from;
  const { columns, sections, statuses, methods } = words;
  const report = await studentReport(tx, caller, home, studentId, range);
  return {
    about: `${report.student.number} ${report.student.name}`,
    notes: [words.rateNote, words.absenceNote],
    facts: countFacts(words, report.totals),
    charts: [
      {
        kind: 'bar',
        title: words.rateByCourse,
        labels: report.courses.slice(0, MOST_BARS).map(({ code }) => code),
        values: report.courses.slice(0, MOST_BARS).map(({ rate }) => rate),
      },
    ],
    sections: [
      {
        id: 'courses',
        title: sections.courses,
        columns: [text(columns.code, 12), text(columns.course, 28), ...countColumns(words)],
        rows: report.courses.map((line) => [line.code, line.name, ...countCells(line)]),
        totals: true,
      },
      absenceSection(words, report.absences),
      {
        id: 'recent',
        title: sections.recent,
        columns: [
          { title: columns.start, kind: 'instant', width: 18 },
          text(columns.code, 12),
          text(columns.status, 14),
          text(columns.method, 12),
        ],
        rows: report.recent.map((mark) => [
          Date.parse(mark.startsAt),
          mark.code,
          statuses[mark.status as keyof typeof statuses] ?? mark.status,
          mark.method ? (methods[mark.method as keyof typeof methods] ?? mark.method) : null,
        ]),
        totals: false,
      },
    ],
  };
}

export async function teacherBody(from: BodyContext, teacherId: string, range: DayRange): Promise<Body> {
  const { tx, caller, words } = from;
  const report = await teacherReport(tx, caller, teacherId, range);
  const { title, name } = report.teacher;
  return {
    about: title ? `${title} ${name}` : name,
    notes: [words.rateNote],
    facts: countFacts(words, report.totals),
    charts: [
      {
        kind: 'bar',
        title: words.rateByCourse,
        labels: report.courses.slice(0, MOST_BARS).map(({ code }) => code ?? ''),
        values: report.courses.slice(0, MOST_BARS).map(({ rate }) => rate),
      },
    ],
    sections: [
      {
        id: 'courses',
        title: words.sections.courses,
        columns: lineColumns(words, 'courses'),
        rows: report.courses.map((line) => lineCells('courses', line)),
        totals: true,
      },
    ],
  };
}

/** Every record: the rows come later, see records.ts. */
export function recordsBody({ words }: BodyContext): Body {
  return {
    notes: [words.rateNote],
    facts: [],
    charts: [],
    sections: [
      {
        id: 'records',
        title: words.sections.records,
        columns: recordColumns(words),
        rows: [],
        streamed: true,
        totals: false,
      },
    ],
  };
}
