import { newId } from '../../db/ids.ts';
import { STUDENT_LOCALES } from '../students/schemas.ts';
import { fold } from '../students/search.ts';
import type { ImportEntity } from './columns.ts';
import { cleanCell } from './text.ts';

export type LineEntity = 'student' | 'teacher' | 'course' | 'enrolment' | 'teaching';

/** A line as it waits to be compared with the database: fields that it says nothing of are absent. */
export interface StagedLine {
  file: string;
  line: number;
  entity: LineEntity;
  /** Number, e-mail or code that the line is about. */
  key: string;
  data: Record<string, unknown>;
  problem?: LineProblem | undefined;
}

export interface LineProblem {
  code: string;
  message: string;
}

export interface LineOptions {
  /** An empty cell empties the field; otherwise it leaves it as it is. */
  emptyClears: boolean;
}

/** Cells of a record by field; null for a cell that says nothing. */
export type Row = Record<string, string | null | undefined>;

const LONGEST: Record<string, number> = {
  number: 64,
  code: 64,
  semester: 64,
  title: 100,
  email: 320,
  guardianEmail: 320,
  teachers: 2000,
};
const EMAIL = /^[^\s@<>()[\],;:"]+@[^\s@<>()[\],;:"]+\.[^\s@<>()[\],;:"]+$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ufffd]/;

const LOCALES: Record<string, string> = {
  ...Object.fromEntries(STUDENT_LOCALES.map((locale) => [locale, locale])),
  ...{ turkce: 'tr', turkish: 'tr', ingilizce: 'en', english: 'en', rusca: 'ru', russian: 'ru' },
  ...{ kirgizca: 'ky', kyrgyz: 'ky', русскии: 'ru', кыргызча: 'ky' },
};
const ARCHIVED = ['tobedeleted', 'archived', 'inactive', 'deleted', 'removed', 'pasif', 'arsiv', 'silindi'];
const ACTIVE = ['active', 'aktif', 'current', 'devam ediyor'];

export class BadLine extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** A record of a CSV table as what it says: one line, and for a course one more for each teacher. */
export function csvLines(
  entity: ImportEntity,
  file: string,
  line: number,
  row: Row,
  options: LineOptions,
): StagedLine[] {
  const checked = checkCells(row, options);
  switch (entity) {
    case 'students':
      return [studentLine(file, line, checked)];
    case 'teachers':
      return [teacherLine(file, line, checked)];
    case 'courses': {
      const { teachers, ...course } = checked;
      const made = courseLine(file, line, course);
      return [made, ...teachersOf(teachers).map((email) => teachingLine(file, line, course, email))];
    }
    case 'enrolments':
      return [enrolmentLine(file, line, checked)];
  }
}

/** Throws BadLine. Cells become clean texts; empty ones are left out or null. */
export function checkCells(row: Row, options: LineOptions): Row {
  const checked: Row = {};
  for (const [field, cell] of Object.entries(row)) {
    if (cell === null || cell === undefined) continue;
    if (CONTROL.test(cell))
      throw new BadLine('not-text', `The cell ${field} has characters that are not text.`);
    const text = cleanCell(cell);
    const longest = LONGEST[field] ?? 200;
    if (text.length > longest) {
      throw new BadLine(
        'too-long',
        `The cell ${field} has ${text.length} characters; at most ${longest} are taken.`,
      );
    }
    if (text !== '') checked[field] = text;
    else if (options.emptyClears) checked[field] = null;
  }
  for (const field of ['email', 'guardianEmail']) {
    const address = checked[field];
    if (!address) continue;
    if (!EMAIL.test(address)) throw new BadLine('email-invalid', `“${address}” is not an e-mail address.`);
    checked[field] = address.toLowerCase();
  }
  if (checked.locale) {
    const locale = LOCALES[fold(checked.locale)];
    if (!locale)
      throw new BadLine('locale-unknown', `The language “${checked.locale}” is none of tr, en, ru, ky.`);
    checked.locale = locale;
  }
  return checked;
}

export function studentLine(file: string, line: number, row: Row): StagedLine {
  const { number, firstName, lastName, status, ...rest } = row;
  if (!number) throw new BadLine('number-missing', 'The line has no student number.');
  const name = nameOf(row);
  const data: Record<string, unknown> = {
    ...rest,
    number,
    ...(name ? { name, foldName: fold(name) } : {}),
    foldNumber: fold(number),
    ...(rest.email ? { foldEmail: fold(rest.email) } : {}),
    ...archived(status),
    newId: newId(),
  };
  if (!name) delete data.name;
  return { file, line, entity: 'student', key: number, data };
}

export function teacherLine(file: string, line: number, row: Row): StagedLine {
  const { firstName, lastName, status, ...rest } = row;
  if (!rest.email && !rest.externalId) throw new BadLine('email-missing', 'The line has no e-mail address.');
  const name = nameOf(row);
  const data: Record<string, unknown> = {
    ...rest,
    ...(name ? { name, foldName: fold(name) } : {}),
    ...(rest.title ? { foldTitle: fold(rest.title) } : {}),
    ...(rest.email ? { foldEmail: fold(rest.email) } : {}),
    ...archived(status),
    newId: newId(),
  };
  if (!name) delete data.name;
  if (!rest.email) delete data.email;
  return { file, line, entity: 'teacher', key: rest.email ?? rest.externalId ?? '', data };
}

export function courseLine(file: string, line: number, row: Row): StagedLine {
  const { status, ...rest } = row;
  if (!rest.code && !rest.externalId) throw new BadLine('code-missing', 'The line has no course code.');
  const data: Record<string, unknown> = { ...rest, ...archived(status), newId: newId() };
  // A course of no semester is kept with an empty one.
  if (rest.semester === null) data.semester = '';
  for (const field of ['code', 'name']) if (!rest[field]) delete data[field];
  return { file, line, entity: 'course', key: courseKey(rest), data };
}

export function enrolmentLine(file: string, line: number, row: Row): StagedLine {
  const { status, ...rest } = row;
  const student = rest.number ?? rest.studentExternalId;
  if (!student) throw new BadLine('number-missing', 'The line has no student number.');
  if (!rest.code && !rest.courseExternalId) throw new BadLine('code-missing', 'The line has no course code.');
  const data = { ...present(rest), ...archived(status) };
  return { file, line, entity: 'enrolment', key: `${student} · ${courseKey(rest)}`, data };
}

/** @param email of the teacher; null where `row.teacherExternalId` says who it is */
export function teachingLine(file: string, line: number, row: Row, email: string | null): StagedLine {
  const { code, semester, externalId, courseExternalId, teacherExternalId, status } = row;
  const course = { code, semester, courseExternalId: courseExternalId ?? externalId };
  const data = { ...present({ ...course, email, teacherExternalId }), ...archived(status) };
  return {
    file,
    line,
    entity: 'teaching',
    key: `${email ?? teacherExternalId} · ${courseKey(course)}`,
    data,
  };
}

export function badLine(
  file: string,
  line: number,
  entity: LineEntity,
  key: string,
  error: BadLine,
): StagedLine {
  const problem = { code: error.code, message: error.message };
  return {
    file,
    line,
    entity,
    key: cleanCell(key).replace(new RegExp(CONTROL, 'g'), '').slice(0, 100),
    data: {},
    problem,
  };
}

function nameOf(row: Row): string | null {
  if (row.name) return row.name;
  return [row.firstName, row.lastName].filter(Boolean).join(' ') || null;
}

function courseKey(row: Row): string {
  const code = row.code ?? row.externalId ?? row.courseExternalId ?? '';
  return row.semester ? `${code} (${row.semester})` : code;
}

function archived(status: string | null | undefined): { archived?: boolean } {
  if (!status) return {};
  const word = fold(status);
  if (ARCHIVED.includes(word)) return { archived: true };
  if (ACTIVE.includes(word)) return { archived: false };
  throw new BadLine('status-unknown', `The status “${status}” is neither active nor archived.`);
}

function teachersOf(cell: string | null | undefined): string[] {
  const emails = (cell ?? '').split(/[;,|\s]+/).filter((email) => email !== '');
  for (const email of emails) {
    if (!EMAIL.test(email))
      throw new BadLine('email-invalid', `“${email}” is not the e-mail address of a teacher.`);
  }
  return [...new Set(emails.map((email) => email.toLowerCase()))];
}

function present(row: Row): Record<string, string> {
  return Object.fromEntries(
    Object.entries(row).filter((entry): entry is [string, string] => Boolean(entry[1])),
  );
}
