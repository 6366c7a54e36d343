import { useState } from 'preact/hooks';
import { addDays } from '../../i18n/day-steps.ts';
import { today } from '../../i18n/days.ts';
import { timeZone } from '../../i18n/format.ts';
import { t } from '../../i18n/index.ts';
import { startOfDay } from '../../i18n/zoned.ts';
import { errorText } from '../../state/errors.ts';
import { notify } from '../../state/notices.ts';
import { useResource } from '../../state/resource.ts';
import { client, user } from '../../state/session.ts';
import { Dialog } from '../dialog.tsx';
import { Field, TextField } from '../field.tsx';
import { RecordForm } from '../record-form.tsx';
import { SelectField } from '../select-field.tsx';
import { TextArea } from '../text-area.tsx';

export const DOCUMENT_TYPES = 'application/pdf,image/jpeg,image/png';

interface ExcuseDialogProps {
  onClose(): void;
  onSent(): Promise<void>;
}

export function ExcuseDialog({ onClose, onSent }: ExcuseDialogProps) {
  const id = user.value?.studentId ?? '';
  const courses = useResource(() => client.students.courses(id, { limit: 100 }), [id]);
  const [from, setFrom] = useState(today());
  const [until, setUntil] = useState(today());
  const [courseId, setCourseId] = useState('');
  const [note, setNote] = useState('');
  const [file, setFile] = useState<File | null>(null);

  const save = async () => {
    const excuse = await client.excuses.create({
      fromAt: startOfDay(from, timeZone.value).toISOString(),
      untilAt: startOfDay(addDays(until, 1), timeZone.value).toISOString(),
      courseId: courseId || null,
      note: note.trim(),
    });
    try {
      if (file) await client.excuses.putDocument(excuse.id, file, file.name);
      notify(t('mine.excuseSent'));
    } catch (error) {
      // The excuse is in: only its document is missing, and can be added to it.
      notify(t('mine.excuseSentWithout', { reason: errorText(error) }));
    }
    await onSent();
  };
  return (
    <Dialog title={t('mine.excuseAdd')} onClose={onClose}>
      <RecordForm
        problems={{
          from: from ? null : t('mine.excuseDayMissing'),
          until: !until ? t('mine.excuseDayMissing') : until < from ? t('mine.excuseDaysWrong') : null,
          note: note.trim() ? null : t('mine.excuseNoteMissing'),
        }}
        save={save}
        submit={t('mine.excuseSend')}
        onCancel={onClose}
      >
        {(problems) => (
          <>
            <div class="form-grid">
              <TextField
                label={t('mine.excuseFrom')}
                value={from}
                onValue={(day) => {
                  setFrom(day);
                  if (until < day) setUntil(day);
                }}
                problem={problems.from}
                input={{ type: 'date', required: true }}
              />
              <TextField
                label={t('mine.excuseUntil')}
                value={until}
                onValue={setUntil}
                problem={problems.until}
                input={{ type: 'date', min: from, required: true }}
              />
            </div>
            <SelectField
              label={t('mine.excuseCourse')}
              value={courseId}
              options={[
                { value: '', label: t('mine.allCourses') },
                ...(courses.data?.items ?? []).map(({ id: value, code, name }) => ({
                  value,
                  label: `${code} · ${name}`,
                })),
              ]}
              onValue={setCourseId}
            />
            <TextArea label={t('mine.excuseNote')} value={note} onValue={setNote} problem={problems.note} />
            <Field label={t('mine.excuseDocument')} hint={t('mine.excuseDocumentHint')} optional>
              {(ids) => (
                <input
                  {...ids}
                  class="input"
                  type="file"
                  accept={DOCUMENT_TYPES}
                  onChange={(event) => setFile(event.currentTarget.files?.[0] ?? null)}
                />
              )}
            </Field>
          </>
        )}
      </RecordForm>
    </Dialog>
  );
}
