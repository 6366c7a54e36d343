import { effect, signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';

const STORED_AT = 'yoklama.shortcuts';

/** Single letters collide with speech input for some people: they can be switched off (WCAG 2.1.4). */
export const shortcutsOn = signal(localStorage.getItem(STORED_AT) !== 'off');

effect(() => {
  if (shortcutsOn.value) localStorage.removeItem(STORED_AT);
  else localStorage.setItem(STORED_AT, 'off');
});

const TYPING = 'input:not([type="checkbox"]), textarea, select, [contenteditable="true"]';
const PRESSABLE = 'button, a[href], summary, [role="menuitem"]';

/** Keys that work anywhere on the page while nobody is typing and no dialog or menu is open. */
export function useShortcuts(keys: Record<string, () => void>): void {
  useEffect(() => {
    const listener = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      const target = event.target instanceof Element ? event.target : null;
      if (target?.closest(TYPING) || document.querySelector('dialog[open], [role="menu"]')) return;
      const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
      // Enter on a button presses that button.
      if (key === 'Enter' && target?.closest(PRESSABLE)) return;
      if (!shortcutsOn.peek() && key !== '?') return;
      const run = keys[key];
      if (!run) return;
      event.preventDefault();
      run();
    };
    addEventListener('keydown', listener);
    return () => removeEventListener('keydown', listener);
  });
}
