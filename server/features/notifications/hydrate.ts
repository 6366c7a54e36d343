import { sql } from 'drizzle-orm';
import type { notifications } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { createFormat, type Format, languageOf } from '../../mail/format.ts';
import { isMessageKind, type Message, type MessageData, type MessageKind } from '../../mail/kinds.ts';
import { write } from '../../mail/words.ts';

export type NotificationRow = typeof notifications.$inferSelect;

export interface Rendered {
  row: NotificationRow;
  message: Message;
  format: Format;
}

/** Puts the names of students into stored notifications, in one query, and writes them in their reader's language. */
export async function render(
  tx: Tx,
  rows: readonly NotificationRow[],
  place: { institution: string; url: string; timezone: string },
): Promise<Rendered[]> {
  const names = await namesOf(tx, rows);
  // Making one costs more than using it for a page.
  const formats = new Map<string, Format>();
  return rows.flatMap((row) => {
    if (!isMessageKind(row.kind)) return [];
    const language = languageOf(row.locale);
    const format = formats.get(language) ?? createFormat(language, place.timezone);
    formats.set(language, format);
    const data = filled(row, names) as MessageData[MessageKind];
    return [{ row, format, message: write(row.kind, data as never, format, place) }];
  });
}

async function namesOf(tx: Tx, rows: readonly NotificationRow[]): Promise<Map<string, string>> {
  const ids = new Set<string>();
  for (const row of rows) {
    if (row.studentId) ids.add(row.studentId);
    for (const { studentId } of listed(row.data)) ids.add(studentId);
  }
  if (ids.size === 0) return new Map();
  const found = await tx.execute<{ id: string; name: string }>(sql`
    select s.id, s.name from students s
    where s.id in (select value::uuid from jsonb_array_elements_text(${JSON.stringify([...ids])}::text::jsonb))`);
  return new Map(found.map(({ id, name }) => [id, name]));
}

function filled(row: NotificationRow, names: ReadonlyMap<string, string>): Record<string, unknown> {
  const lookAfter = listed(row.data).flatMap((entry) => {
    const student = names.get(entry.studentId);
    // Erased since: nothing of them is left to be told.
    return student === undefined ? [] : [{ ...entry, student }];
  });
  return {
    ...row.data,
    ...('lookAfter' in row.data ? { lookAfter } : {}),
    student: (row.studentId && names.get(row.studentId)) || '–',
  };
}

function listed(data: Record<string, unknown>): { studentId: string }[] {
  return Array.isArray(data.lookAfter) ? (data.lookAfter as { studentId: string }[]) : [];
}
