/**
 * Notices silence. Time counts only while the event loop turns: after a long computation in this process the
 * frames that came meanwhile are still unread, and the camera must not be blamed.
 */
export interface Watchdog {
  /** Something came: silence begins anew. */
  feed(): void;
  /** New limits in milliseconds, and silence begins anew. `null` stops watching. */
  expect(limits: SilenceLimits | null): void;
  stop(): void;
}

export interface SilenceLimits {
  /** Calls `onStall` once per silence. */
  stallMs: number;
  /** Calls `onGiveUp`, then watches no more. */
  giveUpMs: number;
}

export function createWatchdog(events: { onStall(): void; onGiveUp(): void }, tickMs = 100): Watchdog {
  let limits: SilenceLimits | null = null;
  let quietMs = 0;
  let stalled = false;
  let before = performance.now();

  const timer = setInterval(() => {
    const now = performance.now();
    quietMs += Math.min(now - before, 2 * tickMs);
    before = now;
    if (!limits) return;
    if (quietMs >= limits.giveUpMs) {
      limits = null;
      events.onGiveUp();
    } else if (quietMs >= limits.stallMs && !stalled) {
      stalled = true;
      events.onStall();
    }
  }, tickMs);

  function feed() {
    quietMs = 0;
    stalled = false;
  }

  return {
    feed,
    expect(next) {
      limits = next;
      feed();
    },
    stop: () => clearInterval(timer),
  };
}
