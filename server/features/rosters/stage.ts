import { sql } from 'drizzle-orm';
import type { Tx } from '../../db/tenancy.ts';
import type { StagedLine } from './lines.ts';

/** Lines in one statement. */
export const CHUNK = 1000;

/** Keeps lines to be compared; `data.bad` marks those that are wrong by themselves, whatever the database holds. */
export async function stageLines(
  tx: Tx,
  tenantId: string,
  importId: string,
  firstSeq: number,
  lines: readonly StagedLine[],
): Promise<void> {
  const rows = lines.map(({ file, line, entity, key, data, problem }, i) => ({
    seq: firstSeq + i,
    file,
    line,
    entity,
    key,
    data: problem ? { bad: true } : data,
    outcome: problem ? 'error' : null,
    code: problem?.code ?? null,
    message: problem?.message ?? null,
  }));
  await tx.execute(sql`
    insert into import_lines (tenant_id, import_id, seq, file, line, entity, key, data, outcome, code, message)
    select ${tenantId}, ${importId}, r.seq, r.file, r.line, r.entity, r.key, r.data, r.outcome, r.code, r.message
    from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) as r(
      seq int, file text, line int, entity text, key text, data jsonb, outcome text, code text, message text)`);
}
