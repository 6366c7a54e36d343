import { and, eq, gt, isNull, sql } from 'drizzle-orm';
import type { AppContext } from '../../context.ts';
import { newId } from '../../db/ids.ts';
import { activationCodes, courses, students, teachers, users } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { ApiError } from '../../errors.ts';
import { readTypedCode } from '../auth/codes.ts';
import type { LoginGuard } from '../auth/login-guard.ts';
import { assertPassword, hashPassword } from '../auth/passwords.ts';
import { entryByNumber } from '../auth/roster-match.ts';
import type { TokenAnswer } from '../auth/schemas.ts';
import { answerTokens, type Grant, type Origin, openGrant } from '../auth/sign-in.ts';
import { studentSearchText } from '../students/service.ts';
import { ensureTeacher } from '../teachers/service.ts';
import { currentTenant } from '../tenants/service.ts';
import { insertUser, named } from '../users/service.ts';
import { hashActivationCode } from './codes.ts';

export interface Activation {
  code: string;
  email: string;
  name: string;
  password: string;
  studentNumber?: string | undefined;
  locale?: string | undefined;
}

type CodeRow = typeof activationCodes.$inferSelect;

/**
 * Makes the account that a code stands for, lets it join the code's course, and signs it in: all or nothing, so that a
 * use of the code is only spent on an account. Throws `activation-code-mistyped`, `activation-code-invalid`,
 * `email-taken`, `password-too-weak`, `roster-entry-missing`, `roster-entry-taken`, `institution-suspended`,
 * `rate-limited`.
 */
export async function activate(
  context: AppContext,
  guard: LoginGuard,
  given: Activation,
  origin: Origin,
): Promise<TokenAnswer> {
  const code = readTypedCode(given.code);
  if (code === null) throw new ApiError('activation-code-mistyped');
  const codeHash = hashActivationCode(context, code);
  const now = new Date(context.clock.now());
  let held: CodeRow | null = null;
  // Guessing at codes makes the address wait.
  const address = origin.address ?? 'unknown';
  await guard.attempt({ account: `activation:${code}`, address }, async () => {
    held = await context.db.system(async (tx) => {
      const [found] = await tx.select().from(activationCodes).where(usableCode(codeHash, now));
      return found ?? null;
    });
    return held !== null;
  });
  const known = held as CodeRow | null;
  if (known === null) throw new ApiError('activation-code-invalid');
  const email = given.email.trim().toLowerCase();
  assertPassword(given.password, email);
  const passwordHash = await hashPassword(given.password);
  const { tenantId } = known;
  let joined: { courseId: string; studentId: string } | null = null;
  const grant = await named(() =>
    context.db.tenant(tenantId, async (tx): Promise<Grant> => {
      // Of many at once, as many get through as there are uses left.
      const [used] = await tx
        .update(activationCodes)
        .set({ uses: sql`${activationCodes.uses} + 1` })
        .where(usableCode(codeHash, now))
        .returning();
      if (!used) throw new ApiError('activation-code-invalid');
      const tenant = await currentTenant(tx, tenantId);
      if (!tenant.active) throw new ApiError('institution-suspended');
      await assertJoinable(tx, used.courseId);
      if (used.role === 'teacher' && used.teacherId === null) await assertNobodysAddress(tx, email);
      const studentId = used.role === 'student' ? await rosterEntry(tx, used, given, email) : null;
      const user = await insertUser(context, tx, {
        tenantId,
        email,
        name: given.name,
        role: used.role,
        locale: given.locale,
        passwordHash,
        studentId,
        teacherId: used.teacherId,
      });
      if (used.courseId !== null && studentId !== null) {
        await tx.execute(sql`
          insert into enrolments (tenant_id, course_id, student_id) values (${tenantId}, ${used.courseId}, ${studentId})
          on conflict do nothing`);
        joined = { courseId: used.courseId, studentId };
      } else if (used.role === 'teacher') {
        const teacherId = await ensureTeacher(tx, user);
        if (used.courseId !== null) {
          await tx.execute(sql`
            insert into course_teachers (tenant_id, course_id, teacher_id)
            values (${tenantId}, ${used.courseId}, ${teacherId}) on conflict do nothing`);
        }
      }
      return openGrant(context, tx, { user, tenant, familyId: null, methods: ['code'] }, origin);
    }),
  );
  const enrolled = joined as { courseId: string; studentId: string } | null;
  if (enrolled !== null) {
    const { courseId, studentId } = enrolled;
    context.events.emit('roster:changed', { tenantId, courseId, studentIds: [studentId] });
  }
  return answerTokens(context, grant);
}

/**
 * The address is what somebody has typed. An entry on the list of teachers comes with courses and their students: it is for
 * whom it names, by an invitation or a code of its own.
 */
async function assertNobodysAddress(tx: Tx, email: string): Promise<void> {
  const [entry] = await tx
    .select({ id: teachers.id })
    .from(teachers)
    .where(and(eq(teachers.email, email), isNull(teachers.userId)))
    .limit(1);
  if (!entry) return;
  throw new ApiError('activation-code-invalid', {
    message: 'The address is on the list of teachers: it takes an invitation, or a code of its own.',
  });
}

/** A code of a course that is over makes no account: whoever has it would expect to be in it. */
async function assertJoinable(tx: Tx, courseId: string | null): Promise<void> {
  if (courseId === null) return;
  const [course] = await tx
    .select({ id: courses.id })
    .from(courses)
    .where(and(eq(courses.id, courseId), isNull(courses.archivedAt)));
  if (!course) throw new ApiError('activation-code-invalid');
}

/** Not withdrawn, not expired, not used up. */
export const usableCode = (codeHash: Buffer, now: Date) =>
  and(
    eq(activationCodes.codeHash, codeHash),
    isNull(activationCodes.revokedAt),
    gt(activationCodes.expiresAt, now),
    sql`${activationCodes.uses} < ${activationCodes.maxUses}`,
  );

/**
 * The entry that a student's code is for. A code for nobody in particular needs the student's number: it takes that
 * entry, if it has no account yet and no other e-mail address, or makes one.
 */
async function rosterEntry(tx: Tx, code: CodeRow, given: Activation, email: string): Promise<string> {
  if (code.studentId !== null) {
    const [taken] = await tx.select({ id: users.id }).from(users).where(eq(users.studentId, code.studentId));
    if (taken) throw new ApiError('roster-entry-taken');
    const [entry] = await tx
      .select({ id: students.id })
      .from(students)
      .where(and(eq(students.id, code.studentId), isNull(students.archivedAt)));
    if (!entry) throw new ApiError('activation-code-invalid');
    return entry.id;
  }
  const number = given.studentNumber?.normalize('NFC').trim();
  if (!number) throw new ApiError('roster-entry-missing');
  // Two who give the same new number at once: the second waits and finds the first's entry.
  await tx.execute(
    sql`select pg_advisory_xact_lock(hashtextextended(${`student ${code.tenantId} ${number}`}, 0))`,
  );
  const entry = await entryByNumber(tx, number);
  if (entry) {
    if (entry.taken) throw new ApiError('roster-entry-taken');
    // Whoever has the code could otherwise take a classmate's entry by knowing the number.
    if (entry.email !== null && entry.email.toLowerCase() !== email) {
      throw new ApiError('roster-entry-missing');
    }
    return entry.id;
  }
  const row = { number, name: given.name.trim(), email };
  const id = newId();
  await tx
    .insert(students)
    .values({ id, tenantId: code.tenantId, ...row, searchText: studentSearchText(row) });
  return id;
}
