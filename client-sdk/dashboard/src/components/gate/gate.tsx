import { ArrowLeft, CircleCheck } from 'lucide';
import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { chooseLanguage, isLanguage, LANGUAGES, language, t } from '../../i18n/index.ts';
import { institution, loadInstitution } from '../../state/session.ts';
import { Icon, Logo } from '../icon.tsx';
import { useTitle } from '../page.tsx';

/** The frame of every page that needs no sign-in: whose it is, and one thing to do. */
export function Gate({ title, children }: { title: string; children: ComponentChildren }) {
  useTitle(title);
  useEffect(() => {
    loadInstitution();
  }, []);
  const known = institution.value;
  return (
    <div class="gate">
      <div class="gate-story">
        <p class="name">
          {known?.logoUrl ? <img src={known.logoUrl} alt="" class="brand-logo" /> : <Logo />}
          {known?.name ?? t('app.name')}
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
      <main class="gate-form" id="content" tabindex={-1}>
        <LanguageSwitch />
        <div class="gate-body">{children}</div>
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

export function GateHead({ title, lead }: { title: string; lead?: ComponentChildren }) {
  return (
    <div class="stack tight">
      <h1>{title}</h1>
      {lead && <p class="muted">{lead}</p>}
    </div>
  );
}

export function BackToSignIn() {
  return (
    <p>
      <a class="quiet-link" href="/">
        <Icon of={ArrowLeft} size={16} />
        {t('gate.backToSignIn')}
      </a>
    </p>
  );
}
