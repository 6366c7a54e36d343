import { useState } from 'preact/hooks';
import type { Webhook } from '../../../../src/index.ts';
import { t } from '../../i18n/index.ts';
import { notify } from '../../state/notices.ts';
import { client } from '../../state/session.ts';
import { CheckList } from '../check-list.tsx';
import { Switch, TextField } from '../field.tsx';
import { RecordDialog } from '../record-dialog.tsx';

type Event = Webhook['events'][number];

const EVENTS: Event[] = [
  '*',
  'session.opened',
  'session.closed',
  'attendance.changed',
  'absence.warning',
  'camera.down',
  'camera.up',
  'excuse.opened',
  'excuse.decided',
  'contest.opened',
  'contest.decided',
  'consent.changed',
  'student.erased',
  'recording.started',
  'recording.ended',
  'recording.failed',
  'report.ready',
];

interface WebhookDialogProps {
  webhook: Webhook | null;
  onClose(): void;
  /** With the secret of a new one. */
  onChanged(secret: string | null): Promise<void>;
}

export function WebhookDialog({ webhook, onClose, onChanged }: WebhookDialogProps) {
  const [url, setUrl] = useState(webhook?.url ?? 'https://');
  const [description, setDescription] = useState(webhook?.description ?? '');
  const [events, setEvents] = useState<Event[]>(webhook?.events ?? ['*']);
  const [enabled, setEnabled] = useState(webhook?.enabled ?? true);
  return (
    <RecordDialog
      title={t(webhook ? 'webhooks.edit' : 'webhooks.add')}
      onClose={onClose}
      problems={{
        url: URL.canParse(url) ? null : t('error.webhook-url-invalid'),
        events: events.length > 0 ? null : t('webhooks.eventMissing'),
      }}
      save={async () => {
        const input = { url: url.trim(), description: description.trim() || null, events };
        let secret: string | null = null;
        if (webhook) await client.webhooks.update(webhook.id, { ...input, enabled });
        else secret = (await client.webhooks.create(input)).secret;
        notify(t('app.saved'));
        await onChanged(secret);
      }}
      removal={
        webhook && {
          title: t('webhooks.removeTitle'),
          body: t('webhooks.removeBody'),
          remove: async () => {
            await client.webhooks.remove(webhook.id);
            await onChanged(null);
          },
        }
      }
    >
      {(problems) => (
        <>
          <TextField
            label={t('cameras.url')}
            value={url}
            onValue={setUrl}
            problem={problems.url}
            input={{ type: 'url', autocomplete: 'off' }}
          />
          <TextField
            label={t('webhooks.description')}
            optional
            value={description}
            onValue={setDescription}
          />
          <CheckList
            legend={t('webhooks.events')}
            options={EVENTS.map((value) => ({
              value,
              label: value === '*' ? t('webhooks.everything') : value,
            }))}
            chosen={events}
            onChosen={setEvents}
          />
          {problems.events && (
            <p class="problem" role="alert">
              {problems.events}
            </p>
          )}
          {webhook && <Switch label={t('webhooks.enabled')} checked={enabled} onChange={setEnabled} />}
        </>
      )}
    </RecordDialog>
  );
}
