import type { Tenant } from '../../../../src/index.ts';
import { number } from '../../i18n/format.ts';
import { t } from '../../i18n/index.ts';
import { useAction, useResource } from '../../state/resource.ts';
import { client } from '../../state/session.ts';
import { ErrorBanner } from '../feedback.tsx';
import { Switch } from '../field.tsx';

interface RecordingSettingProps {
  tenant: Tenant;
  onChanged(next?: Tenant): Promise<void>;
}

/** Whether sessions may be recorded at all, and what the policy says of it. */
export function RecordingSetting({ tenant, onChanged }: RecordingSettingProps) {
  const policy = useResource(() => client.privacyPolicy(), []);
  const days = policy.data?.retentionDays.recordings ?? null;
  const action = useAction(async (enabled: boolean) => {
    await onChanged(await client.settings.update({ settings: { recording: { enabled } } }));
  });
  return (
    <section class="card padded stack" aria-labelledby="recording-setting-title">
      <h2 id="recording-setting-title">{t('recordings.title')}</h2>
      <ErrorBanner error={action.error} />
      <Switch
        label={t('recordings.setting')}
        hint={
          days === 0
            ? t('recordings.prohibited')
            : t('recordings.settingHint', { days: days === null ? '…' : number(days) })
        }
        checked={tenant.settings.recording.enabled && days !== 0}
        disabled={action.busy || days === null || days === 0}
        onChange={(enabled) => action.start(enabled)}
      />
    </section>
  );
}
