import { KeyRound, UserRoundCheck, UserRoundX } from 'lucide';
import { useEffect, useState } from 'preact/hooks';
import type { Account } from '../../../../src/index.ts';
import { dateTime } from '../../i18n/format.ts';
import { t } from '../../i18n/index.ts';
import { notify } from '../../state/notices.ts';
import { useAction, useDelayed, useResource } from '../../state/resource.ts';
import { client, user } from '../../state/session.ts';
import { DataTable } from '../data-table.tsx';
import { Confirm } from '../dialog.tsx';
import { EmptyState, ErrorBanner, LoadFailed, Skeleton, type Tone } from '../feedback.tsx';
import { SearchField } from '../field.tsx';
import { Icon } from '../icon.tsx';
import { Pager } from '../pager.tsx';
import { SelectField } from '../select-field.tsx';

const PAGE = 50;
const ROLES = ['', 'admin', 'teacher', 'student'] as const;
const STATUSES = ['', 'active', 'invited', 'waiting', 'disabled'] as const;
const TONES: Record<Account['status'], Tone> = {
  active: 'good',
  invited: 'calm',
  waiting: 'warn',
  disabled: 'still',
};

/** Who has an account, and whether it may be used. */
export function Accounts() {
  const [search, setSearch] = useState('');
  const [role, setRole] = useState<(typeof ROLES)[number]>('');
  const [status, setStatus] = useState<(typeof STATUSES)[number]>('');
  const [skip, setSkip] = useState(0);
  const wanted = useDelayed(search.trim());
  useEffect(() => setSkip(0), [wanted, role, status]);
  const list = useResource(
    () =>
      client.accounts.list({
        ...(wanted ? { search: wanted } : {}),
        ...(role ? { role } : {}),
        ...(status ? { status } : {}),
        skip,
        limit: PAGE,
      }),
    [wanted, role, status, skip],
  );
  const { data, error } = list;
  return (
    <>
      <div class="card padded filters">
        <SearchField label={t('accounts.search')} value={search} onValue={setSearch} />
        <SelectField
          label={t('accounts.role')}
          value={role}
          onValue={setRole}
          options={ROLES.map((value) => ({ value, label: value ? t(`role.${value}`) : t('roster.all') }))}
        />
        <SelectField
          label={t('exports.status')}
          value={status}
          onValue={setStatus}
          options={STATUSES.map((value) => ({
            value,
            label: value ? t(`accounts.state.${value}`) : t('roster.all'),
          }))}
        />
      </div>
      {!data && (error ? <LoadFailed error={error} retry={list.reload} /> : <Skeleton />)}
      {data && data.total === 0 && (
        <div class="card">
          <EmptyState icon={UserRoundX} title={t('reports.noLines')} />
        </div>
      )}
      {data && data.total > 0 && (
        <div class="card padded stack">
          <DataTable
            caption={t('accounts.title')}
            rows={data.items}
            keyOf={(account) => account.id}
            columns={[
              {
                id: 'name',
                label: t('students.name'),
                cell: (account) => (
                  <>
                    {account.name}
                    <br />
                    <span class="small muted">{account.email}</span>
                  </>
                ),
              },
              { id: 'role', label: t('accounts.role'), cell: (account) => t(`role.${account.role}`) },
              {
                id: 'state',
                label: t('exports.status'),
                cell: (account) => (
                  <span class="chip" data-tone={TONES[account.status]}>
                    {t(`accounts.state.${account.status}`)}
                  </span>
                ),
              },
              {
                id: 'factor',
                label: t('settings.secondFactorShort'),
                cell: (account) => t(account.secondFactor ? 'accounts.on' : 'accounts.off'),
              },
              {
                id: 'seen',
                label: t('accounts.lastLogin'),
                cell: (account) => (account.lastLoginAt ? dateTime(account.lastLoginAt) : '–'),
              },
              {
                id: 'do',
                label: t('accounts.actions'),
                quiet: true,
                cell: (account) => <Actions account={account} onChanged={list.reload} />,
              },
            ]}
          />
          <Pager page={data} onSkip={setSkip} />
        </div>
      )}
    </>
  );
}

function Actions({ account, onChanged }: { account: Account; onChanged(): Promise<void> }) {
  const [asking, setAsking] = useState<'disable' | 'factor' | null>(null);
  const action = useAction(async (what: 'enable' | 'disable' | 'factor') => {
    if (what === 'factor') await client.accounts.removeSecondFactor(account.id);
    else await client.accounts.update(account.id, { active: what === 'enable' });
    setAsking(null);
    await onChanged();
    notify(t('app.saved'));
  });
  // Nobody locks oneself out, and only they themselves change system administrators.
  if (account.id === user.value?.id || account.role === 'sysadmin') return null;
  return (
    <div class="row nowrap">
      {account.secondFactor && (
        <button
          type="button"
          class="button quiet icon small"
          aria-label={t('accounts.removeFactor', { name: account.name })}
          title={t('accounts.removeFactor', { name: account.name })}
          onClick={() => setAsking('factor')}
        >
          <Icon of={KeyRound} size={16} />
        </button>
      )}
      {account.status === 'active' && (
        <button
          type="button"
          class="button quiet icon small"
          aria-label={t('accounts.disable', { name: account.name })}
          title={t('accounts.disable', { name: account.name })}
          onClick={() => setAsking('disable')}
        >
          <Icon of={UserRoundX} size={16} />
        </button>
      )}
      {(account.status === 'disabled' || account.status === 'waiting') && (
        <button
          type="button"
          class="button small"
          aria-label={t('accounts.enable', { name: account.name })}
          disabled={action.busy}
          onClick={() => action.start('enable')}
        >
          <Icon of={UserRoundCheck} size={16} />
          {t('accounts.enableShort')}
        </button>
      )}
      {!asking && <ErrorBanner error={action.error} />}
      {asking && (
        <Confirm
          title={t(asking === 'factor' ? 'accounts.removeFactor' : 'accounts.disable', {
            name: account.name,
          })}
          body={
            <>
              <p>{t(asking === 'factor' ? 'accounts.removeFactorBody' : 'accounts.disableBody')}</p>
              <ErrorBanner error={action.error} />
            </>
          }
          confirm={t(asking === 'factor' ? 'app.remove' : 'accounts.disableShort')}
          danger
          busy={action.busy}
          onConfirm={() => action.start(asking)}
          onClose={() => setAsking(null)}
        />
      )}
    </div>
  );
}
