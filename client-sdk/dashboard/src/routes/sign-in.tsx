import { Info, KeyRound } from 'lucide';
import { useRef, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { secondFactorChallenge } from '../../../src/index.ts';
import { Banner, ErrorBanner } from '../components/feedback.tsx';
import { TextField } from '../components/field.tsx';
import { Gate, GateHead } from '../components/gate/gate.tsx';
import { GateForm } from '../components/gate/gate-form.tsx';
import { SecondFactorStep } from '../components/gate/second-factor-step.tsx';
import { Icon } from '../components/icon.tsx';
import { PasswordField } from '../components/password-field.tsx';
import { t } from '../i18n/index.ts';
import { startOidc } from '../state/oidc.ts';
import { useAction } from '../state/resource.ts';
import { client, endedByServer, institution } from '../state/session.ts';

export function SignIn() {
  const [challenge, setChallenge] = useState<string | null>(null);
  return (
    <Gate title={t('signIn.title')}>
      {challenge ? (
        <SecondFactorStep challenge={challenge} onAgain={() => setChallenge(null)} />
      ) : (
        <PasswordStep onChallenge={setChallenge} />
      )}
    </Gate>
  );
}

function PasswordStep({ onChallenge }: { onChallenge(challenge: string): void }) {
  const { path } = useLocation();
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const passwordInput = useRef<HTMLInputElement>(null);

  const send = async () => {
    try {
      await client.auth.login(email.trim(), password);
    } catch (error) {
      const challenge = secondFactorChallenge(error);
      if (!challenge) {
        passwordInput.current?.select();
        throw error;
      }
      onChallenge(challenge);
    }
  };
  return (
    <GateForm
      problems={{
        email: email.trim() ? null : t('signIn.emailMissing'),
        password: password ? null : t('signIn.passwordMissing'),
      }}
      submit={t('signIn.submit')}
      busy={t('signIn.busy')}
      send={send}
      head={
        <>
          <GateHead title={t('signIn.title')} lead={t('signIn.lead')} />
          {path === '/scan' ? (
            <Banner tone="accent" icon={Info} role="status">
              {t('gate.scanFirst')}
            </Banner>
          ) : (
            endedByServer.value && (
              <Banner tone="accent" icon={Info} role="status">
                {t('signIn.expired')}
              </Banner>
            )
          )}
        </>
      }
      foot={<OtherWays />}
    >
      {(problems) => (
        <>
          <TextField
            label={t('signIn.email')}
            value={email}
            onValue={setEmail}
            problem={problems.email}
            input={{
              type: 'email',
              name: 'email',
              autocomplete: 'username',
              required: true,
              autoFocus: true,
            }}
          />
          <div class="stack tight">
            <PasswordField
              label={t('signIn.password')}
              value={password}
              onValue={setPassword}
              inputRef={passwordInput}
              problem={problems.password}
              autocomplete="current-password"
            />
            <p class="small">
              <a href="/forgot">{t('gate.forgot')}</a>
            </p>
          </div>
        </>
      )}
    </GateForm>
  );
}

/** Providers of the institution, and the ways to an account for those who have none. */
function OtherWays() {
  const known = institution.value;
  const providers = known?.oidcProviders ?? [];
  const action = useAction(startOidc);
  return (
    <>
      {providers.length > 0 && (
        <div class="stack tight">
          <p class="or small muted">{t('gate.or')}</p>
          {providers.map(({ id, name }) => (
            <button
              type="button"
              key={id}
              class="button"
              disabled={action.busy}
              onClick={() => action.start(id)}
            >
              <Icon of={KeyRound} />
              {t('gate.with', { name })}
            </button>
          ))}
          <ErrorBanner error={action.error} />
        </div>
      )}
      <ul class="gate-links small">
        {known?.registrationOpen && (
          <li>
            <a href="/register">{t('gate.register')}</a>
          </li>
        )}
        <li>
          <a href="/activate">{t('gate.activate')}</a>
        </li>
      </ul>
    </>
  );
}
