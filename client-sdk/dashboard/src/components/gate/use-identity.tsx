import { useState } from 'preact/hooks';
import { language, t } from '../../i18n/index.ts';
import { TextField } from '../field.tsx';
import type { Problems } from '../record-form.tsx';

/** Who is making an account: name, email and, where they know it, the student number. */
export function useIdentity() {
  const [name, setName] = useState('');
  const [email, setEmail] = useState('');
  const [number, setNumber] = useState('');
  const studentNumber = number.trim();
  const problems: Problems = {
    name: name.trim() ? null : t('gate.nameMissing'),
    email: /\S+@\S+/.test(email) ? null : t('signIn.emailMissing'),
  };
  const given = {
    name: name.trim(),
    email: email.trim(),
    locale: language.value,
    ...(studentNumber ? { studentNumber } : {}),
  };
  const fields = (shown: Problems) => (
    <>
      <TextField
        label={t('gate.name')}
        value={name}
        onValue={setName}
        problem={shown.name}
        input={{ autocomplete: 'name', maxLength: 200, required: true }}
      />
      <TextField
        label={t('signIn.email')}
        value={email}
        onValue={setEmail}
        problem={shown.email}
        input={{ type: 'email', autocomplete: 'username', required: true }}
      />
      <TextField
        label={t('gate.studentNumber')}
        hint={t('gate.studentNumberHint')}
        optional
        value={number}
        onValue={setNumber}
        input={{ autocomplete: 'off', maxLength: 64 }}
      />
    </>
  );
  return { given, problems, fields };
}
