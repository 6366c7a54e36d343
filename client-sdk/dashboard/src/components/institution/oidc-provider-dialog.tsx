import { useState } from 'preact/hooks';
import type { NewOidcProvider, OidcProvider } from '../../../../src/index.ts';
import { t } from '../../i18n/index.ts';
import { providerErrorText } from '../../state/errors.ts';
import { notify } from '../../state/notices.ts';
import { client } from '../../state/session.ts';
import { CopyText } from '../copy-text.tsx';
import { Switch, TextField } from '../field.tsx';
import { PasswordField } from '../password-field.tsx';
import { RecordDialog } from '../record-dialog.tsx';
import { SelectField } from '../select-field.tsx';

const ROLES = ['', 'teacher', 'student'] as const;
const SCOPES = /^openid( [a-zA-Z0-9_.:/-]+)*$/;

interface OidcProviderDialogProps {
  provider: OidcProvider | null;
  redirectUri: string;
  onClose(): void;
  onChanged(): Promise<void>;
}

export function OidcProviderDialog({ provider, redirectUri, onClose, onChanged }: OidcProviderDialogProps) {
  const [name, setName] = useState(provider?.name ?? '');
  const [issuer, setIssuer] = useState(provider?.issuer ?? 'https://');
  const [clientId, setClientId] = useState(provider?.clientId ?? '');
  const [secret, setSecret] = useState('');
  const [open, setOpen] = useState(provider ? !provider.hasSecret : false);
  const [role, setRole] = useState<(typeof ROLES)[number]>(provider?.provisionRole ?? '');
  const [scopes, setScopes] = useState(provider?.scopes ?? 'openid email profile');
  const [enabled, setEnabled] = useState(provider?.enabled ?? true);
  const kept = provider?.hasSecret === true;
  const done = async () => {
    await onChanged();
    onClose();
  };
  const save = async () => {
    const input = {
      name: name.trim(),
      clientId: clientId.trim(),
      scopes: scopes.trim(),
      provisionRole: role || null,
      // Left empty, the one that is stored stays.
      ...(open ? { clientSecret: null } : secret ? { clientSecret: secret } : {}),
    };
    if (provider) await client.oidcProviders.update(provider.id, { ...input, enabled });
    else await addChecked({ ...input, issuer: issuer.trim() });
    notify(t('app.saved'));
    await done();
  };
  return (
    <RecordDialog
      title={provider ? provider.name : t('providers.add')}
      onClose={onClose}
      save={save}
      explain={providerErrorText}
      {...(provider ? {} : { submit: t('providers.checkAndAdd') })}
      problems={{
        name: name.trim() ? null : t('students.nameMissing'),
        issuer: isAddress(issuer.trim()) ? null : t('providers.issuerWrong'),
        clientId: clientId.trim() ? null : t('providers.clientIdMissing'),
        secret: open || kept || secret ? null : t('providers.secretMissing'),
        scopes: SCOPES.test(scopes.trim()) ? null : t('providers.scopesWrong'),
      }}
      removal={
        provider && {
          title: t('students.removeTitle', { name: provider.name }),
          body: t('providers.removeBody'),
          remove: async () => {
            await client.oidcProviders.remove(provider.id);
            notify(t('students.removed', { name: provider.name }));
            await done();
          },
        }
      }
    >
      {(problems) => (
        <>
          <TextField
            label={t('courses.name')}
            hint={t('providers.nameHint')}
            value={name}
            onValue={setName}
            problem={problems.name}
            input={{ maxLength: 100, autocomplete: 'off' }}
          />
          <TextField
            label={t('providers.issuer')}
            hint={t(provider ? 'providers.issuerFixed' : 'providers.issuerHint')}
            value={issuer}
            onValue={setIssuer}
            problem={problems.issuer}
            input={{
              ...{ type: 'url', autocomplete: 'off', spellcheck: false, maxLength: 500 },
              readOnly: provider !== null,
            }}
          />
          <CopyText label={t('providers.redirectHint')} value={redirectUri} />
          <TextField
            label={t('providers.clientId')}
            value={clientId}
            onValue={setClientId}
            problem={problems.clientId}
            input={{ autocomplete: 'off', spellcheck: false, maxLength: 300 }}
          />
          {!open && (
            <PasswordField
              label={t('providers.secret')}
              hint={t(kept ? 'providers.secretKept' : 'providers.secretHint')}
              optional={kept}
              value={secret}
              onValue={setSecret}
              problem={problems.secret}
              autocomplete="new-password"
            />
          )}
          <Switch
            label={t('providers.open')}
            hint={t('providers.openHint')}
            checked={open}
            onChange={setOpen}
          />
          <SelectField
            label={t('providers.provision')}
            hint={t('providers.provisionHint')}
            value={role}
            onValue={setRole}
            options={ROLES.map((value) => ({
              value,
              label: value ? t('providers.makes', { role: t(`role.${value}`) }) : t('providers.makesNone'),
            }))}
          />
          <details class="more-options" open={Boolean(problems.scopes)}>
            <summary>{t('providers.more')}</summary>
            <TextField
              label={t('providers.scopes')}
              hint={t('providers.scopesHint')}
              value={scopes}
              onValue={setScopes}
              problem={problems.scopes}
              input={{ autocomplete: 'off', spellcheck: false, maxLength: 300 }}
            />
          </details>
          {provider && (
            <Switch
              label={t('providers.enabled')}
              hint={t('providers.enabledHint')}
              checked={enabled}
              onChange={setEnabled}
            />
          )}
        </>
      )}
    </RecordDialog>
  );
}

/** Whether it may be sent; what is allowed besides https the server decides. */
function isAddress(text: string): boolean {
  return /^https?:\/\/[^\s/]+/.test(text) && URL.canParse(text);
}

/** Nobody should meet a button on the sign-in page that leads nowhere: what does not answer is not kept. */
async function addChecked(input: NewOidcProvider): Promise<void> {
  const made = await client.oidcProviders.create(input);
  try {
    await client.oidcProviders.check(made.id);
  } catch (error) {
    await client.oidcProviders.remove(made.id);
    throw error;
  }
}
