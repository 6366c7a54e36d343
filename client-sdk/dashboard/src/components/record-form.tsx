import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { t } from '../i18n/index.ts';
import { useAction } from '../state/resource.ts';
import { ErrorBanner } from './feedback.tsx';

/** Messages by field; null where the field is right. */
export type Problems = Record<string, string | null>;

export interface RecordFormProps {
  problems: Problems;
  save(): Promise<void>;
  onCancel?: () => void;
  submit?: string;
  /** Says what the server refused, where the usual words would not help here. */
  explain?: (error: unknown) => string;
  children(problems: Problems): ComponentChildren;
}

/** The frame of every form for one thing: checks, saves, shows what the server refused, focuses what is wrong. */
export function RecordForm({ problems, save, onCancel, submit, explain, children }: RecordFormProps) {
  const [tried, setTried] = useState(false);
  const action = useAction(save);
  return (
    <form
      class="stack"
      noValidate
      aria-busy={action.busy}
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        const form = event.currentTarget;
        if (Object.values(problems).every((problem) => !problem)) action.start();
        else requestAnimationFrame(() => form.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
      }}
    >
      {children(tried ? problems : {})}
      <ErrorBanner error={action.error} explain={explain} />
      <div class="dialog-foot">
        {onCancel && (
          <button type="button" class="button" onClick={onCancel}>
            {t('app.cancel')}
          </button>
        )}
        <button type="submit" class="button primary" disabled={action.busy}>
          {action.busy && <span class="spinner" />}
          {action.busy ? t('app.saving') : (submit ?? t('app.save'))}
        </button>
      </div>
    </form>
  );
}
