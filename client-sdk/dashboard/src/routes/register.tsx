import { MailCheck, UserLock } from 'lucide';
import { useState } from 'preact/hooks';
import { BackToSignIn, Gate, GateHead } from '../components/gate/gate.tsx';
import { GateDone } from '../components/gate/gate-done.tsx';
import { GateForm } from '../components/gate/gate-form.tsx';
import { useIdentity } from '../components/gate/use-identity.tsx';
import { t } from '../i18n/index.ts';
import { client, institution } from '../state/session.ts';

/** For students of an institution that lets them make their accounts themselves. */
export function Register() {
  const person = useIdentity();
  const [sentTo, setSentTo] = useState<string | null>(null);
  const known = institution.value;
  const send = async () => {
    await client.auth.register({ ...person.given, ...(known?.id ? { tenantId: known.id } : {}) });
    setSentTo(person.given.email);
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
          problems={person.problems}
          submit={t('gate.registerSubmit')}
          send={send}
          head={<GateHead title={t('gate.registerTitle')} lead={t('gate.registerLead')} />}
          foot={<BackToSignIn />}
        >
          {person.fields}
        </GateForm>
      )}
    </Gate>
  );
}
