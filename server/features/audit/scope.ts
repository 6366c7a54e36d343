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

/** Set for the time of a request; see plugins/audit.ts. */
export const auditScopes = new AsyncLocalStorage<AuditScope>();

/** Says who it is that a request without a token turned out to be about: whoever signs in, a link's owner. */
export function attributeAudit(to: {
  tenantId: string;
  actorId?: string | null;
  subjectType?: string;
  subjectId?: string;
}): void {
  const scope = auditScopes.getStore();
  if (!scope) return;
  scope.tenantId = to.tenantId;
  if (to.actorId !== undefined) {
    scope.actorId = to.actorId;
    scope.actorKind = to.actorId === null ? 'system' : 'user';
  }
  if (to.subjectType !== undefined) scope.subjectType = to.subjectType;
  if (to.subjectId !== undefined) scope.subjectId = to.subjectId;
}
