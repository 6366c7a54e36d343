import { BookOpen, CalendarCheck, FileText, ShieldUser } from 'lucide';
import { useEffect } from 'preact/hooks';
import { lazy, Route, Router, useLocation } from 'preact-iso';
import { EmptyState } from '../../components/feedback.tsx';
import { Icon } from '../../components/icon.tsx';
import { focusContent, Home } from '../../components/routing.tsx';
import { Shell } from '../../components/shell.tsx';
import { t } from '../../i18n/index.ts';
import { loadTenant, user } from '../../state/session.ts';
import { NotFound } from '../not-found.tsx';
import { MyAttendance } from './attendance.tsx';

const MyCourses = lazy(() => import('./courses.tsx').then((module) => module.MyCourses));
const MyExcuses = lazy(() => import('./excuses.tsx').then((module) => module.MyExcuses));
const MyData = lazy(() => import('./data.tsx').then((module) => module.MyData));
const Scan = lazy(() => import('../scan.tsx').then((module) => module.Scan));
const Account = lazy(() => import('../account.tsx').then((module) => module.Account));
const Notifications = lazy(() => import('../notifications.tsx').then((module) => module.Notifications));

const PAGES = [
  { href: '/', text: 'mine.nav.attendance', icon: CalendarCheck },
  { href: '/courses', text: 'mine.nav.courses', icon: BookOpen },
  { href: '/excuses', text: 'mine.nav.excuses', icon: FileText },
  { href: '/my-data', text: 'mine.nav.data', icon: ShieldUser },
] as const;

/** What a student who signs in sees: what is theirs, and nothing about anybody else. */
export function StudentPages() {
  useEffect(() => {
    loadTenant();
  }, []);
  const entry = user.value?.studentId ?? null;
  return (
    <Shell nav={<Nav />}>
      <Router onRouteChange={() => focusContent()}>
        <Route path="/" component={entry ? MyAttendance : NoEntry} />
        <Route path="/sign-in" component={Home} />
        <Route path="/courses" component={entry ? MyCourses : NoEntry} />
        <Route path="/excuses" component={entry ? MyExcuses : NoEntry} />
        <Route path="/my-data" component={entry ? MyData : NoEntry} />
        <Route path="/scan" component={Scan} />
        <Route path="/account" component={Account} />
        <Route path="/notifications" component={Notifications} />
        <Route default component={NotFound} />
      </Router>
    </Shell>
  );
}

function Nav() {
  const { path } = useLocation();
  return (
    <nav aria-label={t('app.nav')}>
      <ul>
        {PAGES.map((page) => (
          <li key={page.href}>
            <a href={page.href} aria-current={path === page.href ? 'page' : undefined}>
              <Icon of={page.icon} size={20} />
              {t(page.text)}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function NoEntry() {
  return (
    <div class="page">
      <div class="card">
        <EmptyState icon={ShieldUser} title={t('mine.noEntry')} hint={t('mine.noEntryHint')} />
      </div>
    </div>
  );
}
