import { Check, X } from 'lucide';
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { ExcuseDecision } from '../../../../src/index.ts';
import { t } from '../../i18n/index.ts';
import { notify } from '../../state/notices.ts';
import { useAction } from '../../state/resource.ts';
import { Dialog } from '../dialog.tsx';
import { ErrorBanner } from '../feedback.tsx';
import { Field } from '../field.tsx';
import { Icon } from '../icon.tsx';

interface DecideDialogProps {
  title: string;
  lead: string;
  /** Choices that go with accepting. */
  children?: ComponentChildren;
  decide(decision: ExcuseDecision): Promise<void>;
  onClose(): void;
}

/** Yes or no, with a note that the student reads. A request is decided once. */
export function DecideDialog({ title, lead, children, decide, onClose }: DecideDialogProps) {
  const [answer, setAnswer] = useState('');
  const action = useAction(async (status: ExcuseDecision['status']) => {
    await decide({ status, answer: answer.trim() || null });
    notify(t(status === 'accepted' ? 'requests.acceptedNow' : 'requests.refusedNow'));
    onClose();
  });
  return (
    <Dialog title={title} onClose={onClose}>
      <p>{lead}</p>
      {children}
      <Field label={t('requests.answer')} hint={t('requests.answerHint')} optional>
        {(ids) => (
          <textarea
            {...ids}
            class="input"
            rows={3}
            maxLength={2000}
            value={answer}
            onInput={(event) => setAnswer(event.currentTarget.value)}
          />
        )}
      </Field>
      <ErrorBanner error={action.error} />
      <div class="dialog-foot">
        <button type="button" class="button" disabled={action.busy} onClick={() => action.start('refused')}>
          <Icon of={X} />
          {t('requests.refuse')}
        </button>
        <button
          type="button"
          class="button primary"
          disabled={action.busy}
          onClick={() => action.start('accepted')}
        >
          {action.busy ? <span class="spinner" /> : <Icon of={Check} />}
          {t('requests.accept')}
        </button>
      </div>
    </Dialog>
  );
}
