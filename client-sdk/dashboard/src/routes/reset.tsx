import { CircleCheck, Link2Off } from 'lucide';
import { useState } from 'preact/hooks';
import { ApiError } from '../../../src/index.ts';
import { ErrorBanner } from '../components/feedback.tsx';
import { BackToSignIn, Gate, GateHead } from '../components/gate/gate.tsx';
import { GateDone } from '../components/gate/gate-done.tsx';
import { GateForm } from '../components/gate/gate-form.tsx';
import { useNewPassword } from '../components/password-field.tsx';
import { t } from '../i18n/index.ts';
import { useLinkToken } from '../state/link-token.ts';
import { client, signOut, user } from '../state/session.ts';

export function Reset() {
  const { token, take } = useLinkToken();
  const chosen = useNewPassword();
  const [done, setDone] = useState(false);
  const send = async () => {
    await client.auth.resetPassword(token, chosen.password);
    take();
    setDone(true);
    // Every sign-in has ended, also the one that this browser may hold.
    if (user.peek()) await signOut();
  };
  return (
    <Gate title={t('gate.resetTitle')}>
      {done ? (
        <GateDone icon={CircleCheck} title={t('gate.resetDone')} hint={t('gate.resetDoneHint')} />
      ) : token ? (
        <GateForm
          problems={chosen.problems}
          submit={t('gate.resetSubmit')}
          send={send}
          head={<GateHead title={t('gate.resetTitle')} lead={t('gate.resetLead')} />}
          failed={(error) => (isDeadLink(error) ? <DeadLink error={error} /> : null)}
          foot={<BackToSignIn />}
        >
          {chosen.fields}
        </GateForm>
      ) : (
        <GateDone icon={Link2Off} title={t('gate.linkMissing')} hint={t('gate.linkMissingHint')} />
      )}
    </Gate>
  );
}

const isDeadLink = (error: unknown) => error instanceof ApiError && error.code === 'link-invalid';

function DeadLink({ error }: { error: unknown }) {
  return (
    <div class="stack tight">
      <ErrorBanner error={error} />
      <p class="small">
        {t('gate.linkInvalidHint')} <a href="/forgot">{t('gate.askNewLink')}</a>
      </p>
    </div>
  );
}
