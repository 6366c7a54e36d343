import { RotateCw } from 'lucide';
import { useState } from 'preact/hooks';
import type { WebhookDelivery } from '../../../../src/index.ts';
import { dateTime, number } from '../../i18n/format.ts';
import { t } from '../../i18n/index.ts';
import { usePolling } from '../../state/polling.ts';
import { useAction, useResource } from '../../state/resource.ts';
import { client } from '../../state/session.ts';
import { DataTable } from '../data-table.tsx';
import { ErrorBanner, Skeleton, type Tone } from '../feedback.tsx';
import { Icon } from '../icon.tsx';
import { Pager } from '../pager.tsx';

const PAGE = 20;
const TONES: Record<WebhookDelivery['status'], Tone> = { queued: 'calm', delivered: 'good', failed: 'bad' };

/** What was sent to one address, and what it answered. */
export function WebhookDeliveries({ webhookId }: { webhookId: string }) {
  const [skip, setSkip] = useState(0);
  const list = useResource(
    () => client.webhooks.deliveries(webhookId, { skip, limit: PAGE }),
    [webhookId, skip],
  );
  const again = useAction(async (id: string) => {
    await client.webhooks.redeliver(webhookId, id);
    await list.reload();
  });
  const { data } = list;
  usePolling(list.reload, data?.items.some(({ status }) => status === 'queued') ?? false, 2_000);
  if (!data) return list.error ? <ErrorBanner error={list.error} /> : <Skeleton rows={2} />;
  if (data.total === 0) return <p class="muted">{t('webhooks.noDeliveries')}</p>;
  return (
    <>
      <ErrorBanner error={again.error} />
      <DataTable
        caption={t('webhooks.deliveries')}
        rows={data.items}
        keyOf={(delivery) => delivery.id}
        columns={[
          { id: 'type', label: t('webhooks.event'), cell: (delivery) => delivery.type },
          { id: 'at', label: t('exports.asked'), cell: (delivery) => dateTime(delivery.createdAt) },
          {
            id: 'state',
            label: t('exports.status'),
            cell: (delivery) => (
              <span class="chip" data-tone={TONES[delivery.status]}>
                {t(`webhooks.state.${delivery.status}`)}
              </span>
            ),
          },
          {
            id: 'attempts',
            label: t('jobs.attempts'),
            numeric: true,
            cell: (delivery) => number(delivery.attempts),
          },
          {
            id: 'answer',
            label: t('webhooks.answer'),
            cell: (delivery) => (
              <span class="wrap-anywhere">{delivery.responseStatus ?? delivery.error ?? '–'}</span>
            ),
          },
          {
            id: 'do',
            label: t('accounts.actions'),
            quiet: true,
            cell: (delivery) =>
              delivery.status !== 'queued' && (
                <button
                  type="button"
                  class="button quiet icon small"
                  aria-label={t('webhooks.again', { type: delivery.type })}
                  title={t('webhooks.again', { type: delivery.type })}
                  disabled={again.busy}
                  onClick={() => again.start(delivery.id)}
                >
                  <Icon of={RotateCw} size={16} />
                </button>
              ),
          },
        ]}
      />
      <Pager page={data} onSkip={setSkip} />
    </>
  );
}
