import { useEffect, useState } from 'preact/hooks';

const read = () => decodeURIComponent(location.hash.slice(1));

/**
 * What stands after `#` in a link. It never reaches a server's log, and once `take` was called it is gone from the
 * address bar and from the history too.
 */
export function useLinkToken(): { token: string; take(): void } {
  const [token, setToken] = useState(read);
  useEffect(() => {
    const changed = () => setToken(read());
    addEventListener('hashchange', changed);
    return () => removeEventListener('hashchange', changed);
  }, []);
  return { token, take: () => history.replaceState(history.state, '', location.pathname) };
}
