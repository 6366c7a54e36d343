import { LogOut, School } from 'lucide';
import { EmptyState } from '../components/feedback.tsx';
import { Icon } from '../components/icon.tsx';
import { useTitle } from '../components/page.tsx';
import { t } from '../i18n/index.ts';
import { signOut } from '../state/session.ts';

/** Students can sign in, but what is here is about a whole class and not theirs to see. */
export function ForStaffOnly() {
  useTitle(t('staffOnly.title'));
  return (
    <main class="content" id="content">
      <div class="page">
        <div class="card">
          <EmptyState icon={School} title={t('staffOnly.title')} hint={t('staffOnly.hint')}>
            <button type="button" class="button" onClick={() => void signOut()}>
              <Icon of={LogOut} />
              {t('account.signOut')}
            </button>
          </EmptyState>
        </div>
      </div>
    </main>
  );
}
