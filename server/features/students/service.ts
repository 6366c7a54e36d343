import { and, asc, count, eq, inArray, like, type SQL, sql } from 'drizzle-orm';
import type { AppContext } from '../../context.ts';
import { newId } from '../../db/ids.ts';
import { violatedUnique } from '../../db/problems.ts';
import { type ConsentPurpose, consents, enrolments, students } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { ApiError } from '../../errors.ts';
import type { Caller } from '../auth/tokens.ts';
import type { NewStudent, Student, StudentPatch, StudentQuery } from './schemas.ts';
import { fold, searchPatterns } from './search.ts';

/** Columns of the outer query are written out: drizzle leaves the table's name away, and the inner table has them too. */
// `${students}.id`, not `${students.id}`: drizzle leaves the table out where there is one, and the subquery has ids too.
const latest = (purpose: ConsentPurpose) => sql<boolean>`coalesce((
  select c.granted from consents c
  where c.tenant_id = students.tenant_id and c.student_id = students.id and c.purpose = ${purpose}
  order by c.id desc limit 1), false)`;

const columns = {
  id: students.id,
  number: students.number,
  name: students.name,
  email: students.email,
  faceTemplates: sql<number>`(
    select count(*)::int from face_templates t
    where t.tenant_id = students.tenant_id and t.student_id = students.id and t.kind = 'enrolment')`,
  face: latest('face'),
  emotion: latest('emotion'),
};

export async function listStudents(
  tx: Tx,
  query: StudentQuery,
): Promise<{ total: number; items: Student[] }> {
  const conditions: SQL[] = searchPatterns(query.search ?? '').map((pattern) =>
    like(students.searchText, pattern),
  );
  if (query.courseId !== undefined) {
    const enrolled = tx
      .select({ id: enrolments.studentId })
      .from(enrolments)
      .where(eq(enrolments.courseId, query.courseId));
    conditions.push(inArray(students.id, enrolled));
  }
  const where = and(...conditions);
  const [counted] = await tx.select({ total: count() }).from(students).where(where);
  const rows = await tx
    .select(columns)
    .from(students)
    .where(where)
    .orderBy(asc(sql`${students.name} collate "und-x-icu"`), asc(students.id))
    .offset(query.skip)
    .limit(query.limit);
  return { total: counted?.total ?? 0, items: rows.map(toStudent) };
}

/** Throws `student-not-found`, also where the student is another institution's. */
export async function getStudent(tx: Tx, studentId: string): Promise<Student> {
  const [row] = await tx.select(columns).from(students).where(eq(students.id, studentId));
  if (!row) throw new ApiError('student-not-found');
  return toStudent(row);
}

/** Throws `student-number-taken`. */
export async function createStudent(
  context: AppContext,
  caller: Caller,
  given: NewStudent,
): Promise<Student> {
  const id = newId();
  const { tenantId } = caller;
  const text = normalise(given);
  return numberTaken(() =>
    context.db.tenant(tenantId, async (tx) => {
      const row = { id, tenantId, number: text.number!, name: text.name!, email: text.email ?? null };
      await tx.insert(students).values({ ...row, searchText: searchTextOf(row) });
      for (const purpose of ['face', 'emotion'] as const) {
        const granted = given.consents?.[purpose];
        if (granted !== undefined) await recordConsent(tx, caller, id, purpose, granted);
      }
      return getStudent(tx, id);
    }),
  );
}

/** Throws `student-not-found`, `student-number-taken`. */
export async function patchStudent(
  context: AppContext,
  tenantId: string,
  studentId: string,
  patch: StudentPatch,
): Promise<Student> {
  const changed = await numberTaken(() =>
    context.db.tenant(tenantId, async (tx) => {
      const [before] = await tx.select().from(students).where(eq(students.id, studentId)).for('update');
      if (!before) throw new ApiError('student-not-found');
      const after = { ...before, ...normalise(patch) };
      await tx
        .update(students)
        .set({
          number: after.number,
          name: after.name,
          email: after.email,
          searchText: searchTextOf(after),
          updatedAt: new Date(context.clock.now()),
        })
        .where(eq(students.id, studentId));
      return getStudent(tx, studentId);
    }),
  );
  context.events.emit('student:changed', { tenantId, studentId });
  return changed;
}

/** Appends to the ledger of consent; what a withdrawal erases is the matter of features/privacy. */
export async function recordConsent(
  tx: Tx,
  caller: Pick<Caller, 'tenantId' | 'userId'>,
  studentId: string,
  purpose: ConsentPurpose,
  granted: boolean,
): Promise<void> {
  await tx.insert(consents).values({
    id: newId(),
    tenantId: caller.tenantId,
    studentId,
    purpose,
    granted,
    recordedBy: caller.userId,
  });
}

function normalise(given: StudentPatch): { number?: string; name?: string; email?: string | null } {
  const clean = (text: string) => text.normalize('NFC').replace(/\s+/g, ' ').trim();
  return {
    ...(given.number === undefined ? {} : { number: clean(given.number) }),
    ...(given.name === undefined ? {} : { name: clean(given.name) }),
    ...(given.email === undefined ? {} : { email: given.email?.toLowerCase() ?? null }),
  };
}

function searchTextOf(row: { number: string; name: string; email: string | null }): string {
  return fold(`${row.name} ${row.number} ${row.email ?? ''}`);
}

async function numberTaken<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (violatedUnique(error) === 'students_number_key')
      throw new ApiError('student-number-taken', { cause: error });
    throw error;
  }
}

function toStudent(row: Omit<Student, 'consents'> & { face: boolean; emotion: boolean }): Student {
  const { face, emotion, ...rest } = row;
  return { ...rest, consents: { face, emotion } };
}
