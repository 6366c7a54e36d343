import { useRoute } from 'preact-iso';
import { PageHead } from '../components/page.tsx';
import { Contests } from '../components/requests/contests.tsx';
import { Excuses } from '../components/requests/excuses.tsx';
import { SubNav } from '../components/sub-nav.tsx';
import { t } from '../i18n/index.ts';
import { useResource } from '../state/resource.ts';
import { client } from '../state/session.ts';
import { NotFound } from './not-found.tsx';

/** How many wait for an answer. */
async function loadCounts() {
  const [excuses, contests] = await Promise.all([
    client.excuses.list({ status: 'open', limit: 1 }),
    client.contests.list({ status: 'open', limit: 1 }),
  ]);
  return { excuses: excuses.total, contests: contests.total };
}

/** What students ask of their teachers. */
export function Requests() {
  const { params } = useRoute();
  const counts = useResource(loadCounts, []);
  const view = params.view || 'excuses';
  if (view !== 'excuses' && view !== 'contests') return <NotFound />;
  return (
    <div class="page">
      <PageHead title={t('requests.title')} lead={t('requests.lead')} />
      <SubNav
        label={t('requests.views')}
        current={view === 'excuses' ? '/requests' : '/requests/contests'}
        entries={[
          { href: '/requests', label: t('requests.excuses'), count: counts.data?.excuses },
          { href: '/requests/contests', label: t('requests.contests'), count: counts.data?.contests },
        ]}
      />
      {view === 'excuses' ? <Excuses onDecided={counts.reload} /> : <Contests onDecided={counts.reload} />}
    </div>
  );
}
