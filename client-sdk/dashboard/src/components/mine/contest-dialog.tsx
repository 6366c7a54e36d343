import { useState } from 'preact/hooks';
import type { StudentMark } from '../../../../src/index.ts';
import { dayText } from '../../i18n/days.ts';
import { t } from '../../i18n/index.ts';
import { notify } from '../../state/notices.ts';
import { client } from '../../state/session.ts';
import { Dialog } from '../dialog.tsx';
import { RecordForm } from '../record-form.tsx';
import { TextArea } from '../text-area.tsx';

interface ContestDialogProps {
  mark: StudentMark;
  onClose(): void;
  onSent(): Promise<void>;
}

/** Says that a mark is wrong, to a person who answers. */
export function ContestDialog({ mark, onClose, onSent }: ContestDialogProps) {
  const [text, setText] = useState('');
  return (
    <Dialog title={t('mine.contestTitle')} onClose={onClose}>
      <p class="muted">
        {t('mine.contestLead', {
          course: mark.course.name,
          day: dayText(mark.day),
          status: t(`status.${mark.status}`),
        })}
      </p>
      <RecordForm
        problems={{ text: text.trim() ? null : t('mine.contestTextMissing') }}
        save={async () => {
          await client.contests.create(mark.recordId, text.trim());
          notify(t('mine.contestSent'));
          await onSent();
        }}
        submit={t('mine.contestSend')}
        onCancel={onClose}
      >
        {(problems) => (
          <TextArea label={t('mine.contestText')} value={text} onValue={setText} problem={problems.text} />
        )}
      </RecordForm>
    </Dialog>
  );
}
