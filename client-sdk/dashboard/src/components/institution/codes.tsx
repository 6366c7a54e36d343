import { Printer, Ticket, TicketPlus, X } from 'lucide';
import { useState } from 'preact/hooks';
import type { ActivationCode, FreshActivationCode } from '../../../../src/index.ts';
import { date } from '../../i18n/format.ts';
import { t } from '../../i18n/index.ts';
import { notify } from '../../state/notices.ts';
import { useAction, useResource } from '../../state/resource.ts';
import { client } from '../../state/session.ts';
import { DataTable } from '../data-table.tsx';
import { EmptyState, ErrorBanner, LoadFailed, Skeleton, type Tone } from '../feedback.tsx';
import { Icon } from '../icon.tsx';
import { Pager } from '../pager.tsx';
import { CodesDialog } from './codes-dialog.tsx';
import { CodesSheet } from './codes-sheet.tsx';

const PAGE = 25;
const TONES: Record<ActivationCode['status'], Tone> = {
  open: 'good',
  used: 'calm',
  expired: 'still',
  revoked: 'still',
};

export function Codes() {
  const [making, setMaking] = useState(false);
  const [fresh, setFresh] = useState<FreshActivationCode[] | null>(null);
  const [skip, setSkip] = useState(0);
  const list = useResource(() => client.codes.list({ skip, limit: PAGE }), [skip]);
  const revoke = useAction(async (id: string) => {
    await client.codes.revoke(id);
    await list.reload();
    notify(t('codes.revoked'));
  });
  const { data, error } = list;
  return (
    <section class="card" aria-labelledby="codes-title">
      <div class="panel-head">
        <div class="grow">
          <h2 id="codes-title">{t('codes.title')}</h2>
          <p class="small muted">{t('codes.lead')}</p>
        </div>
        <button type="button" class="button" onClick={() => setMaking(true)}>
          <Icon of={TicketPlus} />
          {t('codes.add')}
        </button>
      </div>
      <ErrorBanner error={revoke.error} />
      {!data && (error ? <LoadFailed error={error} retry={list.reload} /> : <Skeleton rows={2} />)}
      {data?.total === 0 && <EmptyState icon={Ticket} title={t('codes.none')} />}
      {data && data.total > 0 && (
        <DataTable
          caption={t('codes.title')}
          rows={data.items}
          keyOf={(code) => code.id}
          columns={[
            { id: 'hint', label: t('codes.code'), cell: (code) => <code>{`${code.hint}…`}</code> },
            { id: 'label', label: t('codes.label'), cell: (code) => code.label ?? '–' },
            { id: 'role', label: t('accounts.role'), cell: (code) => t(`role.${code.role}`) },
            {
              id: 'uses',
              label: t('codes.uses'),
              numeric: true,
              cell: (code) => `${code.uses} / ${code.maxUses}`,
            },
            {
              id: 'state',
              label: t('exports.status'),
              cell: (code) => (
                <span class="chip" data-tone={TONES[code.status]}>
                  {t(`codes.state.${code.status}`)}
                </span>
              ),
            },
            { id: 'until', label: t('exports.until'), cell: (code) => date(code.expiresAt) },
            {
              id: 'do',
              label: t('accounts.actions'),
              quiet: true,
              cell: (code) =>
                code.status === 'open' && (
                  <button
                    type="button"
                    class="button quiet icon small"
                    aria-label={t('codes.revoke', { code: code.hint })}
                    title={t('codes.revoke', { code: code.hint })}
                    disabled={revoke.busy}
                    onClick={() => revoke.start(code.id)}
                  >
                    <Icon of={X} size={16} />
                  </button>
                ),
            },
          ]}
        />
      )}
      {data && <Pager page={data} onSkip={setSkip} />}
      {making && (
        <CodesDialog
          onClose={() => setMaking(false)}
          onMade={async (codes) => {
            setMaking(false);
            setFresh(codes);
            await list.reload();
          }}
        />
      )}
      {fresh && <CodesSheet codes={fresh} icon={Printer} onClose={() => setFresh(null)} />}
    </section>
  );
}
