import { count, desc } from 'drizzle-orm';
import { Type } from 'typebox';
import type { AppContext } from '../../context.ts';
import { erasureReceipts } from '../../db/schema/index.ts';
import { type App, Instant, ListOf, Nullable, OneOf, PageQuery, Uuid } from '../../http.ts';
import { ADMINS } from '../../plugins/auth.ts';

const Receipt = Type.Object(
  {
    id: Uuid('The receipt.'),
    studentId: Uuid('The student; there may be no such student any more.'),
    reason: OneOf(['consent-withdrawn', 'student-deleted', 'template-deleted', 'retention']),
    purpose: Nullable(OneOf(['face', 'emotion'])),
    removed: Type.Record(Type.String(), Type.Integer(), { description: 'Rows removed, by table.' }),
    at: Instant('When.'),
  },
  { title: 'ErasureReceipt' },
);

export async function privacyRoutes(app: App, context: AppContext): Promise<void> {
  app.get(
    '/privacy/receipts',
    {
      config: { roles: ADMINS },
      schema: {
        tags: ['privacy'],
        summary: 'Receipts of what was erased, newest first',
        querystring: Type.Object({ ...PageQuery }),
        response: { 200: ListOf(Receipt, 'ErasureReceiptList') },
      },
    },
    async ({ caller, query: { skip, limit } }) =>
      context.db.tenant(caller.tenantId, async (tx) => {
        const [counted] = await tx.select({ total: count() }).from(erasureReceipts);
        const rows = await tx
          .select()
          .from(erasureReceipts)
          .orderBy(desc(erasureReceipts.id))
          .offset(skip)
          .limit(limit);
        const items = rows.map(({ id, studentId, reason, purpose, removed, at }) => {
          return { id, studentId, reason, purpose, removed, at: at.toISOString() };
        });
        return { total: counted?.total ?? 0, skip, limit, items };
      }),
  );
}
