import { Copy, Download, Printer } from 'lucide';
import { t } from '../../i18n/index.ts';
import { save } from '../../state/download.ts';
import { notify } from '../../state/notices.ts';
import { user } from '../../state/session.ts';
import { Icon } from '../icon.tsx';

/** Shown once: to be copied, kept as a file or printed. */
export function BackupCodes({ codes, onDone }: { codes: string[]; onDone(): void }) {
  const email = user.value?.email ?? '';
  const text = `${t('app.name')} · ${t('me.codesTitle')}\n${email}\n\n${codes.join('\n')}\n`;
  const copy = () =>
    // Without https there is no clipboard.
    Promise.resolve(
      navigator.clipboard?.writeText(codes.join('\n')) ?? Promise.reject(new Error('none')),
    ).then(
      () => notify(t('me.codesCopied')),
      () => notify(t('me.codesNotCopied')),
    );
  return (
    <div class="stack print-sheet">
      <div class="stack tight">
        <h3>{t('me.codesTitle')}</h3>
        <p class="small muted">{t('me.codesLead')}</p>
        <p class="small muted">{email}</p>
      </div>
      <ol class="codes">
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ol>
      <div class="row wrap no-print">
        <button type="button" class="button" onClick={copy}>
          <Icon of={Copy} />
          {t('me.codesCopy')}
        </button>
        <button
          type="button"
          class="button"
          onClick={() => save({ name: `${t('me.codesFile')}.txt`, blob: new Blob([text]) })}
        >
          <Icon of={Download} />
          {t('me.codesDownload')}
        </button>
        <button type="button" class="button" onClick={() => print()}>
          <Icon of={Printer} />
          {t('me.codesPrint')}
        </button>
        <button type="button" class="button primary" onClick={onDone}>
          {t('me.codesDone')}
        </button>
      </div>
    </div>
  );
}
