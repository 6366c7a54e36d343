import { effect, signal } from '@preact/signals';
import type { Notification } from '../../../src/index.ts';
import { t } from '../i18n/index.ts';
import { notify } from './notices.ts';
import { client, limited, user } from './session.ts';

/** How many notifications wait to be read. */
export const unread = signal(0);
/** Counts what came in, so that an open list knows when to load again. */
export const arrivals = signal(0);

export async function countUnread(): Promise<void> {
  try {
    unread.value = (await client.notifications.list({ limit: 1 })).unread;
  } catch {
    // The next event or connection counts again.
  }
}

function arrived(notification: Notification): void {
  unread.value += 1;
  arrivals.value += 1;
  notify(t('inbox.arrived', { title: notification.title }));
}

let stop: (() => void) | null = null;
let followed: string | null = null;

/** Follows the signed-in user's notifications for as long as somebody is signed in. */
export function followInbox(): () => void {
  return effect(() => {
    const id = limited.value ? null : (user.value?.id ?? null);
    if (id === followed) return;
    stop?.();
    followed = id;
    unread.value = 0;
    stop = id ? client.follow({ onNotification: arrived, onOnline: () => void countUnread() }) : null;
  });
}
