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
  return (
    <nav class="sub-nav" aria-label={label}>
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
