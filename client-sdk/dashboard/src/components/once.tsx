import { Check, Copy } from 'lucide';
import { useState } from 'preact/hooks';
import { t } from '../i18n/index.ts';
import { announce } from '../state/notices.ts';
import { Icon } from './icon.tsx';

/** A secret that is shown this once, to be copied. */
export function Secret({ label, value }: { label: string; value: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(value);
    setCopied(true);
    announce(t('once.copied'));
  };
  return (
    <div class="secret">
      <p class="small muted">{label}</p>
      <div class="row">
        <code class="grow">{value}</code>
        <button type="button" class="button small" onClick={() => copy()}>
          <Icon of={copied ? Check : Copy} size={16} />
          {copied ? t('once.copied') : t('once.copy')}
        </button>
      </div>
    </div>
  );
}
