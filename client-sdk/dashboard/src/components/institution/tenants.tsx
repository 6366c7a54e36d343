import { Building2, CirclePause, CirclePlay, Plus } from 'lucide';
import { useEffect, useState } from 'preact/hooks';
import type { NewTenant, TenantSummary } from '../../../../src/index.ts';
import { date, number } from '../../i18n/format.ts';
import { t } from '../../i18n/index.ts';
import { notify } from '../../state/notices.ts';
import { useAction, useDelayed, useResource } from '../../state/resource.ts';
import { client, user } from '../../state/session.ts';
import { DataTable } from '../data-table.tsx';
import { Confirm, Dialog } from '../dialog.tsx';
import { EmptyState, ErrorBanner, LoadFailed, Skeleton } from '../feedback.tsx';
import { SearchField, TextField } from '../field.tsx';
import { Icon } from '../icon.tsx';
import { Pager } from '../pager.tsx';
import { RecordForm } from '../record-form.tsx';
import { SelectField } from '../select-field.tsx';
import { LOCALES, ZONES } from './places.ts';

const PAGE = 50;

/** All institutions of the server, for who runs it. */
export function Tenants() {
  const [search, setSearch] = useState('');
  const [skip, setSkip] = useState(0);
  const [adding, setAdding] = useState(false);
  const wanted = useDelayed(search.trim());
  useEffect(() => setSkip(0), [wanted]);
  const list = useResource(
    () => client.tenants.list({ ...(wanted ? { search: wanted } : {}), skip, limit: PAGE }),
    [wanted, skip],
  );
  const { data, error } = list;
  return (
    <>
      <div class="row wrap">
        <SearchField label={t('tenants.search')} value={search} onValue={setSearch} />
        <button type="button" class="button primary" onClick={() => setAdding(true)}>
          <Icon of={Plus} />
          {t('tenants.add')}
        </button>
      </div>
      {!data && (error ? <LoadFailed error={error} retry={list.reload} /> : <Skeleton />)}
      {data && data.total === 0 && (
        <div class="card">
          <EmptyState icon={Building2} title={t('reports.noLines')} />
        </div>
      )}
      {data && data.total > 0 && (
        <div class="card padded stack">
          <DataTable
            caption={t('tenants.title')}
            rows={data.items}
            keyOf={(tenant) => tenant.id}
            columns={[
              {
                id: 'name',
                label: t('settings.name'),
                cell: (tenant) => (
                  <>
                    {tenant.name}
                    {tenant.domain && (
                      <>
                        <br />
                        <span class="small muted">{tenant.domain}</span>
                      </>
                    )}
                  </>
                ),
              },
              {
                id: 'policy',
                label: t('tenants.policy'),
                cell: (tenant) => t(`tenants.policies.${tenant.policy}`),
              },
              { id: 'zone', label: t('settings.timezone'), cell: (tenant) => tenant.timezone },
              {
                id: 'users',
                label: t('accounts.title'),
                numeric: true,
                cell: (tenant) => number(tenant.users),
              },
              { id: 'since', label: t('tenants.since'), cell: (tenant) => date(tenant.createdAt) },
              {
                id: 'state',
                label: t('exports.status'),
                cell: (tenant) => (
                  <span class="chip" data-tone={tenant.active ? 'good' : 'still'}>
                    {t(tenant.active ? 'tenants.active' : 'tenants.suspended')}
                  </span>
                ),
              },
              {
                id: 'do',
                label: t('accounts.actions'),
                quiet: true,
                cell: (tenant) => <Suspend tenant={tenant} onChanged={list.reload} />,
              },
            ]}
          />
          <Pager page={data} onSkip={setSkip} />
        </div>
      )}
      {adding && (
        <TenantDialog
          onClose={() => setAdding(false)}
          onMade={async () => {
            setAdding(false);
            await list.reload();
          }}
        />
      )}
    </>
  );
}

function Suspend({ tenant, onChanged }: { tenant: TenantSummary; onChanged(): Promise<void> }) {
  const [asking, setAsking] = useState(false);
  const action = useAction(async () => {
    await client.tenants.update(tenant.id, { active: !tenant.active });
    setAsking(false);
    await onChanged();
    notify(t('app.saved'));
  });
  // Whoever suspended their own could not take it back.
  if (tenant.id === user.value?.tenantId) return null;
  return (
    <>
      <button
        type="button"
        class="button small"
        aria-label={t(tenant.active ? 'tenants.suspend' : 'tenants.resume', { name: tenant.name })}
        disabled={action.busy}
        onClick={() => (tenant.active ? setAsking(true) : action.start())}
      >
        <Icon of={tenant.active ? CirclePause : CirclePlay} size={15} />
        {t(tenant.active ? 'tenants.suspendShort' : 'tenants.resumeShort')}
      </button>
      {!asking && <ErrorBanner error={action.error} />}
      {asking && (
        <Confirm
          title={t('tenants.suspend', { name: tenant.name })}
          body={
            <>
              <p>{t('tenants.suspendBody')}</p>
              <ErrorBanner error={action.error} />
            </>
          }
          confirm={t('tenants.suspendShort')}
          danger
          busy={action.busy}
          onConfirm={() => action.start()}
          onClose={() => setAsking(false)}
        />
      )}
    </>
  );
}

const POLICIES: NewTenant['policy'][] = ['tr', 'eu', 'us', 'default'];

function TenantDialog({ onClose, onMade }: { onClose(): void; onMade(): Promise<void> }) {
  const [name, setName] = useState('');
  const [domain, setDomain] = useState('');
  const [locale, setLocale] = useState('tr');
  const [zone, setZone] = useState('Europe/Istanbul');
  const [policy, setPolicy] = useState<NewTenant['policy']>('tr');
  const [email, setEmail] = useState('');
  const [admin, setAdmin] = useState('');
  return (
    <Dialog wide title={t('tenants.add')} onClose={onClose}>
      <RecordForm
        onCancel={onClose}
        problems={{
          name: name.trim() ? null : t('students.nameMissing'),
          admin: admin.trim() ? null : t('students.nameMissing'),
          email: /^\S+@\S+\.\S+$/.test(email.trim()) ? null : t('signIn.emailMissing'),
        }}
        save={async () => {
          await client.tenants.create({
            name: name.trim(),
            locale,
            timezone: zone,
            policy,
            domain: domain.trim() || null,
            admin: { email: email.trim(), name: admin.trim() },
          });
          notify(t('app.saved'));
          await onMade();
        }}
      >
        {(problems) => (
          <>
            <div class="form-grid">
              <TextField label={t('settings.name')} value={name} onValue={setName} problem={problems.name} />
              <TextField
                label={t('tenants.domain')}
                hint={t('tenants.domainHint')}
                optional
                value={domain}
                onValue={setDomain}
              />
            </div>
            <div class="form-grid">
              <SelectField
                label={t('account.language')}
                value={locale}
                onValue={setLocale}
                options={LOCALES}
              />
              <SelectField
                label={t('settings.timezone')}
                value={zone}
                onValue={setZone}
                options={ZONES.map((value) => ({ value, label: value.replaceAll('_', ' ') }))}
              />
              <SelectField
                label={t('tenants.policy')}
                hint={t('tenants.policyHint')}
                value={policy}
                onValue={setPolicy}
                options={POLICIES.map((value) => ({ value, label: t(`tenants.policies.${value}`) }))}
              />
            </div>
            <h3>{t('tenants.firstAdmin')}</h3>
            <div class="form-grid">
              <TextField
                label={t('students.name')}
                value={admin}
                onValue={setAdmin}
                problem={problems.admin}
              />
              <TextField
                label={t('students.email')}
                hint={t('tenants.adminHint')}
                value={email}
                onValue={setEmail}
                problem={problems.email}
                input={{ type: 'email', autocomplete: 'off' }}
              />
            </div>
          </>
        )}
      </RecordForm>
    </Dialog>
  );
}
