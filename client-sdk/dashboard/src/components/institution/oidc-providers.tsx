import { CircleAlert, CircleCheck, KeySquare, Pencil, Plus } from 'lucide';
import { useState } from 'preact/hooks';
import type { OidcProvider } from '../../../../src/index.ts';
import { t } from '../../i18n/index.ts';
import { providerErrorText } from '../../state/errors.ts';
import { useAction, useResource } from '../../state/resource.ts';
import { client } from '../../state/session.ts';
import { CopyText } from '../copy-text.tsx';
import { Banner, EmptyState, LoadFailed, Skeleton } from '../feedback.tsx';
import { Icon } from '../icon.tsx';
import { OidcProviderDialog } from './oidc-provider-dialog.tsx';

const MOST = 100;

/** Where else people may sign in. */
export function OidcProviders() {
  const list = useResource(() => client.oidcProviders.list({ limit: MOST }), []);
  const [editing, setEditing] = useState<OidcProvider | 'new' | null>(null);
  const { data, error } = list;
  // Before there is a provider the server has not said it: the address of this page then.
  const redirectUri = data?.items[0]?.redirectUri ?? `${location.origin}/oidc/callback`;
  return (
    <>
      <div class="row wrap">
        <p class="lead muted">{t('providers.lead')}</p>
        <button type="button" class="button primary" onClick={() => setEditing('new')}>
          <Icon of={Plus} />
          {t('providers.add')}
        </button>
      </div>
      {!data && (error ? <LoadFailed error={error} retry={list.reload} /> : <Skeleton />)}
      {data && data.total === 0 && (
        <div class="card">
          <EmptyState icon={KeySquare} title={t('providers.none')} hint={t('providers.noneHint')} />
        </div>
      )}
      {data && data.total > 0 && (
        <ul class="stack">
          {data.items.map((provider) => (
            <ProviderCard key={provider.id} provider={provider} onEdit={() => setEditing(provider)} />
          ))}
        </ul>
      )}
      {data && data.total > 0 && (
        <section class="card padded" aria-label={t('providers.redirect')}>
          <CopyText label={t('providers.redirectHint')} value={redirectUri} />
        </section>
      )}
      {editing && (
        <OidcProviderDialog
          provider={editing === 'new' ? null : editing}
          redirectUri={redirectUri}
          onClose={() => setEditing(null)}
          onChanged={list.reload}
        />
      )}
    </>
  );
}

function ProviderCard({ provider, onEdit }: { provider: OidcProvider; onEdit(): void }) {
  return (
    <li class="card padded stack">
      <div class="row">
        <div class="grow">
          <h2 class="request-who wrap-anywhere">{provider.name}</h2>
          <p class="small muted wrap-anywhere">{provider.issuer}</p>
        </div>
        <button
          type="button"
          class="button quiet icon small"
          aria-label={t('teachers.edit', { name: provider.name })}
          onClick={onEdit}
        >
          <Icon of={Pencil} size={16} />
        </button>
      </div>
      <div class="row wrap">
        <span class="chip" data-tone={provider.enabled ? 'good' : 'still'}>
          {t(provider.enabled ? 'providers.enabled' : 'providers.disabled')}
        </span>
        <span class="chip">
          {provider.provisionRole
            ? t('providers.opensAccounts', { role: t(`role.${provider.provisionRole}`) })
            : t('providers.opensNone')}
        </span>
        {provider.enabled && <ProviderCheck provider={provider} />}
      </div>
    </li>
  );
}

/** Asks the provider for its description, and says beside the button what came of it. */
function ProviderCheck({ provider }: { provider: OidcProvider }) {
  const [answers, setAnswers] = useState(false);
  const check = useAction(async () => {
    setAnswers(false);
    await client.oidcProviders.check(provider.id);
    setAnswers(true);
  });
  return (
    <>
      <button
        type="button"
        class="button small"
        aria-label={t('providers.checkOne', { name: provider.name })}
        disabled={check.busy}
        onClick={() => check.start()}
      >
        {check.busy && <span class="spinner" />}
        {t(check.busy ? 'providers.checking' : 'providers.check')}
      </button>
      <div class="lead" role="status">
        {answers && (
          <Banner tone="good" icon={CircleCheck}>
            {t('providers.answers')}
          </Banner>
        )}
        {check.error ? (
          <Banner tone="bad" icon={CircleAlert}>
            {providerErrorText(check.error)}
          </Banner>
        ) : null}
      </div>
    </>
  );
}
