import { type Static, Type } from 'typebox';
import { Instant, ListOf, Nullable, OneOf, PageQuery, Uuid } from '../../http.ts';
import { AUDIT_FAULTS } from './verify.ts';

const entryExample = {
  seq: 4711,
  id: '0199d0aa-7c1e-7d44-9c55-3a8be1c7a001',
  at: '2026-11-20T09:14:03.120Z',
  actor: { kind: 'user', id: '0199d0aa-7c1e-7d44-9c55-3a8be1c7a002', name: 'Ayşe Öğretmen' },
  action: 'PATCH /students/{id}',
  subject: { type: 'student', id: '0199d0aa-7c1e-7d44-9c55-3a8be1c7a003' },
  address: '10.0.0.12',
  userAgent: 'Mozilla/5.0',
  requestId: 'f6a1c5e0',
  data: { fields: ['name'] },
  hash: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
};

export const AuditEntryBody = Type.Object(
  {
    seq: Type.Integer({ description: '1, 2, 3 … without a gap in an institution.' }),
    id: Uuid('The entry.'),
    at: Instant('When.'),
    actor: Type.Object({
      kind: OneOf(['user', 'api-key', 'system']),
      id: Nullable(Uuid('Who; null: the system itself, or nobody who was signed in.')),
      name: Nullable(Type.String({ description: 'Null where there is no such user any more.' })),
    }),
    action: Type.String({ description: 'Method and route, or a name such as `auth.login-failed`.' }),
    subject: Type.Object({ type: Nullable(Type.String()), id: Nullable(Uuid('What it was done to.')) }),
    address: Nullable(Type.String()),
    userAgent: Nullable(Type.String()),
    requestId: Nullable(Type.String()),
    data: Type.Record(Type.String(), Type.Unknown(), {
      description: 'Names of changed fields, counts, what was viewed; never values.',
    }),
    hash: Type.String({ description: 'SHA-256 over the entry and the hash before it; hexadecimal.' }),
  },
  { title: 'AuditEntry', examples: [entryExample] },
);

export const AuditList = ListOf(AuditEntryBody, 'AuditList');
(AuditList as { examples?: unknown[] }).examples ??= [
  { total: 4711, skip: 0, limit: 50, items: [entryExample] },
];

export const AuditFilter = {
  actorId: Type.Optional(Uuid('Only what this user or key did.')),
  subjectId: Type.Optional(Uuid('Only what was done to this.')),
  action: Type.Optional(
    Type.String({
      maxLength: 200,
      description: 'Only actions that contain this, in any case: `login`, `PATCH`.',
    }),
  ),
  from: Type.Optional(Instant('Not before.')),
  until: Type.Optional(Instant('Before.')),
};
export const AuditQuery = Type.Object({
  ...PageQuery,
  ...AuditFilter,
  beforeSeq: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: Number.MAX_SAFE_INTEGER,
      description: 'Only entries before this one: quicker than `skip`, and steady while it grows.',
    }),
  ),
});
export type AuditQuery = Static<typeof AuditQuery>;
export const AuditExportQuery = Type.Object(AuditFilter);

export const AuditVerification = Type.Object(
  {
    ok: Type.Boolean({ description: 'Nothing was changed, removed, added or put elsewhere.' }),
    entries: Type.Integer({ description: 'Entries looked at.' }),
    firstSeq: Nullable(Type.Integer({ description: 'Later than 1 where retention has removed older ones.' })),
    lastSeq: Nullable(Type.Integer()),
    broken: Nullable(
      Type.Object({
        seq: Type.Integer({ description: 'The first entry that is not as it was written.' }),
        fault: OneOf(AUDIT_FAULTS),
      }),
    ),
  },
  {
    title: 'AuditVerification',
    examples: [{ ok: true, entries: 4711, firstSeq: 1, lastSeq: 4711, broken: null }],
  },
);
