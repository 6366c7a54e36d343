import { ApiError } from '../../errors.ts';
import {
  BadLine,
  badLine,
  checkCells,
  courseLine,
  enrolmentLine,
  type LineEntity,
  type LineOptions,
  type Row,
  type StagedLine,
  studentLine,
  teacherLine,
  teachingLine,
} from './lines.ts';
import { readRecords } from './records.ts';
import { decodeText } from './text.ts';
import type { ZipTables } from './zip.ts';

/**
 * OneRoster 1.2 CSV (1EdTech), and 1.1 where it differs in where a user's role stands. A class is a course here: the
 * title of its first term is the semester. What the institution's other systems alone need is left out.
 */
export interface OneRosterFacts {
  version: string;
  /** Tables of the archive that nothing is read from. */
  ignoredFiles: string[];
}

const READ = ['orgs', 'academicsessions', 'courses', 'classes', 'users', 'roles', 'enrollments'];
const STUDENT_ROLES = new Set(['student']);
const TEACHER_ROLES = new Set(['teacher', 'aide', 'proctor', 'counselor']);
const GUARDIAN_ROLES = new Set(['guardian', 'parent', 'relative']);

/** What tables refer to: names by id. */
interface References {
  orgs: Map<string, { name: string; department: boolean }>;
  terms: Map<string, string>;
  courses: Map<string, { title: string; code: string; org: string }>;
}

/** Throws `import-not-oneroster`; which version it is, from `manifest.csv`. */
export async function readManifest(zip: ZipTables): Promise<OneRosterFacts> {
  const bytes = await zip.read('manifest.csv');
  if (!bytes) {
    throw new ApiError('import-not-oneroster', {
      message: zip.names.some((name) => name.endsWith('[content_types].xml') || name === 'workbook.xml')
        ? 'This is a spreadsheet; save it as CSV.'
        : 'The zip file has no manifest.csv.',
    });
  }
  const properties = new Map<string, string>();
  for await (const { cells } of readRecords(decodeText(bytes).text, ',')) {
    properties.set((cells[0] ?? '').trim().toLowerCase(), (cells[1] ?? '').trim());
  }
  const version = properties.get('oneroster.version') ?? '';
  if (!/^(v)?1\.[12](\.|$|p)/.test(version)) {
    throw new ApiError('import-not-oneroster', {
      message: `manifest.csv says oneroster.version “${version.slice(0, 20)}”; 1.1 and 1.2 are read.`,
    });
  }
  const said = [...properties].filter(([name, how]) => name.startsWith('file.') && how !== 'absent');
  const announced = said.map(([name]) => name.slice('file.'.length));
  const missing = announced.filter((name) => READ.includes(name) && !zip.names.includes(`${name}.csv`));
  if (missing.length > 0) {
    throw new ApiError('import-not-oneroster', {
      message: `manifest.csv announces files that are not there: ${missing.join(', ')}.`,
      details: { missing },
    });
  }
  const ignoredFiles = zip.names.filter(
    (name) => name !== 'manifest.csv' && !READ.includes(name.replace(/\.csv$/, '')),
  );
  return { version, ignoredFiles };
}

/** Every line of the archive that says something of a course, a person or an enrolment. */
export async function* readOneRoster(zip: ZipTables, options: LineOptions): AsyncGenerator<StagedLine> {
  const references = await readReferences(zip);
  yield* convert(zip, 'classes', 'course', (line, row) => [classLine(line, row, references, options)]);
  const { roleOf, guardians } = await readPeople(zip);
  yield* convert(zip, 'users', 'student', (line, row) => {
    const made = userLine(line, row, { roleOf, guardians, references }, options);
    return made ? [made] : [];
  });
  yield* convert(zip, 'enrollments', 'enrolment', (line, row) => {
    const role = (row.role ?? '').toLowerCase();
    const common = { courseExternalId: row.classsourcedid, status: statusOf(row) };
    if (STUDENT_ROLES.has(role)) {
      const checked = checkCells({ ...common, studentExternalId: row.usersourcedid }, options);
      return [enrolmentLine('enrollments.csv', line, checked)];
    }
    if (!TEACHER_ROLES.has(role)) return [];
    if (!row.usersourcedid || !row.classsourcedid) {
      throw new BadLine('id-missing', 'The line lacks userSourcedId or classSourcedId.');
    }
    const checked = checkCells({ ...common, teacherExternalId: row.usersourcedid }, options);
    return [teachingLine('enrollments.csv', line, checked, null)];
  });
}

/** A table as lines; what is wrong with a record is said on its own line. */
async function* convert(
  zip: ZipTables,
  table: string,
  entity: LineEntity,
  make: (line: number, row: Row) => StagedLine[],
): AsyncGenerator<StagedLine> {
  const file = `${table}.csv`;
  for await (const { line, row, problem, key } of rowsOf(zip, table)) {
    try {
      if (problem) throw problem;
      yield* make(line, row);
    } catch (error) {
      if (!(error instanceof BadLine)) throw error;
      yield badLine(file, line, entity, key, error);
    }
  }
}

interface TableRow {
  line: number;
  row: Row;
  key: string;
  problem: BadLine | null;
}

async function* rowsOf(zip: ZipTables, table: string): AsyncGenerator<TableRow> {
  const bytes = await zip.read(`${table}.csv`);
  if (!bytes) return;
  let header: string[] | null = null;
  for await (const { line, cells, broken } of readRecords(decodeText(bytes).text, ',')) {
    if (!header) {
      header = cells.map((cell) => cell.trim().toLowerCase());
      if (!header.includes('sourcedid')) {
        throw new ApiError('import-columns-missing', {
          message: `${table}.csv has no column sourcedId.`,
          details: { file: `${table}.csv`, missing: ['sourcedId'], found: cells.slice(0, 50) },
        });
      }
      continue;
    }
    const columns = header;
    const row: Row = Object.fromEntries(columns.map((name, i) => [name, cells[i] ?? '']));
    const problem = broken
      ? new BadLine('quote-open', 'A quote that opens on this line is not closed.')
      : cells.length !== columns.length
        ? new BadLine('column-count', `The line has ${cells.length} cells, the header ${columns.length}.`)
        : !row.sourcedid?.trim()
          ? new BadLine('id-missing', 'The line has no sourcedId.')
          : null;
    yield { line, row, key: row.sourcedid ?? cells[0] ?? '', problem };
  }
}

async function readReferences(zip: ZipTables): Promise<References> {
  const references: References = { orgs: new Map(), terms: new Map(), courses: new Map() };
  for await (const { row, problem } of rowsOf(zip, 'orgs')) {
    if (problem) continue;
    const department = (row.type ?? '').toLowerCase() === 'department';
    references.orgs.set(row.sourcedid!, { name: row.name ?? '', department });
  }
  for await (const { row, problem } of rowsOf(zip, 'academicsessions')) {
    if (!problem) references.terms.set(row.sourcedid!, row.title ?? '');
  }
  for await (const { row, problem } of rowsOf(zip, 'courses')) {
    if (problem) continue;
    references.courses.set(row.sourcedid!, {
      title: row.title ?? '',
      code: row.coursecode ?? '',
      org: row.orgsourcedid ?? '',
    });
  }
  return references;
}

interface Person {
  name: string;
  email: string;
}

/** Roles by user, from the table that this version has them in, and guardians, whom their children refer to. */
async function readPeople(
  zip: ZipTables,
): Promise<{ roleOf: Map<string, string>; guardians: Map<string, Person> }> {
  const roleOf = new Map<string, string>();
  const note = (user: string | null | undefined, role: string | null | undefined) => {
    const said = (role ?? '').toLowerCase();
    if (!user || !said) return;
    // Who studies is a student whatever else they do; a teacher who is a parent too stays a teacher.
    const rank = (one: string) =>
      STUDENT_ROLES.has(one) ? 3 : TEACHER_ROLES.has(one) ? 2 : GUARDIAN_ROLES.has(one) ? 1 : 0;
    if (rank(said) >= rank(roleOf.get(user) ?? '')) roleOf.set(user, said);
  };
  for await (const { row } of rowsOf(zip, 'users')) note(row.sourcedid, row.role);
  for await (const { row } of rowsOf(zip, 'roles'))
    if (statusOf(row) === 'active') note(row.usersourcedid, row.role);
  if (roleOf.size === 0) {
    for await (const { row } of rowsOf(zip, 'enrollments')) note(row.usersourcedid, row.role);
  }
  const guardians = new Map<string, Person>();
  for await (const { row, problem } of rowsOf(zip, 'users')) {
    if (problem || !GUARDIAN_ROLES.has(roleOf.get(row.sourcedid!) ?? '')) continue;
    guardians.set(row.sourcedid!, { name: fullName(row), email: row.email ?? '' });
  }
  return { roleOf, guardians };
}

function userLine(
  line: number,
  row: Row,
  known: { roleOf: Map<string, string>; guardians: Map<string, Person>; references: References },
  options: LineOptions,
): StagedLine | null {
  const role = known.roleOf.get(row.sourcedid!) ?? '';
  const common = {
    externalId: row.sourcedid,
    name: fullName(row),
    email: row.email,
    department: departmentOf(row.primaryorgsourcedid || firstOf(row.orgsourcedids), known.references),
    status: statusOf(row),
  };
  if (TEACHER_ROLES.has(role)) {
    return teacherLine('users.csv', line, checkCells({ ...common, title: row['metadata.title'] }, options));
  }
  if (!STUDENT_ROLES.has(role)) return null;
  const guardian = (row.agentsourcedids ?? '')
    .split(',')
    .map((id) => known.guardians.get(id.trim()))
    .find((person) => person !== undefined);
  const student = {
    ...common,
    number: row.identifier || row.username || row.sourcedid,
    guardianName: guardian?.name,
    guardianEmail: guardian?.email,
    locale: row['metadata.locale'],
  };
  return studentLine('users.csv', line, checkCells(student, options));
}

function classLine(line: number, row: Row, references: References, options: LineOptions): StagedLine {
  const course = references.courses.get(row.coursesourcedid ?? '');
  const terms = (row.termsourcedids ?? '').split(',').map((id) => references.terms.get(id.trim()));
  const checked = checkCells(
    {
      externalId: row.sourcedid,
      code: row.classcode || course?.code || row.sourcedid,
      name: row.title || course?.title,
      semester: terms.find(Boolean) ?? '',
      department:
        departmentOf(course?.org, references) || departmentOf(row.schoolsourcedid, references) || undefined,
      status: statusOf(row),
    },
    options,
  );
  return courseLine('classes.csv', line, { ...checked, semester: checked.semester ?? null });
}

/** Bulk files leave the status empty: who is listed is active. */
function statusOf(row: Row): string {
  return (row.status ?? '').trim() || 'active';
}

function fullName(row: Row): string {
  return [row.givenname, row.middlename, row.familyname].filter((part) => part?.trim()).join(' ');
}

const firstOf = (ids: string | null | undefined) => (ids ?? '').split(',')[0]?.trim();

/** Only an organisation of the type `department` is one: the school itself is not. */
function departmentOf(id: string | null | undefined, { orgs }: References): string | undefined {
  const org = orgs.get(id ?? '');
  return org?.department ? org.name : undefined;
}
