import { Type } from 'typebox';
import { CONSENT_PURPOSES } from '../../db/schema/index.ts';
import { Instant, ListOf, Nullable, OneOf, Uuid } from '../../http.ts';

const STUDENT = '0199d0aa-7c1e-7d44-9c55-3a8be1c7a003';
const receipt = {
  id: '0199d0aa-7c1e-7d44-9c55-3a8be1c7a011',
  studentId: STUDENT,
  reason: 'consent-withdrawn',
  purpose: 'face',
  removed: { faceTemplates: 3, engagementSamples: 812 },
  at: '2026-11-20T09:14:03.120Z',
};

export const Receipt = Type.Object(
  {
    id: Uuid('The receipt.'),
    studentId: Nullable(
      Uuid('The student; there may be no such student any more. Null: retention, of many students.'),
    ),
    reason: OneOf(['consent-withdrawn', 'student-deleted', 'template-deleted', 'retention']),
    purpose: Nullable(OneOf(['face', 'emotion'])),
    removed: Type.Record(Type.String(), Type.Integer(), { description: 'Rows removed, by table; `files`.' }),
    at: Instant('When.'),
  },
  { title: 'ErasureReceipt', examples: [receipt] },
);
export const ReceiptList = withExample(ListOf(Receipt, 'ErasureReceiptList'), receipt);

export const ReceiptCheckBody = Type.Object(
  {
    ok: Type.Boolean({ description: 'Nothing is left, and the audit log tells of it where it has to.' }),
    left: Type.Record(Type.String(), Type.Integer(), {
      description: 'Rows that are there all the same, by table.',
    }),
    logged: Nullable(
      Type.Boolean({
        description:
          'Whether the audit log has its entry. Null where nothing is looked for: retention, single templates, and where ' +
          'consent has been given anew.',
      }),
    ),
  },
  { title: 'ErasureReceiptCheck', examples: [{ ok: true, left: {}, logged: true }] },
);

const consent = {
  purpose: 'face',
  granted: true,
  at: '2026-09-21T07:30:00.000Z',
  wording: 'face-tr-2026-09',
  recordedBy: { id: '0199d0aa-7c1e-7d44-9c55-3a8be1c7a002', name: 'Ayşe Öğretmen' },
};
export const ConsentEntry = Type.Object(
  {
    purpose: OneOf(CONSENT_PURPOSES),
    granted: Type.Boolean({ description: 'False: refused, or withdrawn.' }),
    at: Instant('When it was recorded.'),
    wording: Nullable(Type.String({ description: 'Version of the text that the student was shown.' })),
    recordedBy: Type.Object({
      id: Nullable(Uuid('The user or key that recorded it.')),
      name: Nullable(Type.String({ description: 'Null where there is no such user any more.' })),
    }),
  },
  { title: 'ConsentEntry', examples: [consent] },
);
export const ConsentHistory = withExample(ListOf(ConsentEntry, 'ConsentHistory'), consent);

export const KeyStatusBody = Type.Object(
  {
    rotating: Type.Boolean({ description: 'A key that was in use before still exists.' }),
    retiredAt: Nullable(Instant('Since when it is no longer in use.')),
    remaining: Type.Integer({ description: 'Values in the database that are still encrypted with it.' }),
  },
  {
    title: 'KeyStatus',
    examples: [{ rotating: true, retiredAt: '2026-11-20T09:14:03.120Z', remaining: 1840 }],
  },
);

function withExample<T extends object>(schema: T, item: unknown): T {
  return { examples: [{ total: 1, skip: 0, limit: 50, items: [item] }], ...schema };
}
