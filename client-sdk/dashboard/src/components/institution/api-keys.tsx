import { Ban, KeyRound, Plus, TriangleAlert } from 'lucide';
import { useState } from 'preact/hooks';
import type { ApiKey, FreshApiKey } from '../../../../src/index.ts';
import { date, dateTime } from '../../i18n/format.ts';
import { t } from '../../i18n/index.ts';
import { notify } from '../../state/notices.ts';
import { useAction, useResource } from '../../state/resource.ts';
import { client } from '../../state/session.ts';
import { CheckList } from '../check-list.tsx';
import { CopyText } from '../copy-text.tsx';
import { DataTable } from '../data-table.tsx';
import { Confirm, Dialog } from '../dialog.tsx';
import { Banner, EmptyState, ErrorBanner, LoadFailed, Skeleton, type Tone } from '../feedback.tsx';
import { TextField } from '../field.tsx';
import { Icon } from '../icon.tsx';
import { Pager } from '../pager.tsx';
import { RecordForm } from '../record-form.tsx';

const PAGE = 25;
const TONES: Record<ApiKey['status'], Tone> = { active: 'good', expired: 'still', revoked: 'still' };

/** Keys for programs of others: what each may do, and until when. */
export function ApiKeys() {
  const [adding, setAdding] = useState(false);
  const [fresh, setFresh] = useState<FreshApiKey | null>(null);
  const [revoking, setRevoking] = useState<ApiKey | null>(null);
  const [skip, setSkip] = useState(0);
  const list = useResource(() => client.apiKeys.list({ skip, limit: PAGE }), [skip]);
  const revoke = useAction(async (key: ApiKey) => {
    await client.apiKeys.revoke(key.id);
    setRevoking(null);
    await list.reload();
    notify(t('apiKeys.revoked', { name: key.name }));
  });
  const { data, error } = list;
  const add = (
    <button type="button" class="button primary" onClick={() => setAdding(true)}>
      <Icon of={Plus} />
      {t('apiKeys.add')}
    </button>
  );
  return (
    <>
      <div class="row wrap">
        <p class="grow muted">{t('apiKeys.lead')}</p>
        {add}
      </div>
      {!data && (error ? <LoadFailed error={error} retry={list.reload} /> : <Skeleton />)}
      {data && data.total === 0 && (
        <div class="card">
          <EmptyState icon={KeyRound} title={t('apiKeys.none')} />
        </div>
      )}
      {data && data.total > 0 && (
        <div class="card padded stack">
          <DataTable
            caption={t('apiKeys.title')}
            rows={data.items}
            keyOf={(key) => key.id}
            columns={[
              {
                id: 'name',
                label: t('courses.name'),
                cell: (key) => (
                  <>
                    {key.name}
                    <br />
                    <code class="small">{key.prefix}…</code>
                  </>
                ),
              },
              {
                id: 'scopes',
                label: t('apiKeys.scopes'),
                cell: (key) => <span class="wrap-anywhere">{key.scopes.join(', ')}</span>,
              },
              {
                id: 'state',
                label: t('exports.status'),
                cell: (key) => (
                  <span class="chip" data-tone={TONES[key.status]}>
                    {t(`apiKeys.state.${key.status}`)}
                  </span>
                ),
              },
              {
                id: 'until',
                label: t('apiKeys.until'),
                cell: (key) => (key.expiresAt ? date(key.expiresAt) : t('apiKeys.forever')),
              },
              {
                id: 'used',
                label: t('apiKeys.used'),
                cell: (key) => (key.lastUsedAt ? dateTime(key.lastUsedAt) : '–'),
              },
              {
                id: 'do',
                label: t('accounts.actions'),
                quiet: true,
                cell: (key) =>
                  key.status === 'active' && (
                    <button
                      type="button"
                      class="button quiet icon small"
                      aria-label={t('apiKeys.revoke', { name: key.name })}
                      title={t('apiKeys.revoke', { name: key.name })}
                      onClick={() => setRevoking(key)}
                    >
                      <Icon of={Ban} size={16} />
                    </button>
                  ),
              },
            ]}
          />
          <Pager page={data} onSkip={setSkip} />
        </div>
      )}
      {adding && (
        <KeyDialog
          onClose={() => setAdding(false)}
          onMade={async (key) => {
            setAdding(false);
            setFresh(key);
            await list.reload();
          }}
        />
      )}
      {fresh && (
        <Dialog title={fresh.name} onClose={() => setFresh(null)}>
          <Banner tone="warn" icon={TriangleAlert} role="status">
            {t('apiKeys.once')}
          </Banner>
          <CopyText label={t('apiKeys.key')} value={fresh.key} />
          <div class="dialog-foot">
            <button type="button" class="button primary" onClick={() => setFresh(null)}>
              {t('codes.done')}
            </button>
          </div>
        </Dialog>
      )}
      {revoking && (
        <Confirm
          title={t('apiKeys.revoke', { name: revoking.name })}
          body={
            <>
              <p>{t('apiKeys.revokeBody')}</p>
              <ErrorBanner error={revoke.error} />
            </>
          }
          confirm={t('apiKeys.revokeShort')}
          danger
          busy={revoke.busy}
          onConfirm={() => revoke.start(revoking)}
          onClose={() => setRevoking(null)}
        />
      )}
    </>
  );
}

function KeyDialog({ onClose, onMade }: { onClose(): void; onMade(key: FreshApiKey): Promise<void> }) {
  const known = useResource(() => client.apiKeys.scopes(), []);
  const [name, setName] = useState('');
  const [scopes, setScopes] = useState<string[]>([]);
  const [days, setDays] = useState('365');
  const count = Number(days);
  const fits = Number.isInteger(count) && count >= 1 && count <= 3650;
  return (
    <Dialog wide title={t('apiKeys.add')} onClose={onClose}>
      <RecordForm
        submit={t('codes.make')}
        onCancel={onClose}
        problems={{
          name: name.trim() ? null : t('students.nameMissing'),
          days: fits ? null : t('courses.invalidNumber', { min: 1, max: 3650 }),
          scopes: scopes.length > 0 ? null : t('apiKeys.scopeMissing'),
        }}
        save={async () => {
          await onMade(await client.apiKeys.create({ name: name.trim(), scopes, expiresInDays: count }));
        }}
      >
        {(problems) => (
          <>
            <div class="form-grid">
              <TextField
                label={t('courses.name')}
                hint={t('apiKeys.nameHint')}
                value={name}
                onValue={setName}
                problem={problems.name}
              />
              <TextField
                label={t('codes.days')}
                value={days}
                onValue={setDays}
                problem={problems.days}
                input={{ type: 'number', inputMode: 'numeric', min: 1, max: 3650 }}
              />
            </div>
            <CheckList
              legend={t('apiKeys.scopes')}
              hint={t('apiKeys.scopesHint')}
              options={(known.data?.scopes ?? []).map((value) => ({ value, label: value }))}
              chosen={scopes}
              onChosen={setScopes}
            />
            {problems.scopes && (
              <p class="problem" role="alert">
                {problems.scopes}
              </p>
            )}
            <ErrorBanner error={known.error} />
          </>
        )}
      </RecordForm>
    </Dialog>
  );
}
