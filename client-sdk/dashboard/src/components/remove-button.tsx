import { Trash2 } from 'lucide';
import { useState } from 'preact/hooks';
import { t } from '../i18n/index.ts';
import { useAction } from '../state/resource.ts';
import { Confirm } from './dialog.tsx';
import { ErrorBanner } from './feedback.tsx';
import { Icon } from './icon.tsx';

interface RemoveButtonProps {
  title: string;
  body: string;
  /** What the removal is called here. */
  label?: string;
  /** The whole of it for who hears one button among many. */
  name?: string;
  remove(): Promise<void>;
}

/** Removes after a question; what cannot be undone is never one click away. */
export function RemoveButton({ title, body, label = t('app.delete'), name, remove }: RemoveButtonProps) {
  const [asking, setAsking] = useState(false);
  const action = useAction(async () => {
    await remove();
    setAsking(false);
  });
  return (
    <>
      <button type="button" class="button" aria-label={name} onClick={() => setAsking(true)}>
        <Icon of={Trash2} />
        {label}
      </button>
      {asking && (
        <Confirm
          title={title}
          body={
            <>
              <p>{body}</p>
              <ErrorBanner error={action.error} />
            </>
          }
          confirm={label}
          danger
          busy={action.busy}
          onConfirm={() => action.start()}
          onClose={() => setAsking(false)}
        />
      )}
    </>
  );
}
