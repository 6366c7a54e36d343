import { MailCheck, UserLock } from 'lucide';
import { useState } from 'preact/hooks';
import { TextField } from '../components/field.tsx';
import { BackToSignIn, Gate, GateHead } from '../components/gate/gate.tsx';
import { GateDone } from '../components/gate/gate-done.tsx';
import { GateForm } from '../components/gate/gate-form.tsx';
import { language, t } from '../i18n/index.ts';
import { client, institution } from '../state/session.ts';

/** For students of an institution that lets them make their accounts themselves. */
export function Register() {
  const [name, setName] = useState('');
  const [email, setEmail] = useState('');
  const [number, setNumber] = useState('');
  const [sentTo, setSentTo] = useState<string | null>(null);
  const known = institution.value;
  const send = async () => {
    const studentNumber = number.trim();
    await client.auth.register({
      name: name.trim(),
      email: email.trim(),
      locale: language.value,
      ...(studentNumber ? { studentNumber } : {}),
      ...(known?.id ? { tenantId: known.id } : {}),
    });
    setSentTo(email.trim());
  };
  return (
    <Gate title={t('gate.registerTitle')}>
      {sentTo ? (
        <GateDone
          icon={MailCheck}
          title={t('gate.forgotDone')}
          hint={t('gate.registerDoneHint', { email: sentTo })}
        />
      ) : known && !known.registrationOpen ? (
        <GateDone icon={UserLock} title={t('gate.registerClosed')} hint={t('gate.registerClosedHint')} />
      ) : (
        <GateForm
          problems={{
            name: name.trim() ? null : t('gate.nameMissing'),
            email: /\S+@\S+/.test(email) ? null : t('signIn.emailMissing'),
          }}
          submit={t('gate.registerSubmit')}
          send={send}
          head={<GateHead title={t('gate.registerTitle')} lead={t('gate.registerLead')} />}
          foot={<BackToSignIn />}
        >
          {(problems) => (
            <>
              <TextField
                label={t('gate.name')}
                value={name}
                onValue={setName}
                problem={problems.name}
                input={{ autocomplete: 'name', maxLength: 200, required: true }}
              />
              <TextField
                label={t('signIn.email')}
                value={email}
                onValue={setEmail}
                problem={problems.email}
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
          )}
        </GateForm>
      )}
    </Gate>
  );
}
