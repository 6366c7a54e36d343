import { type SQL, sql } from 'drizzle-orm';
import yazl from 'yazl';
import { policy } from '../../../config/policies.ts';
import type { AppContext } from '../../context.ts';
import type { TenantCrypto } from '../../crypto.ts';
import type { Tx } from '../../db/tenancy.ts';
import { ApiError } from '../../errors.ts';
import { currentTenant, tenantCrypto } from '../tenants/service.ts';
import { rowsOf } from './erasure.ts';
import { PERSONAL, type PersonalTable } from './personal.ts';
import { SEALED } from './sealed.ts';

type Row = Record<string, unknown>;

/**
 * Everything that is kept about a student, as a zip: a JSON file a table, pictures and documents as they are, and a page
 * that explains them. Throws `student-not-found`.
 */
export async function exportStudent(
  context: AppContext,
  tenantId: string,
  studentId: string,
): Promise<NodeJS.ReadableStream> {
  const zip = new yazl.ZipFile();
  await context.db.tenant(tenantId, async (tx) => {
    const [found] = await tx.execute<{ user_id: string | null }>(sql`
      select u.id::text as user_id from students s left join users u on u.student_id = s.id where s.id = ${studentId}`);
    if (!found) throw new ApiError('student-not-found');
    const tenant = await currentTenant(tx, tenantId);
    const crypto = await tenantCrypto(context, tx, tenantId);
    const { prohibited } = policy(tenant.policy).emotion;
    const lines: string[] = [];
    for (const table of PERSONAL) {
      if (table.notExported || (prohibited && table.table === 'emotion_history')) continue;
      const rows = await readRows(tx, table, studentId, found.user_id);
      for (const row of rows) addPictures(zip, crypto, table, row);
      if (table.table === 'audit_log') hideOthers(rows, found.user_id);
      for (const row of rows) hideOtherStudents(table, row, studentId);
      const name = `${table.table.replaceAll('_', '-')}.json`;
      add(zip, name, JSON.stringify(rows, null, 2));
      lines.push(`${name} (${rows.length}): ${table.title}`);
    }
    const documents = await tx.execute<{ id: string }>(
      sql`select id::text from files where student_id = ${studentId}`,
    );
    for (const { id } of documents) await addDocument(context, tx, zip, tenantId, id);
    add(zip, 'README.txt', readme(tenant.name, new Date(context.clock.now()), lines));
  });
  zip.end();
  return zip.outputStream;
}

/** Columns as JSON, without bytes and without what is withheld; bytes that the institution's key opens follow. */
async function readRows(
  tx: Tx,
  table: PersonalTable,
  studentId: string,
  userId: string | null,
): Promise<Row[]> {
  const sealed = SEALED.filter((column) => column.table === table.table);
  const hidden = [...(table.withheld ?? []), ...sealed.map(({ column }) => column)];
  const without = hidden.length === 0 ? sql`` : sql` - ${sql.param(`{${hidden.join(',')}}`)}::text[]`;
  const bytes: SQL[] = sealed
    .filter(({ column }) => !table.withheld?.includes(column))
    .map(({ column }) => sql`, ${sql.identifier(column)}`);
  const rows = await tx.execute<{ data: Row } & Row>(sql`
    select to_jsonb(${sql.identifier(table.table)})${without} as data ${sql.join(bytes, sql``)}
    from ${sql.identifier(table.table)} where ${rowsOf(table, studentId, userId)}`);
  return rows.map(({ data, ...rest }) => ({ ...data, ...rest }));
}

/** Opens the encrypted columns of a row: pictures become files, embeddings lists of numbers. */
function addPictures(zip: yazl.ZipFile, crypto: TenantCrypto, table: PersonalTable, row: Row): void {
  for (const { column, purpose } of SEALED.filter((sealed) => sealed.table === table.table)) {
    const bytes = row[column];
    if (!(bytes instanceof Uint8Array)) continue;
    const bound = purpose(row as Record<string, string>);
    if (column === 'thumbnail') {
      const name = `photos/${table.table.replaceAll('_', '-')}-${String(row.id)}.jpg`;
      add(zip, name, crypto.open(bound, bytes));
      row[column] = name;
    } else {
      row[column] = [...crypto.openVector(bound, bytes)];
    }
  }
}

/** Where somebody else did something with the student's data, their address and device are theirs. */
function hideOthers(rows: Row[], userId: string | null): void {
  for (const row of rows) {
    if (userId !== null && row.actor_id === userId) continue;
    delete row.address;
    delete row.user_agent;
  }
}

/** Whose face was taken for the student's, or theirs for whose, is the other student's matter: see eventsOfRecord. */
function hideOtherStudents(table: PersonalTable, row: Row, studentId: string): void {
  for (const column of table.mentions ?? []) if (row[column] !== studentId) delete row[column];
  if (table.table !== 'attendance_events' || row.data === null || typeof row.data !== 'object') return;
  const { from: _from, to: _to, ...data } = row.data as Row;
  row.data = data;
}

async function addDocument(
  context: AppContext,
  tx: Tx,
  zip: yazl.ZipFile,
  tenantId: string,
  fileId: string,
): Promise<void> {
  try {
    const file = await context.storage.get(tx, tenantId, fileId);
    add(zip, `documents/${fileId}-${file.name.replace(/[^\p{L}\p{N}._-]+/gu, '_')}`, file.content);
  } catch (error) {
    // Expired: about to be removed.
    if (!(error instanceof ApiError && error.code === 'file-not-found')) throw error;
  }
}

function add(zip: yazl.ZipFile, name: string, content: string | Buffer): void {
  zip.addBuffer(Buffer.from(content), name);
}

function readme(institution: string, at: Date, lines: string[]): string {
  return [
    `What ${institution} keeps about you, ${at.toISOString()}`,
    '',
    'Each file is a list of entries in JSON, one for each kind of data; times are in UTC.',
    'photos/ holds pictures of faces, documents/ the documents that you or others handed in.',
    '',
    ...lines,
    '',
    'Left out: passwords, codes and links of your account in any form, because they would open it; addresses and',
    'devices of other people. Class sessions are not recorded; pictures of the camera are not kept.',
    '',
  ].join('\n');
}
