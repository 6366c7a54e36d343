import { Hourglass, Link2Off } from 'lucide';
import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { ApiError } from '../../../src/index.ts';
import { ErrorBanner } from '../components/feedback.tsx';
import { TextField } from '../components/field.tsx';
import { BackToSignIn, Gate, GateHead } from '../components/gate/gate.tsx';
import { GateDone } from '../components/gate/gate-done.tsx';
import { GateForm } from '../components/gate/gate-form.tsx';
import { useNewPassword } from '../components/password-field.tsx';
import { t } from '../i18n/index.ts';
import { useLinkToken } from '../state/link-token.ts';
import { client } from '../state/session.ts';

/** Where the link of an invitation or a registration leads. */
export function Invitation() {
  const { token, take } = useLinkToken();
  const { route } = useLocation();
  const [name, setName] = useState('');
  const [waiting, setWaiting] = useState(false);
  const chosen = useNewPassword();
  const send = async () => {
    try {
      const given = name.trim();
      await client.auth.acceptInvitation({
        token,
        password: chosen.password,
        ...(given ? { name: given } : {}),
      });
    } catch (error) {
      if (!hasCode(error, 'account-waiting')) throw error;
      take();
      setWaiting(true);
      return;
    }
    take();
    route('/', true);
  };
  if (waiting) return <Waiting />;
  return (
    <Gate title={t('gate.invitationTitle')}>
      {token ? (
        <GateForm
          problems={chosen.problems}
          submit={t('gate.invitationSubmit')}
          send={send}
          head={<GateHead title={t('gate.invitationTitle')} lead={t('gate.invitationLead')} />}
          failed={(error) =>
            hasCode(error, 'link-invalid') ? (
              <div class="stack tight">
                <ErrorBanner error={error} />
                <p class="small">
                  {t('gate.linkInvalidHint')} {t('gate.askNewInvitation')}
                </p>
              </div>
            ) : null
          }
          foot={<BackToSignIn />}
        >
          {(problems) => (
            <>
              <TextField
                label={t('gate.invitationName')}
                hint={t('gate.invitationNameHint')}
                optional
                value={name}
                onValue={setName}
                input={{ autocomplete: 'name', maxLength: 200 }}
              />
              {chosen.fields(problems)}
            </>
          )}
        </GateForm>
      ) : (
        <GateDone icon={Link2Off} title={t('gate.linkMissing')} hint={t('gate.linkMissingHint')} />
      )}
    </Gate>
  );
}

const hasCode = (error: unknown, code: string) => error instanceof ApiError && error.code === code;

/** The account is there, but nobody on the roster fits it yet. */
function Waiting() {
  return (
    <Gate title={t('gate.waiting')}>
      <GateDone icon={Hourglass} title={t('gate.waiting')} hint={t('gate.waitingHint')} />
    </Gate>
  );
}
