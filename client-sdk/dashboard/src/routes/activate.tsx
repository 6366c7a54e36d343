import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { TextField } from '../components/field.tsx';
import { BackToSignIn, Gate, GateHead } from '../components/gate/gate.tsx';
import { GateForm } from '../components/gate/gate-form.tsx';
import { useIdentity } from '../components/gate/use-identity.tsx';
import { useNewPassword } from '../components/password-field.tsx';
import { t } from '../i18n/index.ts';
import { useLinkToken } from '../state/link-token.ts';
import { client } from '../state/session.ts';

/** For those who hold an activation code; a link may bring it along after `#`. */
export function Activate() {
  const { token, take } = useLinkToken();
  const { route } = useLocation();
  const [code, setCode] = useState(token);
  const person = useIdentity();
  const chosen = useNewPassword();
  const send = async () => {
    await client.auth.activate({ ...person.given, code: code.trim(), password: chosen.password });
    take();
    route('/', true);
  };
  return (
    <Gate title={t('gate.activateTitle')}>
      <GateForm
        problems={{
          code: code.trim().length >= 8 ? null : t('gate.activateCodeMissing'),
          ...person.problems,
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
            {person.fields(problems)}
            {chosen.fields(problems)}
          </>
        )}
      </GateForm>
    </Gate>
  );
}
