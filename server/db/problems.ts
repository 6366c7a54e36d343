/** What went wrong in the database, in words that features can act on. */

interface PostgresProblem {
  code?: string;
  constraint_name?: string;
  cause?: unknown;
}

/** drizzle wraps the driver's error; its cause has the code. */
function rootProblem(error: unknown): PostgresProblem {
  let found = error as PostgresProblem | null | undefined;
  for (let depth = 0; depth < 5 && found && typeof found === 'object'; depth++) {
    if (typeof found.code === 'string') return found;
    found = found.cause as PostgresProblem | undefined;
  }
  return {};
}

/** The name of the unique constraint that a row violates, or null. */
export function violatedUnique(error: unknown): string | null {
  const problem = rootProblem(error);
  return problem.code === '23505' ? (problem.constraint_name ?? '') : null;
}

/** The name of the foreign key that a row violates, or null. */
export function violatedReference(error: unknown): string | null {
  const problem = rootProblem(error);
  return problem.code === '23503' || problem.code === '23001' ? (problem.constraint_name ?? '') : null;
}

const CONNECTION_CODES = new Set([
  'CONNECTION_CLOSED',
  'CONNECTION_ENDED',
  'CONNECTION_DESTROYED',
  'CONNECT_TIMEOUT',
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'EPIPE',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
]);

/** The database is away, starting or stopping: the same work may be tried again in a moment. */
export function isDatabaseUnavailable(error: unknown): boolean {
  const { code } = rootProblem(error);
  if (code === undefined) return false;
  // Class 08: connection; 57P01–57P05: shutdown, crash, starting, dropped, idle; 53300: too many connections.
  return CONNECTION_CODES.has(code) || code.startsWith('08') || code.startsWith('57P0') || code === '53300';
}

/** It waited for a row that another transaction has, for longer than it may, or in a circle. */
export function isLockedOut(error: unknown): boolean {
  const { code } = rootProblem(error);
  return code === '55P03' || code === '40P01';
}

/** It was stopped because it took longer than a statement may. */
export function isTimedOut(error: unknown): boolean {
  return rootProblem(error).code === '57014';
}

/** Nothing can be written: the disk of the database is full. */
export function isDiskFull(error: unknown): boolean {
  const { code } = rootProblem(error);
  return code === '53100' || code === 'ENOSPC';
}

/** A replica cancelled the query because it stood in the way of what it copies, or does not have a new table yet. */
export function isReplicaConflict(error: unknown): boolean {
  const { code } = rootProblem(error);
  return code === '40001' || code === '42P01' || code === '42703';
}

/**
 * A value that a column cannot hold: text with a character that is none, a number or a date out of range. Schemas refuse
 * most of it before; class 22 of SQLSTATE is the rest.
 */
export function isUnfitValue(error: unknown): boolean {
  const { code } = rootProblem(error);
  return code !== undefined && ['22003', '22007', '22008', '22021', '22P02', '22P05'].includes(code);
}
