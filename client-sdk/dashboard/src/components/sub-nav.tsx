import { useEffect, useRef } from 'preact/hooks';

export interface SubNavEntry {
  href: string;
  label: string;
  /** How many wait there; nothing is shown for none. */
  count?: number | undefined;
}

interface SubNavProps {
  label: string;
  entries: SubNavEntry[];
  /** The entry of the page that is shown. */
  current: string;
}

/** Links between the pages of one area, in a line that scrolls sideways where it is too long. */
export function SubNav({ label, entries, current }: SubNavProps) {
  const ref = useRef<HTMLElement>(null);
  useEffect(() => {
    const chosen = ref.current?.querySelector<HTMLElement>('[aria-current]');
    // Not scrollIntoView: that would move the page as well.
    if (ref.current && chosen) ref.current.scrollLeft = chosen.offsetLeft - ref.current.clientWidth / 3;
  }, [current]);
  return (
    <nav class="sub-nav" ref={ref} aria-label={label}>
      <ul>
        {entries.map((entry) => (
          <li key={entry.href}>
            <a href={entry.href} aria-current={entry.href === current ? 'page' : undefined}>
              {entry.label}
              {Boolean(entry.count) && <span class="badge">{entry.count}</span>}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}
