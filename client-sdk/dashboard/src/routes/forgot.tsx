import { MailCheck } from 'lucide';
import { useState } from 'preact/hooks';
import { TextField } from '../components/field.tsx';
import { BackToSignIn, Gate, GateHead } from '../components/gate/gate.tsx';
import { GateDone } from '../components/gate/gate-done.tsx';
import { GateForm } from '../components/gate/gate-form.tsx';
import { t } from '../i18n/index.ts';
import { client } from '../state/session.ts';

export function Forgot() {
  const [email, setEmail] = useState('');
  const [sentTo, setSentTo] = useState<string | null>(null);
  const send = async () => {
    await client.auth.forgotPassword(email.trim());
    setSentTo(email.trim());
  };
  return (
    <Gate title={t('gate.forgotTitle')}>
      {sentTo ? (
        <GateDone
          icon={MailCheck}
          title={t('gate.forgotDone')}
          hint={t('gate.forgotDoneHint', { email: sentTo })}
        />
      ) : (
        <GateForm
          problems={{ email: /\S+@\S+/.test(email) ? null : t('signIn.emailMissing') }}
          submit={t('gate.forgotSubmit')}
          send={send}
          head={<GateHead title={t('gate.forgotTitle')} lead={t('gate.forgotLead')} />}
          foot={<BackToSignIn />}
        >
          {(problems) => (
            <TextField
              label={t('signIn.email')}
              value={email}
              onValue={setEmail}
              problem={problems.email}
              input={{ type: 'email', autocomplete: 'username', required: true, autoFocus: true }}
            />
          )}
        </GateForm>
      )}
    </Gate>
  );
}
