import { Check, type IconNode } from 'lucide';
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { Icon } from './icon.tsx';

export interface MenuEntry {
  id: string;
  label: string;
  icon?: IconNode;
  /** A choice among several is marked; left out, the entry is a plain command. */
  chosen?: boolean;
  run(): void;
}

export interface MenuGroup {
  label?: string;
  entries: MenuEntry[];
}

interface MenuProps {
  label: string;
  groups: MenuGroup[];
  class?: string;
  header?: ComponentChildren;
  children: ComponentChildren;
}

/** A button that opens a list of commands: arrows, Home, End and Escape work, the focus comes back. */
export function Menu({ label, groups, class: className, header, children }: MenuProps) {
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const id = useId();
  const close = (refocus: boolean) => {
    setOpen(false);
    if (refocus) button.current?.focus();
  };
  return (
    <>
      <button
        type="button"
        ref={button}
        class={className}
        aria-haspopup="menu"
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        aria-label={label}
        onClick={() => setOpen(!open)}
        onKeyDown={(event) => {
          if (event.key !== 'ArrowDown' || open) return;
          event.preventDefault();
          setOpen(true);
        }}
      >
        {children}
      </button>
      {open && <MenuList {...{ id, label, groups, header, close }} anchor={button.current} />}
    </>
  );
}

interface MenuListProps {
  id: string;
  label: string;
  groups: MenuGroup[];
  header: ComponentChildren;
  anchor: HTMLElement | null;
  close(refocus: boolean): void;
}

const GAP_PX = 6;

function MenuList({ id, label, groups, header, anchor, close }: MenuListProps) {
  const ref = useRef<HTMLDivElement>(null);

  useLayoutEffect(() => {
    const list = ref.current;
    if (!list || !anchor) return;
    // The top layer: no scrolling container or stacking order can cut the menu off.
    list.showPopover();
    place(list, anchor);
    const items = itemsOf(list);
    (items.find((item) => item.getAttribute('aria-checked') === 'true') ?? items[0])?.focus();
  }, [anchor]);

  useEffect(() => {
    const outside = (event: Event) => {
      const target = event.target as Node;
      if (!ref.current?.contains(target) && !anchor?.contains(target)) close(false);
    };
    const moved = () => close(true);
    addEventListener('pointerdown', outside);
    addEventListener('resize', moved);
    return () => {
      removeEventListener('pointerdown', outside);
      removeEventListener('resize', moved);
    };
  }, [anchor, close]);

  const onKeyDown = (event: KeyboardEvent) => {
    const items = ref.current ? itemsOf(ref.current) : [];
    const at = items.indexOf(document.activeElement as HTMLElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      items.at(to >= items.length ? 0 : to)?.focus();
    } else if (event.key === 'Escape' || event.key === 'Tab') {
      event.preventDefault();
      close(true);
    }
    event.stopPropagation();
  };

  return (
    <div
      ref={ref}
      id={id}
      class="menu"
      role="menu"
      tabindex={-1}
      aria-label={label}
      popover="manual"
      onKeyDown={onKeyDown}
    >
      {header}
      {groups.map((group, index) => (
        // biome-ignore lint/a11y/useSemanticElements: a fieldset has no place in a menu
        <div role="group" aria-label={group.label ?? label} key={group.label ?? index}>
          {index > 0 && <hr />}
          {group.label && (
            <div class="menu-label" aria-hidden="true">
              {group.label}
            </div>
          )}
          {group.entries.map((entry) => (
            <button
              type="button"
              key={entry.id}
              class="menu-item"
              tabindex={-1}
              {...roleOf(entry)}
              onClick={() => {
                close(true);
                entry.run();
              }}
            >
              {entry.icon && <Icon of={entry.icon} />}
              {entry.label}
              {entry.chosen && (
                <span class="check">
                  <Icon of={Check} />
                </span>
              )}
            </button>
          ))}
        </div>
      ))}
    </div>
  );
}

function roleOf({ chosen }: MenuEntry) {
  return chosen === undefined
    ? ({ role: 'menuitem' } as const)
    : ({ role: 'menuitemradio', 'aria-checked': chosen } as const);
}

function itemsOf(list: HTMLElement): HTMLElement[] {
  return [...list.querySelectorAll<HTMLElement>('.menu-item')];
}

/** Below the button where there is room, else above it, and never beyond the edge of the window. */
function place(list: HTMLElement, anchor: HTMLElement): void {
  const from = anchor.getBoundingClientRect();
  const { width, height } = list.getBoundingClientRect();
  const below = from.bottom + GAP_PX;
  const top = below + height <= innerHeight ? below : Math.max(GAP_PX, from.top - GAP_PX - height);
  const left = Math.min(Math.max(GAP_PX, from.right - width), innerWidth - width - GAP_PX);
  list.style.top = `${top}px`;
  list.style.left = `${left}px`;
}
