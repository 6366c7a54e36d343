import { X } from 'lucide';
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { t } from '../i18n/index.ts';
import { Icon } from './icon.tsx';

interface DialogProps {
  title: string;
  onClose(): void;
  wide?: boolean;
  children: ComponentChildren;
}

const FIRST = '.dialog-body :is(input:not([type="checkbox"], [hidden]), select, .dialog-foot button)';

/** A modal: the browser keeps the focus inside, closes on Escape, and gives the focus back afterwards. */
export function Dialog({ title, onClose, wide, children }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();

  useEffect(() => {
    const before = document.activeElement;
    const dialog = ref.current;
    dialog?.showModal();
    // Where something is to be filled in or decided, that is what the keyboard starts with, not the closing cross.
    dialog?.querySelector<HTMLElement>(FIRST)?.focus();
    return () => {
      // Closed by the browser, it gave the focus back itself, and the person may be elsewhere by now.
      const held = document.activeElement;
      const astray = held === null || held === document.body || dialog?.contains(held);
      if (astray && before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);

  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape does for the keyboard what a click beside the dialog does
    <dialog
      ref={ref}
      class={wide ? 'dialog wide' : 'dialog'}
      aria-labelledby={id}
      onClose={onClose}
      onClick={(event) => {
        if (event.target === ref.current) ref.current?.close();
      }}
    >
      <div class="dialog-head">
        <h2 id={id}>{title}</h2>
        <button
          type="button"
          class="button quiet icon small"
          aria-label={t('app.close')}
          onClick={() => ref.current?.close()}
        >
          <Icon of={X} />
        </button>
      </div>
      <div class="dialog-body">{children}</div>
    </dialog>
  );
}

interface ConfirmProps {
  title: string;
  body: ComponentChildren;
  confirm: string;
  busy?: boolean;
  danger?: boolean;
  onConfirm(): void;
  onClose(): void;
}

export function Confirm({ title, body, confirm, busy, danger, onConfirm, onClose }: ConfirmProps) {
  return (
    <Dialog title={title} onClose={onClose}>
      <div class="stack tight">{body}</div>
      <div class="dialog-foot">
        <button type="button" class="button" onClick={onClose}>
          {t('app.cancel')}
        </button>
        <button
          type="button"
          class={danger ? 'button danger' : 'button primary'}
          disabled={busy ?? false}
          onClick={onConfirm}
        >
          {busy && <span class="spinner" />}
          {confirm}
        </button>
      </div>
    </Dialog>
  );
}
