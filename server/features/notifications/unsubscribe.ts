import { createHmac, timingSafeEqual } from 'node:crypto';
import { eq } from 'drizzle-orm';
import type { AppContext } from '../../context.ts';
import { students, users } from '../../db/schema/index.ts';
import type { Tx } from '../../db/tenancy.ts';
import { storedPreferences, TOPICS, type Topic } from './preferences.ts';

export interface UnsubscribeClaim {
  tenantId: string;
  /** A recipient's key: `s:`, `g:` or `u:` and an id. */
  to: string;
  topic: Topic;
}

/** The link at the end of a mail. It can do one thing only, so it never expires. */
export function unsubscribeUrl(context: Pick<AppContext, 'config' | 'crypto'>, claim: UnsubscribeClaim) {
  // A teacher on the list who has no account has nowhere to keep a choice.
  if (!/^[sgu]:/.test(claim.to)) return null;
  const body = Buffer.from(JSON.stringify([claim.tenantId, claim.to, claim.topic])).toString('base64url');
  return `${context.config.publicUrl}/api/v1/notifications/unsubscribe?token=${body}.${sign(context, body)}`;
}

/** Null: not a token of this server. */
export function readUnsubscribe(context: Pick<AppContext, 'crypto'>, token: string): UnsubscribeClaim | null {
  const [body = '', signature = ''] = token.split('.');
  const expected = Buffer.from(sign(context, body));
  const given = Buffer.from(signature);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return null;
  const [tenantId, to, topic] = JSON.parse(Buffer.from(body, 'base64url').toString('utf8')) as string[];
  const known = TOPICS.find((name) => name === topic);
  return tenantId && to && known ? { tenantId, to, topic: known } : null;
}

function sign(context: Pick<AppContext, 'crypto'>, body: string): string {
  return createHmac('sha256', context.crypto.derive('unsubscribe')).update(body).digest('base64url');
}

/** Switches mails about a topic off for one person. False: the person is gone. */
export async function unsubscribe(tx: Tx, { to, topic }: UnsubscribeClaim): Promise<boolean> {
  const id = to.slice(2);
  if (to.startsWith('u:')) {
    const [row] = await tx.select().from(users).where(eq(users.id, id)).for('update');
    if (!row) return false;
    const stored = storedPreferences(row.preferences);
    const notifications = { ...stored, topics: without(stored.topics, topic) };
    await tx
      .update(users)
      .set({ preferences: { ...row.preferences, notifications } })
      .where(eq(users.id, id));
    return true;
  }
  const [row] = await tx.select().from(students).where(eq(students.id, id)).for('update');
  if (!row) return false;
  const stored = storedPreferences(row.preferences);
  const notifications = to.startsWith('g:')
    ? { ...stored, guardian: { topics: without(stored.guardian?.topics, topic) } }
    : { ...stored, topics: without(stored.topics, topic) };
  await tx
    .update(students)
    .set({ preferences: { ...row.preferences, notifications } })
    .where(eq(students.id, id));
  return true;
}

const without = <T extends object>(topics: T | undefined, topic: Topic) =>
  ({ ...topics, [topic]: { ...(topics as Record<string, object> | undefined)?.[topic], email: false } }) as T;
