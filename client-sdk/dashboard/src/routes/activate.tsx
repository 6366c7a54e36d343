import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { TextField } from '../components/field.tsx';
import { BackToSignIn, Gate, GateHead } from '../components/gate/gate.tsx';
import { GateForm } from '../components/gate/gate-form.tsx';
import { useNewPassword } from '../components/password-field.tsx';
import { language, t } from '../i18n/index.ts';
import { useLinkToken } from '../state/link-token.ts';
import { client } from '../state/session.ts';

/** For those who hold an activation code; a link may bring it along after `#`. */
export function Activate() {
  const { token, take } = useLinkToken();
  const { route } = useLocation();
  const [code, setCode] = useState(token);
  const [name, setName] = useState('');
  const [email, setEmail] = useState('');
  const [number, setNumber] = useState('');
  const chosen = useNewPassword();
  const send = async () => {
    const studentNumber = number.trim();
    await client.auth.activate({
      code: code.trim(),
      name: name.trim(),
      email: email.trim(),
      password: chosen.password,
      locale: language.value,
      ...(studentNumber ? { studentNumber } : {}),
    });
    take();
    route('/', true);
  };
  return (
    <Gate title={t('gate.activateTitle')}>
      <GateForm
        problems={{
          code: code.trim().length >= 8 ? null : t('gate.activateCodeMissing'),
          name: name.trim() ? null : t('gate.nameMissing'),
          email: /\S+@\S+/.test(email) ? null : t('signIn.emailMissing'),
          ...chosen.problems,
        }}
        submit={t('gate.activateSubmit')}
        send={send}
        head={<GateHead title={t('gate.activateTitle')} lead={t('gate.activateLead')} />}
        foot={<BackToSignIn />}
      >
        {(problems) => (
          <>
            <TextField
              label={t('gate.activateCode')}
              hint={t('gate.activateCodeHint')}
              value={code}
              onValue={setCode}
              problem={problems.code}
              input={{ autocomplete: 'off', spellcheck: false, maxLength: 40, required: true }}
            />
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
            {chosen.fields(problems)}
          </>
        )}
      </GateForm>
    </Gate>
  );
}
