import { Timer } from 'lucide';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { duration } from '../../i18n/format.ts';
import { t } from '../../i18n/index.ts';
import { announce } from '../../state/notices.ts';
import { useAction } from '../../state/resource.ts';
import { useWait } from '../../state/wait.ts';
import { Banner, ErrorBanner } from '../feedback.tsx';
import type { Problems } from '../record-form.tsx';

interface GateFormProps {
  problems: Problems;
  submit: string;
  busy?: string;
  send(): Promise<void>;
  /** Between the heading and the fields. */
  head: ComponentChildren;
  /** What a refusal means here, where its own words do not do. */
  failed?: (error: unknown) => ComponentChildren;
  children(problems: Problems): ComponentChildren;
  foot?: ComponentChildren;
}

/** A form outside of the sign-in: checks, sends, focuses what is wrong, and waits where the server asks for it. */
export function GateForm({ problems, submit, busy, send, head, failed, children, foot }: GateFormProps) {
  const [tried, setTried] = useState(false);
  const action = useAction(send);
  const wait = useWait(action.error);
  const form = useRef<HTMLFormElement>(null);
  const waited = useRef(false);

  useEffect(() => {
    if (wait > 0) waited.current = true;
    else if (waited.current) {
      waited.current = false;
      action.clear();
      announce(t('gate.lockedOutOver'));
    }
  }, [wait, action]);

  return (
    <form
      ref={form}
      noValidate
      aria-busy={action.busy}
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        const first = () => form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
        if (Object.values(problems).some(Boolean)) requestAnimationFrame(first);
        else if (wait === 0) action.start();
      }}
    >
      {head}
      {wait > 0 ? (
        <LockedOut seconds={wait} />
      ) : (
        (failed?.(action.error) ?? <ErrorBanner error={action.error} />)
      )}
      {children(tried ? problems : {})}
      <button type="submit" class="button primary" disabled={action.busy || wait > 0}>
        {action.busy && <span class="spinner" />}
        {action.busy ? (busy ?? t('gate.checking')) : submit}
      </button>
      {foot}
    </form>
  );
}

/** The time runs for the eye; it is read out once, and again when it is over. */
function LockedOut({ seconds }: { seconds: number }) {
  const [atFirst] = useState(seconds);
  const text = (of: number) => t('gate.lockedOut', { time: duration(of * 1000) });
  return (
    <Banner tone="warn" icon={Timer}>
      <span class="visually-hidden" role="alert">
        {text(atFirst)}
      </span>
      <span aria-hidden="true" class="tabular">
        {text(seconds)}
      </span>
    </Banner>
  );
}
