import { DoorClosed } from 'lucide';
import { useState } from 'preact/hooks';
import { t } from '../../i18n/index.ts';
import type { LiveStore } from '../../state/live-store.ts';
import { useAction } from '../../state/resource.ts';
import { Confirm } from '../dialog.tsx';
import { ErrorBanner } from '../feedback.tsx';
import { Icon } from '../icon.tsx';

export function CloseSession({ store }: { store: LiveStore }) {
  const [asking, setAsking] = useState(false);
  const action = useAction(async () => {
    await store.close();
    setAsking(false);
  });
  const open = store.view.value.reviews.length;
  return (
    <>
      <button type="button" class="button" onClick={() => setAsking(true)}>
        <Icon of={DoorClosed} />
        {t('live.close')}
      </button>
      {asking && (
        <Confirm
          title={t('live.closeTitle')}
          body={
            <>
              <p>{t('live.closeBody', { count: store.counts.value.pending })}</p>
              {open > 0 && <p>{t('live.closeReviews', { count: open })}</p>}
              <ErrorBanner error={action.error} />
            </>
          }
          confirm={action.busy ? t('live.closing') : t('live.closeConfirm')}
          busy={action.busy}
          onConfirm={() => action.start()}
          onClose={() => setAsking(false)}
        />
      )}
    </>
  );
}
