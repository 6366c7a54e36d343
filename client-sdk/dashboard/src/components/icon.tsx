import type { IconNode } from 'lucide';
import { h } from 'preact';

/** Always beside a text or inside a labelled control, so it is hidden from assistive technology. */
export function Icon({ of, size = 18 }: { of: IconNode; size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      stroke-width="2"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      {of.map(([tag, attributes], index) => h(tag, { key: index, ...attributes }))}
    </svg>
  );
}

export function Logo() {
  return (
    <svg viewBox="0 0 32 32" fill="none" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="#0b6670" />
      <path
        d="M7 12V9.5A2.5 2.5 0 0 1 9.5 7H12M20 7h2.5A2.5 2.5 0 0 1 25 9.5V12M25 20v2.5a2.5 2.5 0 0 1-2.5 2.5H20M12 25H9.5A2.5 2.5 0 0 1 7 22.5V20"
        stroke="#9fe6ec"
        stroke-width="2.2"
      />
      <path d="m11.500 16.400 3.200 3.200 6-6.600" stroke="#fff" stroke-width="2.800" />
    </svg>
  );
}
