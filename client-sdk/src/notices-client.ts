import { connectLive, type LiveSocketOptions } from './live-socket.ts';
import type { Notification } from './types.ts';

export interface NoticeHandlers {
  onNotification(notification: Notification): void;
  /** Connected, for the first time or again: what came in between is in `notifications.list`. */
  onOnline?(): void;
}

/** Follows what the signed-in user is told, until the function that it answers is called. */
export function followNotifications(options: LiveSocketOptions, handlers: NoticeHandlers): () => void {
  const live = connectLive(options, {
    onConnect() {
      live.settled();
      handlers.onOnline?.();
    },
    onLost: () => undefined,
    onRefused: () => undefined,
  });
  live.on('notification', (notification) => handlers.onNotification(notification));
  return live.close;
}
