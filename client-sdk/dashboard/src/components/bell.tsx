import { Bell as BellIcon } from 'lucide';
import { useLocation } from 'preact-iso';
import { number } from '../i18n/format.ts';
import { t } from '../i18n/index.ts';
import { unread } from '../state/inbox.ts';
import { Icon } from './icon.tsx';

const SHOWN_AT_MOST = 99;

/** Leads to the notifications and says how many wait. */
export function Bell() {
  const { path } = useLocation();
  const count = unread.value;
  return (
    <a
      class="bell"
      href="/notifications"
      aria-label={t('inbox.open', { count })}
      aria-current={path === '/notifications' ? 'page' : undefined}
    >
      <Icon of={BellIcon} size={20} />
      {count > 0 && (
        <span class="badge tabular" aria-hidden="true">
          {count > SHOWN_AT_MOST ? `${number(SHOWN_AT_MOST)}+` : number(count)}
        </span>
      )}
    </a>
  );
}
