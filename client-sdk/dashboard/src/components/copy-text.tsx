import { Check, Copy } from 'lucide';
import { useRef, useState } from 'preact/hooks';
import { t } from '../i18n/index.ts';
import { announce } from '../state/notices.ts';
import { Icon } from './icon.tsx';

/** Something to be copied elsewhere: an address, or a secret that is shown this once. */
export function CopyText({ label, value }: { label: string; value: string }) {
  const [copied, setCopied] = useState(false);
  const text = useRef<HTMLElement>(null);
  const copy = async () => {
    try {
      // Without https there is no clipboard.
      await (navigator.clipboard?.writeText(value) ?? Promise.reject(new Error('none')));
      setCopied(true);
      announce(t('once.copied'));
    } catch {
      // Marked, it is one key away from being copied.
      if (text.current) getSelection()?.selectAllChildren(text.current);
    }
  };
  return (
    <div class="secret">
      <p class="small muted">{label}</p>
      <div class="row">
        <code class="grow" ref={text}>
          {value}
        </code>
        <button type="button" class="button small" onClick={() => copy()}>
          <Icon of={copied ? Check : Copy} size={16} />
          {copied ? t('once.copied') : t('once.copy')}
        </button>
      </div>
    </div>
  );
}
