import { Pencil, Plus, TriangleAlert, Webhook as WebhookIcon } from 'lucide';
import { useState } from 'preact/hooks';
import type { Webhook } from '../../../../src/index.ts';
import { t } from '../../i18n/index.ts';
import { notify } from '../../state/notices.ts';
import { useAction, useResource } from '../../state/resource.ts';
import { client } from '../../state/session.ts';
import { CopyText } from '../copy-text.tsx';
import { Dialog } from '../dialog.tsx';
import { Banner, EmptyState, ErrorBanner, LoadFailed, Skeleton } from '../feedback.tsx';
import { Icon } from '../icon.tsx';
import { WebhookDeliveries } from './webhook-deliveries.tsx';
import { WebhookDialog } from './webhook-dialog.tsx';

/** Addresses of other systems that are told what happens here. */
export function Webhooks() {
  const list = useResource(() => client.webhooks.list({ limit: 100 }), []);
  const [editing, setEditing] = useState<Webhook | 'new' | null>(null);
  const [secret, setSecret] = useState<string | null>(null);
  const { data, error } = list;
  return (
    <>
      <div class="row wrap">
        <p class="lead muted">{t('webhooks.lead')}</p>
        <button type="button" class="button primary" onClick={() => setEditing('new')}>
          <Icon of={Plus} />
          {t('webhooks.add')}
        </button>
      </div>
      {!data && (error ? <LoadFailed error={error} retry={list.reload} /> : <Skeleton />)}
      {data && data.total === 0 && (
        <div class="card">
          <EmptyState icon={WebhookIcon} title={t('webhooks.none')} />
        </div>
      )}
      <ul class="stack">
        {data?.items.map((webhook) => (
          <WebhookCard
            key={webhook.id}
            webhook={webhook}
            onEdit={() => setEditing(webhook)}
            onSecret={setSecret}
          />
        ))}
      </ul>
      {editing && (
        <WebhookDialog
          webhook={editing === 'new' ? null : editing}
          onClose={() => setEditing(null)}
          onChanged={async (made) => {
            setEditing(null);
            if (made) setSecret(made);
            await list.reload();
          }}
        />
      )}
      {secret && (
        <Dialog title={t('webhooks.secret')} onClose={() => setSecret(null)}>
          <Banner tone="warn" icon={TriangleAlert} role="status">
            {t('webhooks.once')}
          </Banner>
          <CopyText label={t('webhooks.secretHint')} value={secret} />
          <div class="dialog-foot">
            <button type="button" class="button primary" onClick={() => setSecret(null)}>
              {t('codes.done')}
            </button>
          </div>
        </Dialog>
      )}
    </>
  );
}

interface WebhookCardProps {
  webhook: Webhook;
  onEdit(): void;
  onSecret(secret: string): void;
}

function WebhookCard({ webhook, onEdit, onSecret }: WebhookCardProps) {
  const [shown, setShown] = useState(false);
  const [trials, setTrials] = useState(0);
  const test = useAction(async () => {
    await client.webhooks.test(webhook.id);
    setShown(true);
    setTrials(trials + 1);
    notify(t('webhooks.tested'));
  });
  const renew = useAction(async () => onSecret((await client.webhooks.renewSecret(webhook.id)).secret));
  return (
    <li class="card padded stack">
      <div class="row wrap">
        <div class="grow">
          <h2 class="request-who wrap-anywhere">{webhook.url}</h2>
          <p class="small muted">
            {webhook.description ? `${webhook.description} · ` : ''}
            {webhook.events.map((event) => (event === '*' ? t('webhooks.everything') : event)).join(', ')}
          </p>
        </div>
        {webhook.failures > 0 && (
          <span class="chip" data-tone="warn">
            {t('webhooks.failures', { count: webhook.failures })}
          </span>
        )}
        <span class="chip" data-tone={webhook.enabled ? 'good' : 'still'}>
          {t(webhook.enabled ? 'webhooks.enabled' : 'webhooks.disabled')}
        </span>
        <button
          type="button"
          class="button quiet icon small"
          aria-label={t('teachers.edit', { name: webhook.url })}
          onClick={onEdit}
        >
          <Icon of={Pencil} size={16} />
        </button>
      </div>
      <div class="row wrap">
        <button type="button" class="button small" disabled={test.busy} onClick={() => test.start()}>
          {t('webhooks.test')}
        </button>
        <button type="button" class="button small" disabled={renew.busy} onClick={() => renew.start()}>
          {t('webhooks.renew')}
        </button>
        <button type="button" class="button small" aria-expanded={shown} onClick={() => setShown(!shown)}>
          {t('webhooks.deliveries')}
        </button>
      </div>
      <ErrorBanner error={test.error ?? renew.error} />
      {shown && <WebhookDeliveries key={trials} webhookId={webhook.id} />}
    </li>
  );
}
