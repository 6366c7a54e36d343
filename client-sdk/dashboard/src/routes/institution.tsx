import { useRoute } from 'preact-iso';
import { Accounts } from '../components/institution/accounts.tsx';
import { ApiKeys } from '../components/institution/api-keys.tsx';
import { Audit } from '../components/institution/audit.tsx';
import { Holidays } from '../components/institution/holidays.tsx';
import { Invitations } from '../components/institution/invitations.tsx';
import { Jobs } from '../components/institution/jobs.tsx';
import { OidcProviders } from '../components/institution/oidc-providers.tsx';
import { Settings } from '../components/institution/settings.tsx';
import { Tenants } from '../components/institution/tenants.tsx';
import { Webhooks } from '../components/institution/webhooks.tsx';
import { PageHead } from '../components/page.tsx';
import { ImportExport } from '../components/rosters/import-export.tsx';
import { Rooms } from '../components/rosters/rooms.tsx';
import { Teachers } from '../components/rosters/teachers.tsx';
import { SubNav } from '../components/sub-nav.tsx';
import { t } from '../i18n/index.ts';
import { canManage, tenant, user } from '../state/session.ts';
import { NotFound } from './not-found.tsx';

const VIEWS = [
  'settings',
  'teachers',
  'rooms',
  'holidays',
  'import',
  'accounts',
  'invitations',
  'providers',
  'keys',
  'webhooks',
  'jobs',
  'audit',
  'institutions',
] as const;
type View = (typeof VIEWS)[number];

const hrefOf = (view: View) => (view === 'settings' ? '/institution' : `/institution/${view}`);

/** What administrators set and look after. */
export function Institution() {
  const { params } = useRoute();
  const view = VIEWS.find((one) => one === (params.view || 'settings'));
  const system = user.value?.role === 'sysadmin';
  if (!view || !canManage.value || (view === 'institutions' && !system)) return <NotFound />;
  return (
    <div class="page wide">
      <PageHead title={t(`institution.${view}`)} lead={tenant.value?.name} />
      <SubNav
        label={t('institution.views')}
        current={hrefOf(view)}
        entries={VIEWS.filter((one) => one !== 'institutions' || system).map((one) => ({
          href: hrefOf(one),
          label: t(`institution.${one}`),
        }))}
      />
      <Shown view={view} />
    </div>
  );
}

function Shown({ view }: { view: View }) {
  switch (view) {
    case 'settings':
      return <Settings />;
    case 'teachers':
      return <Teachers />;
    case 'rooms':
      return <Rooms />;
    case 'holidays':
      return <Holidays />;
    case 'import':
      return <ImportExport />;
    case 'accounts':
      return <Accounts />;
    case 'invitations':
      return <Invitations />;
    case 'providers':
      return <OidcProviders />;
    case 'keys':
      return <ApiKeys />;
    case 'webhooks':
      return <Webhooks />;
    case 'jobs':
      return <Jobs />;
    case 'audit':
      return <Audit />;
    default:
      return <Tenants />;
  }
}
