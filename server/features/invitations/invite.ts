import type { AppContext } from '../../context.ts';
import type { Tx } from '../../db/tenancy.ts';
import { publish } from '../../jobs/outbox.ts';
import { makeOneTime } from '../auth/one-time.ts';

export const INVITATION_MS = 7 * 86_400_000;

/**
 * Sends a link that makes an account usable. `user.id` is null for somebody who registered: their account is made when
 * they come back with the link, as only then their address is known to be theirs.
 */
export async function invite(
  context: AppContext,
  tx: Tx,
  given: {
    user: { id: string | null; tenantId: string; email: string; name: string; role: string; locale: string };
    institution: string;
    inviterName: string | null;
    createdBy: string | null;
    data?: Record<string, unknown>;
  },
): Promise<{ id: string; expiresAt: Date }> {
  const { user } = given;
  const { id, token, expiresAt } = await makeOneTime(context, tx, {
    tenantId: user.tenantId,
    userId: user.id,
    purpose: 'invitation',
    lifetimeMs: INVITATION_MS,
    data: given.data ?? {},
    createdBy: given.createdBy,
  });
  await publish(tx, user.tenantId, 'mail.requested', {
    kind: 'invitation',
    to: user.email,
    locale: user.locale,
    data: {
      link: `${context.config.publicUrl}/invitation#${token}`,
      institution: given.institution,
      inviterName: given.inviterName,
      role: user.role,
      expiresAt: expiresAt.toISOString(),
    },
  });
  return { id, expiresAt };
}
