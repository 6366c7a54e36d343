import type { ParameterOrJSON, Sql, TransactionSql } from 'postgres';

/** A page of a list asks with fifty ids. Longer lists hardly come twice in the same length, and each statement costs memory. */
const MOST_PARAMETERS = 64;

/**
 * drizzle hands every query over as text that is not to be kept: with parameters the driver then asks for their types
 * first, a journey of its own, and Postgres reads and rewrites the text each time. In the transactions of the answer
 * queries become prepared statements of their connection, which ends within the hour and they with it.
 */
export function withPreparedStatements<S extends Sql>(sql: S): S {
  const begin = sql.begin.bind(sql) as (...args: unknown[]) => unknown;
  sql.begin = ((...args: unknown[]) => begin(...args.slice(0, -1), inPrepared(args.at(-1)))) as S['begin'];
  return sql;
}

type Work = (tx: TransactionSql) => unknown;

const inPrepared =
  (work: unknown): Work =>
  (tx) =>
    (work as Work)(prepared(tx));

function prepared(tx: TransactionSql): TransactionSql {
  const unsafe = tx.unsafe.bind(tx);
  tx.unsafe = ((query: string, parameters: ParameterOrJSON<never>[] = [], options = {}) =>
    unsafe(query, parameters, {
      ...options,
      prepare: parameters.length > 0 && parameters.length <= MOST_PARAMETERS,
    })) as TransactionSql['unsafe'];
  const savepoint = tx.savepoint.bind(tx) as (...args: unknown[]) => unknown;
  tx.savepoint = ((...args: unknown[]) =>
    savepoint(...args.slice(0, -1), inPrepared(args.at(-1)))) as TransactionSql['savepoint'];
  return tx;
}
