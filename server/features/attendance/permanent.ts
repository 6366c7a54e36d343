import { isDatabaseUnavailable, isDiskFull } from '../../db/problems.ts';

/**
 * The rows themselves are at fault (bad data, a student who was erased in the meantime, a row that may not be
 * written): SQLSTATE classes 22, 23, 42 and 44. Everything else may pass, so it is tried again.
 */
export function isPermanent(error: unknown): boolean {
  if (isDatabaseUnavailable(error) || isDiskFull(error)) return false;
  for (let found: unknown = error, depth = 0; found && typeof found === 'object' && depth < 5; depth++) {
    const { code, cause } = found as { code?: unknown; cause?: unknown };
    if (typeof code === 'string' && /^(22|23|42|44)[0-9A-Z]{3}$/.test(code)) return true;
    found = cause;
  }
  return error instanceof TypeError || error instanceof RangeError;
}
