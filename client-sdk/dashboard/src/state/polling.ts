import { useEffect, useRef } from 'preact/hooks';

/** Asks again every `ms` while `active`, never twice at once; a page in the background asks when it is back. */
export function usePolling(ask: () => Promise<void>, active: boolean, ms = 1_000): void {
  const asking = useRef(ask);
  asking.current = ask;
  useEffect(() => {
    if (!active) return;
    let busy = false;
    const timer = setInterval(() => {
      if (busy || document.hidden) return;
      busy = true;
      asking.current().finally(() => {
        busy = false;
      });
    }, ms);
    return () => clearInterval(timer);
  }, [active, ms]);
}
