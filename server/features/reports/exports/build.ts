import type { AppContext } from '../../../context.ts';
import type { Tx } from '../../../db/tenancy.ts';
import { ApiError } from '../../../errors.ts';
import type { Caller } from '../../auth/tokens.ts';
import { type Institution, institution, rangeIfGiven, rangeOf } from '../institution.ts';
import { attendanceBy, type Subject } from '../people.ts';
import { type DayRange, daysBefore, type PeriodKind, periodOf, previousPeriod } from '../periods.ts';
import { MONTH, SEMESTER } from '../ranges.ts';
import {
  type Body,
  courseBody,
  periodBody,
  recordsBody,
  studentBody,
  teacherBody,
} from './attendance-bodies.ts';
import { lineCells, lineColumns } from './columns.ts';
import { type Cell, createFormat, type ReportDocument, type ReportLocale } from './document.ts';
import { absencesBody, accuracyBody, emotionsBody, engagementBody } from './insight-bodies.ts';
import { institutionLogo } from './logo.ts';
import { assertParams, given, type ReportParams } from './params.ts';
import { countRecords, type RecordsQuery, recordPieces } from './records.ts';
import { type ReportName, WORDS, type Words } from './words.ts';

export interface ReportRequest {
  caller: Pick<Caller, 'role' | 'userId' | 'studentId'>;
  report: ReportName;
  params: ReportParams;
  locale: ReportLocale;
}

/** What a body is made from. */
export interface BodyContext extends ReportRequest {
  tx: Tx;
  home: Institution;
  words: Words;
}

export interface BuiltReport {
  document: ReportDocument;
  /** Rows of the streamed section that are still to come, and how many. */
  rows: { count: number; pieces: AsyncGenerator<Cell[][]> } | null;
}

const KINDS: Partial<Record<ReportName, PeriodKind>> = {
  'attendance-daily': 'day',
  'attendance-weekly': 'week',
  'attendance-monthly': 'month',
};
const MONTHLY: readonly ReportName[] = [
  'courses',
  'students',
  'teachers',
  'departments',
  'department',
  'accuracy',
  'records',
];
/** Lines of a list that one file may have; only `records` are brought in pieces. */
const MOST_LINES = 50_000;

/** The days that a report is about. Throws `range-invalid`. */
export function reportRange(report: ReportName, params: ReportParams, today: string): DayRange {
  const kind = KINDS[report];
  if (kind) return periodOf(kind, params.day ?? today);
  return rangeOf(params, today, MONTHLY.includes(report) ? MONTH : SEMESTER);
}

/** Roughly how many rows the report has: what decides whether it is made at once. Throws where it cannot be made. */
export async function estimateRows(tx: Tx, home: Institution, request: ReportRequest): Promise<number> {
  assertParams(request.report, request.params);
  const range = reportRange(request.report, request.params, home.today);
  if (request.report === 'records') return countRecords(tx, { ...request, range });
  return 0;
}

/** Reads what the report says. Throws as the routes do: `course-not-found`, `emotion-prohibited` … */
export async function buildReport(
  context: AppContext,
  tenantId: string,
  request: ReportRequest,
): Promise<BuiltReport> {
  const { report, params, locale } = request;
  assertParams(report, params);
  const words = WORDS[locale];
  return context.db.read(tenantId, async (tx) => {
    const home = await institution(context, tx, tenantId);
    const range = reportRange(report, params, home.today);
    const body = await bodyOf({ ...request, tx, home, words }, range);
    const format = createFormat(locale, home.timezone);
    const whole = report === 'absences' && rangeIfGiven(params, home.today, SEMESTER) === null;
    const days = whole ? [home.today] : [...new Set([range.from, range.until])];
    const period = days.map((day) => format('day', day)).join(' – ');
    const document: ReportDocument = {
      title: body.about ? `${words.titles[report]}: ${body.about}` : words.titles[report],
      fileName: `${body.about ?? words.titles[report]} ${days.join(' – ')}`,
      institution: {
        name: home.name,
        primary: home.settings.colours.primary,
        accent: home.settings.colours.accent,
        logo: await institutionLogo(tx, tenantId),
      },
      period: whole ? `${words.allMeetings} · ${period}` : period,
      locale,
      timezone: home.timezone,
      generatedAtMs: context.clock.now(),
      notes: body.notes,
      facts: body.facts,
      charts: body.charts,
      sections: body.sections,
    };
    if (report !== 'records') return { document, rows: null };
    const query: RecordsQuery = { caller: request.caller, range, params };
    const read = <T>(work: (tx: Tx) => Promise<T>) => context.db.read(tenantId, work);
    const pieces = recordPieces(read, query, words);
    return { document, rows: { count: await countRecords(tx, query), pieces } };
  });
}

async function bodyOf(from: BodyContext, range: DayRange): Promise<Body> {
  const { report, params } = from;
  const kind = KINDS[report];
  if (kind) return periodBody(from, range, previousPeriod(kind, range));
  switch (report) {
    case 'courses':
    case 'students':
    case 'teachers':
    case 'departments':
      return listBody(from, report, range, params.department);
    case 'department': {
      const department = given(params, 'department');
      return { ...(await listBody(from, 'courses', range, department)), about: department };
    }
    case 'course':
      return courseBody(from, given(params, 'courseId'), range);
    case 'student':
      return studentBody(from, given(params, 'studentId'), range);
    case 'teacher':
      return teacherBody(from, given(params, 'teacherId'), range);
    case 'absences':
      return absencesBody(from, rangeIfGiven(params, from.home.today, SEMESTER));
    case 'accuracy':
      return accuracyBody(from, range);
    case 'engagement-course':
      return engagementBody(from, given(params, 'courseId'), range);
    case 'emotions-course':
      return emotionsBody(from, { courseId: given(params, 'courseId') }, range);
    case 'emotions-student':
      return emotionsBody(from, { studentId: given(params, 'studentId') }, range);
    default:
      return recordsBody(from);
  }
}

async function listBody(
  { tx, caller, params, words }: BodyContext,
  subject: Subject,
  range: DayRange,
  department: string | undefined,
): Promise<Body> {
  const { total, items } = await attendanceBy(tx, subject, {
    caller,
    range,
    before: daysBefore(range),
    department,
    search: params.search,
    sort: 'name',
    skip: 0,
    limit: MOST_LINES,
  });
  if (total > MOST_LINES) throw new ApiError('report-too-large');
  return {
    notes: [words.rateNote],
    facts: [],
    charts: [],
    sections: [
      {
        id: subject,
        title: words.sections[subject],
        columns: lineColumns(words, subject),
        rows: items.map((line) => lineCells(subject, line)),
        // A course of two teachers is in two lines: their sum would count it twice.
        totals: subject !== 'teachers',
      },
    ],
  };
}
