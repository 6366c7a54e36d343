import { type SQL, sql } from 'drizzle-orm';
import type { AppContext } from '../../context.ts';
import type { students, users } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';

/** Who is erased, as they were. */
export interface Erased {
  student: typeof students.$inferSelect;
  account: typeof users.$inferSelect | null;
}

/**
 * Removes what rows of nobody, or of others, say of a student: messages and jobs that name them, lines of imported
 * rosters, files made of many people's data. Of audit entries address and device go, the ids stay. Returns rows by table.
 */
export async function eraseTraces(
  context: AppContext,
  tx: Tx,
  tenantId: string,
  erased: Erased,
): Promise<Record<string, number>> {
  const removed: Record<string, number> = {};
  const remove = async (table: string, where: SQL) => {
    const gone = await tx.execute(sql`delete from ${sql.identifier(table)} where ${where}`);
    removed[table] = (removed[table] ?? 0) + gone.count;
  };
  await remove('outbox', says(sql`payload::text`, erased));
  await remove('dead_letters', sql`${says(sql`data::text`, erased)} or ${says(sql`error`, erased)}`);
  await remove('webhook_deliveries', says(sql`payload::text`, erased));
  await remove(
    'notifications',
    sql`${says(sql`data::text || dedupe_key`, erased)} or ${addressedTo(erased)}`,
  );
  // Of an account that is not made yet: who has registered and not come back with the link.
  await remove('one_time_tokens', sql`user_id is null and ${says(sql`data::text`, erased)}`);
  await remove('report_jobs', says(sql`params::text`, erased));
  await remove(
    'import_lines',
    sql`student_id = ${erased.student.id} or target_id = ${erased.student.id}
      or ${says(sql`data::text`, erased)} or ${says(sql`to_jsonb(key)::text`, erased)} or ${says(sql`message`, erased)}`,
  );
  removed.files = await removeShared(context, tx, tenantId);
  await blankOrigins(tx, erased);
  return removed;
}

/**
 * Reports, exports and imported rosters of the institution: who is in them cannot be seen from outside, so all of them go.
 * Reports can be asked for again.
 */
async function removeShared(context: AppContext, tx: Tx, tenantId: string): Promise<number> {
  const rows = await tx.execute<{ id: string }>(
    sql`select id from files where kind in ('report', 'export', 'import')`,
  );
  await tx.execute(sql`update report_jobs set status = 'expired', file_id = null where file_id is not null`);
  await tx.execute(sql`update imports set file_id = null where file_id is not null`);
  return context.storage.remove(
    tx,
    tenantId,
    rows.map(({ id }) => id),
  );
}

/** The text names the student: by id, number, name or address, each as a JSON string of its own. */
function says(text: SQL, { student, account }: Erased): SQL {
  const exact = [
    student.number,
    student.name,
    student.email,
    student.externalId,
    account?.name,
    account?.email,
  ];
  const anywhere = [student.id, account?.id, student.email, account?.email];
  const found = [
    ...exact.filter(isText).map((value) => sql`strpos(${text}, to_jsonb(${value}::text)::text) > 0`),
    ...anywhere.filter(isText).map((value) => sql`strpos(${text}, ${value}) > 0`),
  ];
  return sql`coalesce(${sql.join(found, sql` or `)}, false)`;
}

/** A guardian's address may be that of a brother or sister, too: their messages stay. */
function addressedTo({ student, account }: Erased): SQL {
  const own = [student.email, account?.email].filter(isText);
  const shared = student.guardianEmail;
  const conditions = [
    ...own.map((address) => sql`lower(address) = lower(${address})`),
    ...(isText(shared) ? [sql`(lower(address) = lower(${shared}) and student_id is null)`] : []),
  ];
  return conditions.length === 0 ? sql`false` : sql`coalesce(${sql.join(conditions, sql` or `)}, false)`;
}

async function blankOrigins(tx: Tx, { student, account }: Erased): Promise<void> {
  const ids = [student.id, ...(account ? [account.id] : [])];
  await tx.execute(sql`
    update audit_log set address = null, user_agent = null, origin_salt = null
    where origin_salt is not null
      and (actor_id in ${ids} or (actor_id is null and subject_id in ${ids}))`);
}

function isText(value: string | null | undefined): value is string {
  return typeof value === 'string' && value !== '';
}
