import { useRoute } from 'preact-iso';
import { PageHead } from '../components/page.tsx';
import { Absences } from '../components/reports/absences.tsx';
import { Accuracy } from '../components/reports/accuracy.tsx';
import { Files } from '../components/reports/exports.tsx';
import { Lines } from '../components/reports/lines.tsx';
import { Overview } from '../components/reports/overview.tsx';
import { SubNav } from '../components/sub-nav.tsx';
import { t } from '../i18n/index.ts';
import { NotFound } from './not-found.tsx';

const VIEWS = [
  'overview',
  'courses',
  'students',
  'teachers',
  'departments',
  'absences',
  'accuracy',
  'files',
] as const;
type View = (typeof VIEWS)[number];

const hrefOf = (view: View) => (view === 'overview' ? '/reports' : `/reports/${view}`);

export function Reports() {
  const { params } = useRoute();
  const view = VIEWS.find((one) => one === (params.view || 'overview'));
  if (!view) return <NotFound />;
  return (
    <div class="page wide">
      <PageHead title={t('reports.title')} lead={t('reports.lead')} />
      <SubNav
        label={t('reports.views')}
        current={hrefOf(view)}
        entries={VIEWS.map((one) => ({ href: hrefOf(one), label: t(`reports.${one}`) }))}
      />
      <Shown view={view} />
    </div>
  );
}

function Shown({ view }: { view: View }) {
  switch (view) {
    case 'overview':
      return <Overview />;
    case 'absences':
      return <Absences />;
    case 'accuracy':
      return <Accuracy />;
    case 'files':
      return <Files />;
    default:
      return <Lines key={view} by={view} />;
  }
}
