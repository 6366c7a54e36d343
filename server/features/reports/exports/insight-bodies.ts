import { EMOTION_LABELS } from '../../../../pipeline/messages.ts';
import { ApiError } from '../../../errors.ts';
import { assertCourse } from '../../courses/access.ts';
import { type AbsenceItem, absences } from '../absences.ts';
import { accuracy } from '../accuracy.ts';
import { assertEmotion, assertEmotionConsent, emotions } from '../emotions.ts';
import { engagementBy } from '../engagement.ts';
import { warningThreshold } from '../institution.ts';
import { courseStudents } from '../people.ts';
import type { DayRange } from '../periods.ts';
import { studentFacts } from '../service.ts';
import type { Body } from './attendance-bodies.ts';
import type { BodyContext } from './build.ts';
import { text } from './columns.ts';
import type { Column, Section } from './document.ts';
import type { Words } from './words.ts';

const MOST_LINES = 50_000;

export function absenceSection(words: Words, items: readonly AbsenceItem[]): Section {
  const { columns } = words;
  const integer = (title: string): Column => ({ title, kind: 'integer', width: 9 });
  return {
    id: 'absences',
    title: words.sections.absences,
    columns: [
      text(columns.number, 12),
      text(columns.name, 26),
      text(columns.department, 16),
      text(columns.code, 12),
      { ...integer(columns.absences), total: 'sum' },
      { ...integer(words.statuses.excused), total: 'sum' },
      integer(columns.currentStreak),
      integer(columns.longestStreak),
      { title: columns.from, kind: 'day', width: 11 },
      { title: columns.until, kind: 'day', width: 11 },
      integer(columns.threshold),
      text(columns.warning, 9),
    ],
    rows: items.map((item) => [
      item.studentNumber,
      item.studentName,
      item.department,
      item.courseCode,
      item.absences,
      item.excused,
      item.currentStreak,
      item.longestStreak,
      item.longestFrom,
      item.longestUntil,
      item.threshold,
      item.warning ? words.yes : null,
    ]),
    totals: true,
  };
}

/** `range` null: of whole courses. */
export async function absencesBody(from: BodyContext, range: DayRange | null): Promise<Body> {
  const { tx, caller, home, params, words } = from;
  const { courseId, studentId, department, warningsOnly } = params;
  const found = await absences(tx, {
    ...{ caller, range, courseId, studentId, department, warningsOnly },
    threshold: params.threshold ?? warningThreshold(home),
    skip: 0,
    limit: MOST_LINES,
  });
  if (found.total > MOST_LINES) throw new ApiError('report-too-large');
  return {
    notes: [words.absenceNote],
    facts: [{ label: words.columns.warning, kind: 'integer', value: found.warnings }],
    charts: [],
    sections: [absenceSection(words, found.items)],
  };
}

export async function accuracyBody(from: BodyContext, range: DayRange): Promise<Body> {
  const { tx, caller, params, words } = from;
  if (params.courseId) await assertCourse(tx, caller, params.courseId);
  const { precision, recall, reviewPrecision, ...counted } = await accuracy(tx, caller, {
    range,
    courseId: params.courseId,
  });
  const names = words.accuracy;
  return {
    notes: [words.accuracyNote],
    facts: [
      { label: names.precision, kind: 'share', value: precision },
      { label: names.recall, kind: 'share', value: recall },
      { label: names.reviewPrecision, kind: 'share', value: reviewPrecision },
    ],
    charts: [],
    sections: [
      {
        id: 'accuracy',
        title: words.sections.accuracy,
        columns: [
          text(words.columns.measure, 40),
          { title: words.columns.value, kind: 'integer', width: 10 },
        ],
        rows: (Object.keys(counted) as (keyof typeof counted)[]).map((key) => [names[key], counted[key]]),
        totals: false,
      },
    ],
  };
}

export async function engagementBody(from: BodyContext, courseId: string, range: DayRange): Promise<Body> {
  const { tx, caller, words } = from;
  const { columns } = words;
  await assertCourse(tx, caller, courseId);
  const { total, days, parts: people } = await engagementBy(tx, 'student_id', { courseId, range });
  const names = new Map((await courseStudents(tx, courseId, range)).map((line) => [line.studentId, line]));
  const share = (title: string): Column => ({ title, kind: 'share', width: 10 });
  return {
    notes: [words.engagementNote],
    facts: [
      { label: columns.attention, kind: 'share', value: total?.attention ?? null },
      { label: columns.coverage, kind: 'share', value: total?.coverage ?? null },
      { label: columns.presence, kind: 'share', value: total?.presence ?? null },
    ],
    charts: [
      {
        kind: 'line',
        title: columns.attention,
        labels: [...days.keys()].map((day) => `${day.slice(8)}.${day.slice(5, 7)}`),
        values: [...days.values()].map(({ attention }) => attention),
      },
    ],
    sections: [
      {
        id: 'students',
        title: words.sections.students,
        columns: [
          text(columns.number, 12),
          text(columns.name, 28),
          share(columns.attention),
          text(columns.band, 10),
          share(columns.coverage),
          share(columns.presence),
        ],
        rows: [...people].map(([id, line]) => [
          names.get(id)?.number ?? null,
          names.get(id)?.name ?? null,
          line.attention,
          line.band ? words.bands[line.band] : null,
          line.coverage,
          line.presence,
        ]),
        totals: false,
      },
      {
        id: 'days',
        title: words.sections.days,
        columns: [
          { title: columns.day, kind: 'day', width: 12 },
          share(columns.attention),
          share(columns.coverage),
          share(columns.presence),
        ],
        rows: [...days].map(([day, line]) => [day, line.attention, line.coverage, line.presence]),
        totals: false,
      },
    ],
  };
}

/** Throws as the routes do where the policy, the mode or the student's word do not allow it. */
export async function emotionsBody(
  from: BodyContext,
  of: { courseId: string } | { studentId: string },
  range: DayRange,
): Promise<Body> {
  const { tx, caller, home, words } = from;
  let about: string | undefined;
  if ('studentId' in of) {
    const student = await studentFacts(tx, caller, of.studentId);
    assertEmotion(home, 'individual');
    await assertEmotionConsent(tx, of.studentId);
    about = `${student.number} ${student.name}`;
  } else {
    await assertCourse(tx, caller, of.courseId);
    assertEmotion(home, 'class');
  }
  const report = await emotions(tx, home, caller, of, range);
  return {
    ...(about ? { about } : {}),
    notes: [words.emotionNote],
    facts: EMOTION_LABELS.map((label) => ({
      label: words.emotions[label],
      kind: 'share',
      value: report.scores?.[label] ?? null,
    })),
    charts: [
      {
        kind: 'bar',
        title: words.sections.emotions,
        labels: EMOTION_LABELS.map((label) => words.emotions[label]),
        values: EMOTION_LABELS.map((label) => report.scores?.[label] ?? null),
      },
    ],
    sections: [
      {
        id: 'days',
        title: words.sections.days,
        columns: [
          { title: words.columns.day, kind: 'day', width: 12 },
          ...EMOTION_LABELS.map(
            (label): Column => ({ title: words.emotions[label], kind: 'share', width: 11 }),
          ),
          { title: words.columns.samples, kind: 'integer', width: 9, total: 'sum' },
        ],
        rows: report.days.map(({ day, samples, scores }) => [
          day,
          ...EMOTION_LABELS.map((label) => scores[label]),
          samples,
        ]),
        totals: false,
      },
    ],
  };
}
