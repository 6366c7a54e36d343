import { and, asc, count, desc, eq, inArray, isNotNull, isNull, like, type SQL, sql } from 'drizzle-orm';
import { policy } from '../../../config/policies.ts';
import type { AppContext } from '../../context.ts';
import { newId } from '../../db/ids.ts';
import { violatedUnique } from '../../db/problems.ts';
import { type ConsentPurpose, consents, students } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { ApiError } from '../../errors.ts';
import type { Caller } from '../auth/tokens.ts';
import { studentScope } from '../courses/access.ts';
import { currentTenant } from '../tenants/service.ts';
import type { NewStudent, Student, StudentPatch, StudentQuery } from './schemas.ts';
import { fold, searchPatterns } from './search.ts';

// Written out, not `${students.id}`: drizzle leaves the table out where there is one, and the subquery has ids too.
const latest = (purpose: ConsentPurpose) => sql<boolean>`coalesce((
  select c.granted from consents c
  where c.tenant_id = students.tenant_id and c.student_id = students.id and c.purpose = ${purpose}
  order by c.id desc limit 1), false)`;

const columns = {
  id: students.id,
  number: students.number,
  name: students.name,
  email: students.email,
  department: students.department,
  guardianName: students.guardianName,
  guardianEmail: students.guardianEmail,
  locale: students.locale,
  preferences: students.preferences,
  externalId: students.externalId,
  archivedAt: students.archivedAt,
  createdAt: students.createdAt,
  faceTemplates: sql<number>`(
    select count(*)::int from face_templates t
    where t.tenant_id = students.tenant_id and t.student_id = students.id and t.kind = 'enrolment')`,
  face: latest('face'),
  emotion: latest('emotion'),
};

const SORTS: Record<string, SQL> = {
  name: sql`${students.name} collate "und-x-icu"`,
  number: sql`${students.number}`,
  department: sql`${students.department} collate "und-x-icu"`,
  createdAt: sql`${students.createdAt}`,
};

type Reader = Pick<Caller, 'role' | 'userId' | 'studentId'>;

const HAS_FACE = sql`exists (
  select 1 from face_templates t
  where t.tenant_id = students.tenant_id and t.student_id = students.id and t.kind = 'enrolment')`;

/** The students that the caller may see: all for administrators, those of their courses for teachers. */
export async function listStudents(
  tx: Tx,
  caller: Reader,
  query: StudentQuery,
): Promise<{ total: number; items: Student[] }> {
  const conditions: (SQL | undefined)[] = [
    studentScope(caller, students.id) ?? undefined,
    query.archived ? isNotNull(students.archivedAt) : isNull(students.archivedAt),
    ...searchPatterns(query.search ?? '').map((pattern) => like(students.searchText, pattern)),
    query.courseId === undefined
      ? undefined
      : sql`${students.id} in (select e.student_id from enrolments e where e.course_id = ${query.courseId})`,
    query.department === undefined ? undefined : eq(students.department, query.department),
    query.hasFace === undefined ? undefined : query.hasFace ? HAS_FACE : sql`not ${HAS_FACE}`,
    query.consent === undefined ? undefined : latest(query.consent),
  ];
  const where = and(...conditions);
  const sort = query.sort ?? 'name';
  const direction = sort.startsWith('-') ? desc : asc;
  const order = [direction(SORTS[sort.replace(/^-/, '')]!), asc(students.id)];
  // What is looked up for each student is not looked up for those before the page.
  const page = tx
    .select({ id: students.id })
    .from(students)
    .where(where)
    .orderBy(...order)
    .offset(query.skip)
    .limit(query.limit);
  const [[counted], rows] = await Promise.all([
    tx.select({ total: count() }).from(students).where(where),
    tx
      .select(columns)
      .from(students)
      .where(inArray(students.id, page))
      .orderBy(...order),
  ]);
  return { total: counted?.total ?? 0, items: rows.map(toStudent) };
}

/** Throws `student-not-found`, also where the student is another institution's or not the caller's to see. */
export async function getStudent(tx: Tx, studentId: string, caller?: Reader): Promise<Student> {
  const scope = caller ? studentScope(caller, students.id) : null;
  const [row] = await tx
    .select(columns)
    .from(students)
    .where(and(eq(students.id, studentId), scope ?? undefined));
  if (!row) throw new ApiError('student-not-found');
  return toStudent(row);
}

/** Throws `student-not-found` where the caller may not see the student: told the same as for nobody. */
export async function assertStudent(tx: Tx, caller: Reader, studentId: string): Promise<void> {
  const [found] = await tx
    .select({ id: students.id })
    .from(students)
    .where(and(eq(students.id, studentId), studentScope(caller, students.id) ?? undefined));
  if (!found) throw new ApiError('student-not-found');
}

/** Throws `student-number-taken`, `student-external-id-taken`. */
export async function createStudent(
  context: AppContext,
  caller: Caller,
  given: NewStudent,
): Promise<Student> {
  const id = newId();
  const { tenantId } = caller;
  const { number, name, ...rest } = normalise(given);
  return taken(() =>
    context.db.tenant(tenantId, async (tx) => {
      const row = { number: number!, name: name!, email: rest.email ?? null };
      await tx.insert(students).values({ id, tenantId, ...rest, ...row, searchText: studentSearchText(row) });
      for (const purpose of ['face', 'emotion'] as const) {
        const granted = given.consents?.[purpose];
        if (granted !== undefined) await recordConsent(tx, caller, id, purpose, granted);
      }
      return getStudent(tx, id);
    }),
  );
}

/** Throws `student-not-found`, `student-number-taken`, `student-external-id-taken`. */
export async function patchStudent(
  context: AppContext,
  tenantId: string,
  studentId: string,
  patch: StudentPatch,
): Promise<Student> {
  const changed = await taken(() =>
    context.db.tenant(tenantId, async (tx) => {
      const [before] = await tx.select().from(students).where(eq(students.id, studentId)).for('update');
      if (!before) throw new ApiError('student-not-found');
      const set = normalise(patch);
      await tx
        .update(students)
        .set({
          ...set,
          searchText: studentSearchText({ ...before, ...set }),
          updatedAt: new Date(context.clock.now()),
        })
        .where(eq(students.id, studentId));
      return getStudent(tx, studentId);
    }),
  );
  context.events.emit('student:changed', { tenantId, studentId });
  return changed;
}

/**
 * Archives a student or restores them. An archived student keeps enrolments, attendance and templates, but is on no
 * list, in no gallery and in no session from then on. Throws `student-not-found`.
 */
export async function archiveStudent(
  context: AppContext,
  tenantId: string,
  studentId: string,
  archived: boolean,
): Promise<Student> {
  const student = await context.db.tenant(tenantId, async (tx) => {
    const now = new Date(context.clock.now());
    await tx
      .update(students)
      .set({
        archivedAt: archived
          ? sql`coalesce(${students.archivedAt}, ${now.toISOString()}::timestamptz)`
          : null,
        updatedAt: now,
      })
      .where(eq(students.id, studentId));
    return getStudent(tx, studentId);
  });
  context.events.emit('gallery:changed', { tenantId, studentId });
  return student;
}

/**
 * Appends to the ledger of consent; what a withdrawal erases is the matter of features/privacy. Throws
 * `emotion-prohibited`.
 */
export async function recordConsent(
  tx: Tx,
  caller: Pick<Caller, 'tenantId' | 'userId'>,
  studentId: string,
  purpose: ConsentPurpose,
  granted: boolean,
  /** Version of the text that was agreed to. */
  wording: string | null = null,
): Promise<void> {
  // Nobody can agree to what the law of the place prohibits.
  if (purpose === 'emotion' && granted) {
    const { policy: id } = await currentTenant(tx, caller.tenantId);
    if (policy(id).emotion.prohibited) throw new ApiError('emotion-prohibited');
  }
  await tx.insert(consents).values({
    id: newId(),
    tenantId: caller.tenantId,
    studentId,
    purpose,
    granted,
    recordedBy: caller.userId,
    wording,
  });
}

type StudentText = Partial<
  Pick<
    typeof students.$inferInsert,
    | 'number'
    | 'name'
    | 'email'
    | 'department'
    | 'guardianName'
    | 'guardianEmail'
    | 'locale'
    | 'preferences'
    | 'externalId'
  >
>;

/** As JSON: they come with every list of students. */
const LONGEST_PREFERENCES = 16_384;

/** As it is kept: composed letters, single spaces, addresses in lower case, nothing for empty. */
function normalise(given: StudentPatch): StudentText {
  const clean = (text: string) => text.normalize('NFC').replace(/\s+/g, ' ').trim();
  const orNull = (text: string | null) => (text === null ? null : clean(text) || null);
  if (given.preferences && !isKeepable(given.preferences)) {
    throw new ApiError('invalid-request', {
      message: 'The preferences are longer or deeper than can be kept.',
    });
  }
  return {
    ...(given.number === undefined ? {} : { number: clean(given.number) }),
    ...(given.name === undefined ? {} : { name: clean(given.name) }),
    ...(given.email === undefined ? {} : { email: given.email?.toLowerCase() ?? null }),
    ...(given.department === undefined ? {} : { department: orNull(given.department) }),
    ...(given.guardianName === undefined ? {} : { guardianName: orNull(given.guardianName) }),
    ...(given.guardianEmail === undefined
      ? {}
      : { guardianEmail: given.guardianEmail?.toLowerCase() ?? null }),
    ...(given.locale === undefined ? {} : { locale: given.locale }),
    ...(given.preferences === undefined ? {} : { preferences: given.preferences }),
    ...(given.externalId === undefined ? {} : { externalId: given.externalId }),
  };
}

function isKeepable(preferences: Record<string, unknown>): boolean {
  try {
    return JSON.stringify(preferences).length <= LONGEST_PREFERENCES;
  } catch {
    // Nested deeper than it can be written.
    return false;
  }
}

/** What a search looks through. */
export function studentSearchText(row: {
  number: string;
  name: string;
  email?: string | null | undefined;
}): string {
  return fold(`${row.name} ${row.number} ${row.email ?? ''}`);
}

async function taken<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const violated = violatedUnique(error);
    if (violated === 'students_number_key') throw new ApiError('student-number-taken', { cause: error });
    if (violated === 'students_external_key') {
      throw new ApiError('student-external-id-taken', { cause: error });
    }
    throw error;
  }
}

type Row = Omit<Student, 'consents' | 'archived' | 'createdAt'> & {
  face: boolean;
  emotion: boolean;
  archivedAt: Date | null;
  createdAt: Date;
};

function toStudent(row: Row): Student {
  const { face, emotion, archivedAt, createdAt, ...rest } = row;
  return {
    ...rest,
    archived: archivedAt !== null,
    createdAt: createdAt.toISOString(),
    consents: { face, emotion },
  };
}
