import { type SQL, sql } from 'drizzle-orm';
import type { Tx } from '../../db/tenancy.ts';
import { type Reader, type StoredPreferences, storedPreferences } from './preferences.ts';

/** A person who can be told something, with an account or without. */
export interface Recipient {
  /** Stable: the same person has the same key in every notification. */
  key: string;
  reader: Reader;
  userId: string | null;
  /** Of a student or a guardian: the student. */
  studentId: string | null;
  /** Where mail goes; null: nowhere. An account's own address is looked up when the mail is sent. */
  address: string | null;
  locale: string | null;
  preferences: StoredPreferences;
}

interface StudentRow extends Record<string, unknown> {
  id: string;
  email: string | null;
  locale: string | null;
  preferences: Record<string, unknown>;
  guardianEmail: string | null;
  userId: string | null;
  userEmail: string | null;
  userLocale: string | null;
}

/** The students themselves and their guardians, of those who are on the roster. */
export async function studentRecipients(tx: Tx, studentIds: readonly string[]): Promise<Recipient[]> {
  if (studentIds.length === 0) return [];
  const rows = await tx.execute<StudentRow>(sql`
    select s.id, s.email, s.locale, s.preferences, s.guardian_email as "guardianEmail",
      u.id as "userId", u.email as "userEmail", u.locale as "userLocale"
    from students s left join users u on u.student_id = s.id and u.active
    where s.archived_at is null
      and s.id in (select value::uuid from jsonb_array_elements_text(${JSON.stringify(studentIds)}::text::jsonb))`);
  return rows.flatMap((row) => {
    const preferences = storedPreferences(row.preferences);
    const self: Recipient = {
      key: `s:${row.id}`,
      reader: 'student',
      userId: row.userId,
      studentId: row.id,
      address: row.userEmail ?? row.email,
      locale: row.locale ?? row.userLocale,
      preferences,
    };
    if (!row.guardianEmail) return [self];
    const guardian: Recipient = {
      key: `g:${row.id}`,
      reader: 'guardian',
      userId: null,
      studentId: row.id,
      address: row.guardianEmail,
      locale: row.locale,
      preferences: preferences.guardian?.topics ? { topics: preferences.guardian.topics } : {},
    };
    return [self, guardian];
  });
}

interface StaffRow extends Record<string, unknown> {
  teacherId: string | null;
  userId: string | null;
  role: string | null;
  email: string | null;
  locale: string | null;
  preferences: Record<string, unknown> | null;
}

/**
 * Who teaches one of the courses, or one of those who do; also who has no account and is only on the list of teachers, but
 * nobody whose account has been switched off: they are not to hear of students any more.
 */
export async function teachersOf(tx: Tx, courses: SQL, teacherId?: string): Promise<Recipient[]> {
  const rows = await tx.execute<StaffRow>(sql`
    select distinct on (t.id) t.id as "teacherId", u.id as "userId", u.role, coalesce(u.email, t.email) as email,
      u.locale, u.preferences
    from course_teachers ct join teachers t on t.id = ct.teacher_id
    left join users u on u.id = t.user_id and u.active
    where (t.user_id is null or u.id is not null) and ct.course_id in (${courses}) ${teacherId === undefined ? sql`` : sql`and t.id = ${teacherId}`} order by t.id`);
  return rows.map(toStaff);
}

export async function administrators(tx: Tx): Promise<Recipient[]> {
  const rows = await tx.execute<StaffRow>(sql`
    select null as "teacherId", u.id as "userId", u.role, u.email, u.locale, u.preferences
    from users u where u.role in ('admin', 'sysadmin') and u.active order by u.id`);
  return rows.map(toStaff);
}

/** One user of any role, where the account is active. */
export async function userRecipient(tx: Tx, userId: string): Promise<Recipient | null> {
  const [row] = await tx.execute<StaffRow & { studentId: string | null }>(sql`
    select null as "teacherId", u.id as "userId", u.role, u.email, u.locale, u.preferences, u.student_id as "studentId"
    from users u where u.id = ${userId} and u.active`);
  if (!row) return null;
  if (row.studentId !== null) {
    const found = await studentRecipients(tx, [row.studentId]);
    return found.find((recipient) => recipient.reader === 'student') ?? null;
  }
  return toStaff(row);
}

function toStaff(row: StaffRow): Recipient {
  return {
    key: row.userId === null ? `t:${row.teacherId}` : `u:${row.userId}`,
    reader: row.role === 'admin' || row.role === 'sysadmin' ? 'admin' : 'teacher',
    userId: row.userId,
    studentId: null,
    address: row.email,
    locale: row.locale,
    preferences: storedPreferences(row.preferences ?? {}),
  };
}

/** The same person once: an administrator may teach, too. */
export function distinct(recipients: readonly Recipient[]): Recipient[] {
  return [...new Map(recipients.map((recipient) => [recipient.key, recipient])).values()];
}
