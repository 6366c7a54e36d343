import { Compass, type IconNode } from 'lucide';
import { EmptyState } from '../components/feedback.tsx';
import { useTitle } from '../components/page.tsx';
import { t } from '../i18n/index.ts';

interface NotFoundProps {
  icon?: IconNode;
  title?: string;
}

/** Nothing is here, or nothing for this person. */
export function NotFound({ icon = Compass, title = t('app.notFound') }: NotFoundProps) {
  useTitle(title);
  return (
    <div class="page">
      <div class="card">
        <EmptyState icon={icon} title={title} hint={t('app.notFoundHint')}>
          <a class="button primary" href="/">
            {t('app.goHome')}
          </a>
        </EmptyState>
      </div>
    </div>
  );
}
