import { and, eq, isNull, sql } from 'drizzle-orm';
import { students } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';

export type RosterEntry = Pick<typeof students.$inferSelect, 'id' | 'number' | 'name' | 'email'>;

const entry = { id: students.id, number: students.number, name: students.name, email: students.email };
const free = sql`not exists (select 1 from users u where u.student_id = students.id)`;

/** The roster entry with that number and e-mail address that has no account yet. */
export async function entryOf(tx: Tx, number: string, email: string): Promise<RosterEntry | null> {
  const [found] = await tx
    .select(entry)
    .from(students)
    .where(
      and(
        eq(students.number, number.normalize('NFC').trim()),
        sql`lower(${students.email}) = ${email.toLowerCase()}`,
        isNull(students.archivedAt),
        free,
      ),
    );
  return found ?? null;
}

/** The only roster entry with that address that has no account yet; null where there is none or several. */
export async function entryByEmail(tx: Tx, email: string): Promise<RosterEntry | null> {
  const found = await tx
    .select(entry)
    .from(students)
    .where(and(sql`lower(${students.email}) = ${email.toLowerCase()}`, isNull(students.archivedAt), free))
    .limit(2);
  return found.length === 1 ? found[0]! : null;
}

/** Whether or not it has an account. */
export async function entryByNumber(
  tx: Tx,
  number: string,
): Promise<(RosterEntry & { taken: boolean }) | null> {
  const [found] = await tx
    .select({ ...entry, taken: sql<boolean>`not (${free})` })
    .from(students)
    .where(and(eq(students.number, number.normalize('NFC').trim()), isNull(students.archivedAt)));
  return found ?? null;
}
