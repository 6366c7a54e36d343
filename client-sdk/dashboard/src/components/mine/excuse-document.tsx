import { Download, Paperclip } from 'lucide';
import { useRef } from 'preact/hooks';
import type { Excuse } from '../../../../src/index.ts';
import { t } from '../../i18n/index.ts';
import { save } from '../../state/download.ts';
import { notify } from '../../state/notices.ts';
import { useAction } from '../../state/resource.ts';
import { client } from '../../state/session.ts';
import { ErrorBanner } from '../feedback.tsx';
import { Icon } from '../icon.tsx';
import { DOCUMENT_TYPES } from './excuse-dialog.tsx';

/** The document of an excuse: to be looked at, and to be added or replaced while nobody has decided. */
export function ExcuseDocument({ excuse, onChanged }: { excuse: Excuse; onChanged(): Promise<void> }) {
  const input = useRef<HTMLInputElement>(null);
  const { document } = excuse;
  const download = useAction(async (name: string) =>
    save({ name, blob: await client.excuses.document(excuse.id) }),
  );
  const attach = useAction(async (file: File) => {
    await client.excuses.putDocument(excuse.id, file, file.name);
    notify(t('mine.excuseAttached'));
    await onChanged();
  });
  const open = excuse.status === 'open';
  if (!document && !open) return null;
  return (
    <>
      <div class="row wrap">
        {document && (
          <button
            type="button"
            class="button small"
            disabled={download.busy}
            onClick={() => download.start(document.name)}
          >
            <Icon of={Download} size={15} />
            {t('mine.excuseSee', { name: document.name })}
          </button>
        )}
        {open && (
          <>
            <button
              type="button"
              class="button quiet small"
              disabled={attach.busy}
              onClick={() => input.current?.click()}
            >
              {attach.busy ? <span class="spinner" /> : <Icon of={Paperclip} size={15} />}
              {document ? t('mine.excuseReplace') : t('mine.excuseAttach')}
            </button>
            <input
              ref={input}
              type="file"
              accept={DOCUMENT_TYPES}
              hidden
              onChange={(event) => {
                const file = event.currentTarget.files?.[0];
                event.currentTarget.value = '';
                if (file) attach.start(file);
              }}
            />
          </>
        )}
      </div>
      <ErrorBanner error={download.error ?? attach.error} />
    </>
  );
}
