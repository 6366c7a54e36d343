import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { foldForSearch } from '../i18n/format.ts';

export interface ComboOption {
  value: string;
  label: string;
  /** Small, behind the label; searched as well. */
  detail: string;
  /** Shown with the reason in `detail`, but not to be chosen. */
  disabled?: boolean;
}

interface ComboboxProps {
  label: string;
  /** What is chosen, in words; empty for nothing. */
  shown: string;
  placeholder: string;
  /** Asked for when the list opens. */
  options(): readonly ComboOption[];
  /** Null: what was chosen is taken away. */
  onChoose(value: string | null): void;
  /** Enter said that this one is right, now or before. */
  onDone(): void;
  onFocus?(): void;
  nothing: string;
  more: string;
  invalid?: boolean;
  describedBy?: string | undefined;
  inputRef?: (element: HTMLInputElement | null) => void;
}

/** Longer lists are narrowed by typing. */
const SHOWN_AT_MOST = 40;

/** A choice out of many by typing a part of it (ARIA's combobox with a list): arrows, Enter and Escape work. */
export function Combobox(props: ComboboxProps) {
  const { label, shown, options, onChoose, onDone } = props;
  const id = useId();
  /** What is being typed; null while nothing is. */
  const [typed, setTyped] = useState<string | null>(null);
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const found = open ? matching(options(), typed ?? '') : [];
  const visible = found.slice(0, SHOWN_AT_MOST);
  const at = Math.min(active, visible.length - 1);

  useEffect(() => {
    // The whole list first: it may open below the edge of the window.
    list.current?.parentElement?.scrollIntoView({ block: 'nearest' });
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' });
  }, [at, open]);

  const show = (text: string | null) => {
    setTyped(text);
    setActive(
      Math.max(
        0,
        matching(options(), text ?? '').findIndex((option) => !option.disabled),
      ),
    );
    setOpen(true);
  };
  const close = () => {
    setOpen(false);
    setTyped(null);
  };
  const choose = (option: ComboOption | undefined): boolean => {
    if (!option || option.disabled) return false;
    close();
    onChoose(option.value);
    return true;
  };

  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      if (!open) show(null);
      else if (visible.length > 0) setActive((at + step + visible.length) % visible.length);
    } else if (event.key === 'Enter') {
      event.preventDefault();
      if (typed?.trim() === '' && shown) {
        close();
        onChoose(null);
      } else if (open ? choose(visible[at]) : shown) onDone();
    } else if (event.key === 'Escape' && open) {
      event.preventDefault();
      event.stopPropagation();
      close();
    }
  };

  return (
    <div class="combobox">
      <input
        ref={props.inputRef ?? null}
        class="input"
        role="combobox"
        aria-label={label}
        aria-autocomplete="list"
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        aria-activedescendant={open && visible[at] ? `${id}-${at}` : undefined}
        aria-invalid={props.invalid ? true : undefined}
        aria-describedby={props.describedBy}
        autocomplete="off"
        spellcheck={false}
        placeholder={props.placeholder}
        value={typed ?? shown}
        onFocus={(event) => {
          event.currentTarget.select();
          props.onFocus?.();
        }}
        onClick={() => {
          if (!open) show(typed);
        }}
        onInput={(event) => show(event.currentTarget.value)}
        onKeyDown={onKeyDown}
        onBlur={() => {
          const emptied = typed?.trim() === '' && shown !== '';
          close();
          if (emptied) onChoose(null);
        }}
      />
      {open && (
        <div class="combobox-list">
          {/* The input keeps the focus. */}
          <div
            ref={list}
            id={id}
            role="listbox"
            aria-label={label}
            onMouseDown={(event) => event.preventDefault()}
          >
            {visible.map((option, index) => (
              // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are the input's, which keeps the focus
              // biome-ignore lint/a11y/useFocusableInteractive: the focus stays in the input, see aria-activedescendant
              <div
                key={option.value}
                id={`${id}-${index}`}
                role="option"
                aria-selected={index === at}
                aria-disabled={option.disabled ? true : undefined}
                onClick={() => choose(option)}
              >
                <span>{option.label}</span> <span class="small">{option.detail}</span>
              </div>
            ))}
          </div>
          {(visible.length === 0 || found.length > visible.length) && (
            <p class="small muted" role="status">
              {visible.length === 0 ? props.nothing : props.more}
            </p>
          )}
        </div>
      )}
    </div>
  );
}

function matching(options: readonly ComboOption[], typed: string): readonly ComboOption[] {
  const words = foldForSearch(typed).split(/\s+/).filter(Boolean);
  if (words.length === 0) return options;
  return options.filter(({ label, detail }) => {
    const text = foldForSearch(`${label} ${detail}`);
    return words.every((word) => text.includes(word));
  });
}
