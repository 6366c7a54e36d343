import { Compass } from 'lucide';
import { EmptyState } from '../components/feedback.tsx';
import { useTitle } from '../components/page.tsx';
import { t } from '../i18n/index.ts';

export function NotFound() {
  useTitle(t('app.notFound'));
  return (
    <div class="page">
      <div class="card">
        <EmptyState icon={Compass} title={t('app.notFound')} hint={t('app.notFoundHint')}>
          <a class="button primary" href="/">
            {t('app.goHome')}
          </a>
        </EmptyState>
      </div>
    </div>
  );
}
