import { Download, type IconNode, TriangleAlert } from 'lucide';
import type { FreshActivationCode } from '../../../../src/index.ts';
import { date } from '../../i18n/format.ts';
import { t } from '../../i18n/index.ts';
import { save } from '../../state/download.ts';
import { tenant } from '../../state/session.ts';
import { Dialog } from '../dialog.tsx';
import { Banner } from '../feedback.tsx';
import { Icon } from '../icon.tsx';

interface CodesSheetProps {
  codes: FreshActivationCode[];
  icon: IconNode;
  onClose(): void;
}

/** The codes, this once: to be printed and cut apart, or saved. */
export function CodesSheet({ codes, icon, onClose }: CodesSheetProps) {
  const expires = codes[0] ? date(codes[0].expiresAt) : '';
  return (
    <Dialog wide title={t('codes.ready', { count: codes.length })} onClose={onClose}>
      <Banner tone="warn" icon={TriangleAlert} role="status">
        {t('codes.once')}
      </Banner>
      <ul class="code-sheet" data-print>
        {codes.map((code) => (
          <li key={code.id}>
            <p class="small">{code.holder ?? code.label ?? tenant.value?.name}</p>
            <p>
              <code>{code.code}</code>
            </p>
            <p class="small muted">
              {t('codes.how', { address: `${location.host}/activate`, date: expires })}
            </p>
          </li>
        ))}
      </ul>
      <div class="dialog-foot sticky">
        <button type="button" class="button" onClick={() => save(asTable(codes))}>
          <Icon of={Download} />
          {t('exports.as', { format: 'CSV' })}
        </button>
        <button type="button" class="button" onClick={() => print()}>
          <Icon of={icon} />
          {t('codes.print')}
        </button>
        <button type="button" class="button primary" onClick={onClose}>
          {t('codes.done')}
        </button>
      </div>
    </Dialog>
  );
}

/** A cell that a spreadsheet would take for a formula is kept from being one. */
const cell = (text: string) => `"${(/^[=+\-@\t\r]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;

function asTable(codes: FreshActivationCode[]) {
  const rows = codes.map((code) => [code.holder ?? code.label ?? '', code.code].map(cell).join(','));
  const head = [t('codes.holder'), t('codes.code')].map(cell).join(',');
  const text = `\uFEFF${[head, ...rows].join('\r\n')}\r\n`;
  return { name: 'codes.csv', blob: new Blob([text], { type: 'text/csv' }) };
}
