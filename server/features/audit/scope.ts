import { AsyncLocalStorage } from 'node:async_hooks';
import type { AuditEntry } from './chain.ts';

/** What the audit log will say of the request that is at work. */
export interface AuditScope extends Omit<AuditEntry, 'data'> {
  /** Of the caller; null where nobody is signed in yet. */
  tenantId: string | null;
  /** Names of the body's fields. */
  fields: string[];
  /** Only reads: no entry for a transaction. */
  reads: boolean;
  view: 'biometric' | 'emotion' | 'recording' | 'export' | null;
  /** An entry of it has been committed. */
  recorded: boolean;
}

const scopes = new AsyncLocalStorage<AuditScope>();
const open = new Set<AuditScope>();

/** Of the request that is at work here. */
export const auditScope = (): AuditScope | undefined => scopes.getStore();

/** `work`, and all that it starts, belongs to the request of `scope`; until {@link closeScope}. See plugins/audit.ts. */
export function openScope(scope: AuditScope, work: () => void): void {
  open.add(scope);
  scopes.run(scope, work);
}

/**
 * The request has its answer. Up to Node 22 every promise of the process pays for it that somebody follows requests
 * through promises, a tenth of the work of a report: so nobody does while no request needs it.
 */
export function closeScope(scope: AuditScope): void {
  if (open.delete(scope) && open.size === 0) scopes.disable();
}

/** What `work` does is none of the request's. */
export const withoutScope = <T>(work: () => T): T => scopes.exit(work);

/** Says who it is that a request without a token turned out to be about: whoever signs in, a link's owner. */
export function attributeAudit(to: {
  tenantId: string;
  actorId?: string | null;
  subjectType?: string;
  subjectId?: string;
}): void {
  const scope = auditScope();
  if (!scope) return;
  scope.tenantId = to.tenantId;
  if (to.actorId !== undefined) {
    scope.actorId = to.actorId;
    scope.actorKind = to.actorId === null ? 'system' : 'user';
  }
  if (to.subjectType !== undefined) scope.subjectType = to.subjectType;
  if (to.subjectId !== undefined) scope.subjectId = to.subjectId;
}
