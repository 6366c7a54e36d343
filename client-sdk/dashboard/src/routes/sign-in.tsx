import { CircleCheck, Eye, EyeOff, Info } from 'lucide';
import { useRef, useState } from 'preact/hooks';
import { Banner, ErrorBanner } from '../components/feedback.tsx';
import { Field, TextField } from '../components/field.tsx';
import { Icon, Logo } from '../components/icon.tsx';
import { useTitle } from '../components/page.tsx';
import { chooseLanguage, isLanguage, LANGUAGES, language, t } from '../i18n/index.ts';
import { useAction } from '../state/resource.ts';
import { endedByServer, signIn } from '../state/session.ts';

export function SignIn() {
  useTitle(t('signIn.title'));
  return (
    <div class="gate">
      <div class="gate-story">
        <p class="name">
          <Logo />
          {t('app.name')}
        </p>
        <p class="slogan">{t('app.tagline')}</p>
        <ul class="stack tight">
          {(['signIn.feature1', 'signIn.feature2', 'signIn.feature3'] as const).map((feature) => (
            <li key={feature}>
              <Icon of={CircleCheck} />
              {t(feature)}
            </li>
          ))}
        </ul>
      </div>
      <main class="gate-form" id="content">
        <LanguageSwitch />
        <SignInForm />
      </main>
    </div>
  );
}

function LanguageSwitch() {
  return (
    <fieldset class="languages" aria-label={t('account.language')}>
      {Object.entries(LANGUAGES).map(([id, label]) => (
        <button
          type="button"
          key={id}
          lang={id}
          aria-pressed={id === language.value}
          onClick={() => {
            if (isLanguage(id)) chooseLanguage(id);
          }}
        >
          {label}
        </button>
      ))}
    </fieldset>
  );
}

function SignInForm() {
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [shown, setShown] = useState(false);
  const [tried, setTried] = useState(false);
  const emailInput = useRef<HTMLInputElement>(null);
  const passwordInput = useRef<HTMLInputElement>(null);
  const action = useAction(async () => {
    try {
      await signIn(email.trim(), password);
    } catch (error) {
      passwordInput.current?.select();
      throw error;
    }
  });

  // The attribute types of one element do not allow a union of input types.
  const visibility = shown ? { type: 'text' as const } : { type: 'password' as const };

  const submit = (event: Event) => {
    event.preventDefault();
    setTried(true);
    if (!email.trim()) emailInput.current?.focus();
    else if (!password) passwordInput.current?.focus();
    else action.start();
  };

  return (
    <form onSubmit={submit} noValidate aria-busy={action.busy}>
      <div class="stack tight">
        <h1>{t('signIn.title')}</h1>
        <p class="muted">{t('signIn.lead')}</p>
      </div>
      {endedByServer.value && !action.error && (
        <Banner tone="accent" icon={Info} role="status">
          {t('signIn.expired')}
        </Banner>
      )}
      <ErrorBanner error={action.error} />
      <TextField
        label={t('signIn.email')}
        value={email}
        onValue={setEmail}
        inputRef={emailInput}
        problem={tried && !email.trim() ? t('signIn.emailMissing') : null}
        input={{ type: 'email', name: 'email', autocomplete: 'username', required: true, autoFocus: true }}
      />
      <Field label={t('signIn.password')} problem={tried && !password ? t('signIn.passwordMissing') : null}>
        {(ids) => (
          <div class="input-with-action">
            <input
              {...ids}
              ref={passwordInput}
              class="input"
              name="password"
              {...visibility}
              autocomplete="current-password"
              required
              value={password}
              onInput={(event) => setPassword(event.currentTarget.value)}
            />
            <button
              type="button"
              class="button quiet icon small"
              aria-label={shown ? t('signIn.hide') : t('signIn.show')}
              onClick={() => setShown(!shown)}
            >
              <Icon of={shown ? EyeOff : Eye} />
            </button>
          </div>
        )}
      </Field>
      <button type="submit" class="button primary" disabled={action.busy}>
        {action.busy && <span class="spinner" />}
        {action.busy ? t('signIn.busy') : t('signIn.submit')}
      </button>
    </form>
  );
}
