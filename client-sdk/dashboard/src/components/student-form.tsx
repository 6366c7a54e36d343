import { useState } from 'preact/hooks';
import type { Student } from '../../../src/index.ts';
import { t } from '../i18n/index.ts';
import { notify } from '../state/notices.ts';
import { client } from '../state/session.ts';
import { Switch, TextField } from './field.tsx';
import { RecordForm } from './record-form.tsx';

interface StudentFormProps {
  student: Student | null;
  onSaved(student: Student): void;
  onCancel?: () => void;
}

export function StudentForm({ student, onSaved, onCancel }: StudentFormProps) {
  const [number, setNumber] = useState(student?.number ?? '');
  const [name, setName] = useState(student?.name ?? '');
  const [email, setEmail] = useState(student?.email ?? '');
  const [consent, setConsent] = useState(false);

  const save = async () => {
    const input = { number: number.trim(), name: name.trim(), email: email.trim() || null };
    const saved = student
      ? await client.students.update(student.id, input)
      : await client.students.create({ ...input, consents: { face: consent } });
    notify(t('students.saved'));
    onSaved(saved);
  };
  return (
    <RecordForm
      save={save}
      {...(onCancel ? { onCancel } : {})}
      problems={{
        number: number.trim() ? null : t('students.numberMissing'),
        name: name.trim() ? null : t('students.nameMissing'),
      }}
    >
      {(problems) => (
        <>
          <TextField label={t('students.name')} value={name} onValue={setName} problem={problems.name} />
          <TextField
            label={t('students.number')}
            value={number}
            onValue={setNumber}
            problem={problems.number}
          />
          <TextField
            label={t('students.email')}
            optional
            value={email}
            onValue={setEmail}
            input={{ type: 'email', autocomplete: 'off' }}
          />
          {!student && (
            <Switch
              label={t('students.paperConsent')}
              hint={t('students.paperConsentHint')}
              checked={consent}
              onChange={setConsent}
            />
          )}
        </>
      )}
    </RecordForm>
  );
}
