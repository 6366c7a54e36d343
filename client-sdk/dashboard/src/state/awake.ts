import { useEffect } from 'preact/hooks';

/** Keeps the screen on while `active`: a telephone that falls asleep takes its camera with it. */
export function useAwake(active: boolean): void {
  useEffect(() => {
    if (!active || !('wakeLock' in navigator)) return;
    let over = false;
    let lock: WakeLockSentinel | null = null;
    const ask = async () => {
      if (document.hidden || over) return;
      // Refused on a low battery, for instance: the page works without.
      const given = await navigator.wakeLock.request('screen').catch(() => null);
      if (over) void given?.release();
      else lock = given;
    };
    // The browser takes it back whenever the page is hidden.
    document.addEventListener('visibilitychange', ask);
    void ask();
    return () => {
      over = true;
      document.removeEventListener('visibilitychange', ask);
      void lock?.release();
    };
  }, [active]);
}
