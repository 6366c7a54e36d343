import { useEffect } from 'preact/hooks';
import { useLocation } from 'preact-iso';

/** For addresses that only mean something to whoever is not signed in. */
export function Home() {
  const { route } = useLocation();
  useEffect(() => route('/', true), [route]);
  return null;
}

/** After a change of page the keyboard and the screen reader start at its content, as after a real page load. */
export function focusContent(): void {
  scrollTo(0, 0);
  document.getElementById('content')?.focus({ preventScroll: true });
}
