import { CircleAlert, CircleCheck, Download, ScrollText, ShieldCheck } from 'lucide';
import { useEffect, useState } from 'preact/hooks';
import type { AuditEntry, AuditVerification } from '../../../../src/index.ts';
import { dateTime, number } from '../../i18n/format.ts';
import { t } from '../../i18n/index.ts';
import { save } from '../../state/download.ts';
import { useAction, useDelayed, useResource } from '../../state/resource.ts';
import { client } from '../../state/session.ts';
import { DataTable } from '../data-table.tsx';
import { Banner, EmptyState, ErrorBanner, LoadFailed, Skeleton } from '../feedback.tsx';
import { SearchField } from '../field.tsx';
import { Icon } from '../icon.tsx';
import { Pager } from '../pager.tsx';

const PAGE = 50;

/** Who did what, in a chain that shows whether anything in it was changed. */
export function Audit() {
  const [action, setAction] = useState('');
  const [skip, setSkip] = useState(0);
  const [verdict, setVerdict] = useState<AuditVerification | null>(null);
  const wanted = useDelayed(action.trim());
  useEffect(() => setSkip(0), [wanted]);
  const list = useResource(
    () => client.audit.list({ ...(wanted ? { action: wanted } : {}), skip, limit: PAGE }),
    [wanted, skip],
  );
  const verify = useAction(async () => setVerdict(await client.audit.verify()));
  const download = useAction(async () => save(await client.audit.file()));
  const { data, error } = list;
  return (
    <>
      <div class="row wrap">
        <SearchField label={t('audit.search')} value={action} onValue={setAction} />
        <button type="button" class="button" disabled={verify.busy} onClick={() => verify.start()}>
          {verify.busy ? <span class="spinner" /> : <Icon of={ShieldCheck} />}
          {t('audit.verify')}
        </button>
        <button type="button" class="button" disabled={download.busy} onClick={() => download.start()}>
          {download.busy ? <span class="spinner" /> : <Icon of={Download} />}
          {t('exports.as', { format: 'CSV' })}
        </button>
      </div>
      <ErrorBanner error={verify.error ?? download.error} />
      {verdict && (
        <Banner
          tone={verdict.ok ? 'good' : 'bad'}
          icon={verdict.ok ? CircleCheck : CircleAlert}
          role={verdict.ok ? 'status' : 'alert'}
        >
          {verdict.broken
            ? t('audit.broken', { seq: verdict.broken.seq, fault: t(`audit.fault.${verdict.broken.fault}`) })
            : t('audit.ok', { count: verdict.entries })}
        </Banner>
      )}
      {!data && (error ? <LoadFailed error={error} retry={list.reload} /> : <Skeleton />)}
      {data && data.total === 0 && (
        <div class="card">
          <EmptyState icon={ScrollText} title={t('reports.noLines')} hint={t('audit.searchHint')} />
        </div>
      )}
      {data && data.total > 0 && (
        <div class="card padded stack">
          <DataTable
            caption={t('audit.title')}
            rows={data.items}
            keyOf={(entry) => entry.id}
            columns={[
              {
                id: 'seq',
                label: t('audit.number'),
                cell: (entry) => <span class="tabular">{number(entry.seq)}</span>,
              },
              { id: 'at', label: t('audit.at'), cell: (entry) => dateTime(entry.at) },
              { id: 'actor', label: t('audit.actor'), cell: (entry) => <Actor entry={entry} /> },
              { id: 'action', label: t('audit.action'), cell: (entry) => <code>{entry.action}</code> },
              {
                id: 'subject',
                label: t('audit.subject'),
                cell: (entry) => (
                  <span class="small wrap-anywhere">
                    {[entry.subject.type, entry.subject.id?.slice(-12)].filter(Boolean).join(' ') || '–'}
                  </span>
                ),
              },
              { id: 'address', label: t('audit.address'), cell: (entry) => entry.address ?? '–' },
            ]}
          />
          <Pager page={data} onSkip={setSkip} />
        </div>
      )}
    </>
  );
}

function Actor({ entry: { actor } }: { entry: AuditEntry }) {
  return <>{actor.name ?? t(`audit.kind.${actor.kind}`)}</>;
}
